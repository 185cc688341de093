"""What the solver hands to the writer of keys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..motion.rotation import FloatArray
from .rotation_modes import channels


@dataclass(frozen=True)
class Switch:
    """A value to be keyed over the range so that the keyed bones show (an IK/FK switch).

    Args:
        bone: the pose bone that owns it.
        path: data path below the pose bone: `["IK_FK"]` or `constraints["IK"].influence`.
        value: what it must be while the clip plays.
        found: what it is now; the writer puts it back after the range.
    """

    bone: str
    path: str
    value: float
    found: float


@dataclass(frozen=True, eq=False)
class Curve:
    """One F-curve's values, one per frame.

    Args:
        bone: the pose bone.
        property: "location", "rotation_quaternion", "rotation_euler" or "rotation_axis_angle".
        index: channel of the property.
        values: (T,) float64, radians for angles, armature units for locations.
    """

    bone: str
    property: str
    index: int
    values: FloatArray


@dataclass(frozen=True, eq=False)
class BoneMotion:
    """How one bone moves, relative to its rest pose (Blender's `matrix_basis`).

    Args:
        bone: its name.
        rotation_mode: the mode in which it is to be keyed, as found.
        rotation: (T, 4) basis quaternions, sign-continuous; None where the rotation is not keyed.
        location: (T, 3) basis location in the bone's own channels, armature units; None where not keyed.
        lock_rotation: (4,) bool (w, x, y, z), channels that must not be keyed.
        lock_location: (3,) bool.
    """

    bone: str
    rotation_mode: str
    rotation: FloatArray | None
    location: FloatArray | None
    lock_rotation: np.ndarray
    lock_location: np.ndarray


@dataclass(frozen=True, eq=False)
class Solution:
    """A clip solved for a rig.

    Args:
        fps: the frame rate of the T frames (the scene's); frame 0 stands at the insertion frame.
        frames: T.
        bones: only bones that are to be keyed.
        switches: values to be keyed beside them.
        warnings: one plain sentence each.
        unmapped: required or usual roles that the rig has no bone for.
    """

    fps: float
    frames: int
    bones: tuple[BoneMotion, ...]
    switches: tuple[Switch, ...] = ()
    warnings: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()

    def curves(self) -> list[Curve]:
        """Every F-curve to be written, in each bone's own rotation mode, locked channels left out."""
        found: list[Curve] = []
        for motion in self.bones:
            if motion.location is not None:
                found += _curves(motion.bone, "location", motion.location, motion.lock_location)
            if motion.rotation is not None:
                name, values = channels(motion.rotation_mode, motion.rotation)
                # Euler angles have no w channel
                locks = motion.lock_rotation[-values.shape[1] :]
                found += _curves(motion.bone, name, values, locks)
        return found


def _curves(bone: str, name: str, values: FloatArray, locks: np.ndarray) -> list[Curve]:
    return [
        Curve(bone, name, index, np.ascontiguousarray(values[:, index]))
        for index in range(values.shape[1])
        if not locks[index]
    ]

"""A source skeleton: names, tree, offsets and the rest pose that calibrates it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import MotionFileError
from . import rotation
from .rotation import FloatArray


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The joints of a source motion.

    Args:
        names: one per joint, unique.
        parents: (J,) index of the parent, -1 for joint 0 alone; parents stand before their children.
        offsets: (J, 3) metres, each joint's origin in its parent's local axes. Row 0 is where the root
            stands in the world at rest.
        rest_rotations: (J, 4) local quaternions of the rest (calibration) pose: a pose that shows a human
            (T, A, arms down), not always the file's zero pose.

    Raises:
        MotionFileError: the arrays do not fit together, or parents do not come before children.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    offsets: FloatArray
    rest_rotations: FloatArray

    def __post_init__(self) -> None:
        count = len(self.names)
        if count == 0:
            raise MotionFileError("the skeleton has no joint")
        if self.parents.shape != (count,) or self.offsets.shape != (count, 3):
            raise MotionFileError(
                f"{count} names do not fit parents {self.parents.shape} and offsets {self.offsets.shape}"
            )
        if self.rest_rotations.shape != (count, 4):
            raise MotionFileError(f"the rest pose is {self.rest_rotations.shape}, expected ({count}, 4)")
        if self.parents[0] != -1 or np.any(self.parents[1:] < 0):
            raise MotionFileError("the skeleton must have exactly one root, as its first joint")
        if np.any(self.parents[1:] >= np.arange(1, count)):
            raise MotionFileError("a joint stands before its parent")
        if len(set(self.names)) != count:
            raise MotionFileError("two joints have the same name")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The children of each joint, in file order."""
        lists: list[list[int]] = [[] for _ in self.names]
        for joint, parent in enumerate(self.parents.tolist()):
            if parent >= 0:
                lists[parent].append(joint)
        return tuple(tuple(items) for items in lists)

    @cached_property
    def levels(self) -> tuple[np.ndarray, ...]:
        """Joint indices by depth below the root; level 0 is the root alone."""
        depth = np.zeros(len(self), dtype=np.int64)
        for joint in range(1, len(self)):
            depth[joint] = depth[self.parents[joint]] + 1
        return tuple(np.flatnonzero(depth == level) for level in range(int(depth.max()) + 1))

    @cached_property
    def rest_pose(self) -> tuple[FloatArray, FloatArray]:
        """World positions (J, 3) in metres and world rotations (J, 4) of the rest pose."""
        positions, rotations = forward_kinematics(self, self.offsets[None, 0], self.rest_rotations[None])
        return positions[0], rotations[0]

    def index(self, name: str) -> int:
        """The index of a joint by name."""
        return self.names.index(name)


def identity_rest(count: int) -> FloatArray:
    """(count, 4) rest rotations of a file whose zero pose is its rest pose."""
    return rotation.identity(count)


def forward_kinematics(
    skeleton: Skeleton, root_translation: FloatArray, rotations: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """World positions and rotations of every joint.

    Args:
        skeleton: J joints.
        root_translation: (T, 3) metres, world position of joint 0.
        rotations: (T, J, 4) local unit quaternions.

    Returns:
        positions (T, J, 3) in metres and rotations (T, J, 4), both in the world.
    """
    frames, count = rotations.shape[:2]
    # components first: each operation then runs over long contiguous rows (docs/benchmarks.md)
    local = np.ascontiguousarray(np.moveaxis(rotations, -1, 0).transpose(0, 2, 1), dtype=np.float64)
    world = np.empty_like(local)
    places = np.empty((3, count, frames))
    world[:, 0] = local[:, 0]
    places[:, 0] = root_translation.T
    for level in skeleton.levels[1:]:
        parents = skeleton.parents[level]
        pw, px, py, pz = world[:, parents]
        cw, cx, cy, cz = local[:, level]
        world[0, level] = pw * cw - px * cx - py * cy - pz * cz
        world[1, level] = pw * cx + px * cw + py * cz - pz * cy
        world[2, level] = pw * cy - px * cz + py * cw + pz * cx
        world[3, level] = pw * cz + px * cy - py * cx + pz * cw
        ox, oy, oz = skeleton.offsets[level].T[:, :, None]
        tx, ty, tz = 2 * (py * oz - pz * oy), 2 * (pz * ox - px * oz), 2 * (px * oy - py * ox)
        places[0, level] = places[0, parents] + ox + pw * tx + py * tz - pz * ty
        places[1, level] = places[1, parents] + oy + pw * ty + pz * tx - px * tz
        places[2, level] = places[2, parents] + oz + pw * tz + px * ty - py * tx
    return places.transpose(2, 1, 0).copy(), world.transpose(2, 1, 0).copy()

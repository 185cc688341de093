"""A body that moves: what is measured, whether it is the source or the armature that took its motion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..motion import Motion, rotation
from ..motion.rotation import FloatArray
from .body import Body
from .chains import rotation_of
from .feet import Foot, feet_of, stature
from .figure import Z_UP, figure_of_skeleton
from .placing import target_body
from .rig import Rig, transform
from .roles import Mapping
from .travel import drift

# order of the columns of everything said about the points of the feet
SOLE_POINTS = ("left_heel", "left_ball", "right_heel", "right_ball")


@dataclass(frozen=True, eq=False)
class Performance:
    """A body over T frames, in the world (Z up).

    Args:
        body: its J joints at rest and their roles.
        places: (T, J, 3) joints, in the world's units.
        turns: (T, J, 4) how each joint has turned since the rest pose, quaternions (w, x, y, z).
        fps: frames per second.
    """

    body: Body
    places: FloatArray
    turns: FloatArray
    fps: float

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def stature(self) -> float:
        """Height of the body at rest, the world's units."""
        return stature(self.body)

    @cached_property
    def feet(self) -> tuple[Foot, ...]:
        """Left and right foot at rest; none without legs."""
        return feet_of(self.body)

    def joint(self, role: str) -> FloatArray | None:
        """(T, 3) the joint of a single role."""
        bone = self.body.mapping.bone(role)
        return None if bone is None else self.places[:, self.body.figure.indices[bone]]

    def turn(self, role: str) -> FloatArray | None:
        """(T, 4) the turn of a single role since rest."""
        bone = self.body.mapping.bone(role)
        return None if bone is None else self.turns[:, self.body.figure.indices[bone]]

    @cached_property
    def soles(self) -> FloatArray:
        """(T, 4, 3) heel and ball of both feet on the sole, columns as in `SOLE_POINTS`; none without legs.

        The heel turns with the foot. The ball is the toe joint lowered by its height at rest, since the foot
        rolls about it; without toes it turns with the foot too.
        """
        index = self.body.figure.indices
        points = []
        for foot in self.feet:
            ankle, turn = self.places[:, index[foot.foot]], self.turns[:, index[foot.foot]]
            points.append(ankle + rotation.rotate(turn, foot.heel - foot.ankle))
            if foot.toe is None:
                points.append(ankle + rotation.rotate(turn, foot.ball - foot.ankle))
            else:
                points.append(self.places[:, index[foot.toe]] - np.array([0.0, 0.0, foot.ball_height]))
        return np.stack(points, axis=1) if points else np.zeros((len(self), 0, 3))


def source_performance(motion: Motion, mapping: Mapping) -> Performance:
    """A clip on its own skeleton.

    Args:
        motion: T frames, metres, Y up.
        mapping: `map_skeleton(motion.skeleton)`.
    """
    body = Body(figure_of_skeleton(motion.skeleton), mapping)
    places, world = motion.world
    since_rest = rotation.multiply(world, rotation.conjugate(motion.skeleton.rest_pose[1]))
    to_z_up = rotation.from_matrix(Z_UP)
    turns = rotation.multiply(rotation.multiply(to_z_up, since_rest), rotation.conjugate(to_z_up))
    return Performance(body, places @ Z_UP.T, turns, motion.fps)


def target_performance(rig: Rig, mapping: Mapping, pose: FloatArray, fps: float) -> Performance:
    """An armature in a sequence of poses.

    Args:
        rig: B bones.
        mapping: who plays which role; for control rigs with a deform layer, give a map of the deform bones.
        pose: (T, B, 4, 4) armature space: `fk.pose_rig`, or what Blender evaluates.
        fps: frames per second.
    """
    body = target_body(rig, mapping)
    places = transform(rig.matrix_world, pose[..., :3, 3])
    object_turn = rotation_of(rig.matrix_world[:3, :3])
    posed, rest = (rotation.from_matrix(_unscaled(matrices)) for matrices in (pose, rig.calibration))
    since_rest = rotation.multiply(posed, rotation.conjugate(rest))
    turns = rotation.multiply(rotation.multiply(object_turn, since_rest), rotation.conjugate(object_turn))
    return Performance(body, places, turns, fps)


def without_travel(performance: Performance, *, cyclic: bool) -> Performance:
    """The performance in place: what a clip solved in place is compared with.

    Args:
        performance: T frames.
        cyclic: of a loop.
    """
    hips = performance.joint("hips")
    if hips is None:
        return performance
    way = drift(hips, performance.fps, cyclic=cyclic)
    return replace(performance, places=performance.places - way[:, None])


def _unscaled(matrices: FloatArray) -> FloatArray:
    axes = matrices[..., :3, :3]
    lengths = np.linalg.norm(axes, axis=-2, keepdims=True)
    unit: FloatArray = axes / np.maximum(lengths, 1e-12)
    return unit

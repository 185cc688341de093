"""The way over ground and the turning on a root bone, as game engines want it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .body import Body
from .carriers import carriers
from .chains import Chains, rotation_of
from .moving import movable, mover_of
from .travel import drift, heading


@dataclass(frozen=True, eq=False)
class RootMotion:
    """A root bone that travels.

    Args:
        bone: its name.
        chains: the solved bones with the root among them.
        location: (T, 3) its location channels.
        moved: (T, 4, 4) how it moves everything below it, armature space, from the pose that calibrates.
    """

    bone: str
    chains: Chains
    location: FloatArray
    moved: FloatArray


def root_motion(
    target: Body, chains: Chains, path: FloatArray, fps: float, *, cyclic: bool
) -> RootMotion | None:
    """What a root bone takes over of a solved motion; None where no bone can.

    The root goes where the hips go, level and without their sway, and turns as they turn about the vertical.

    Args:
        target: the armature's body.
        chains: its bones as solved.
        path: (T, 3) of the middle of the hip joints, in the world.
        fps: frames per second.
        cyclic: of a loop, whose way must be straight.
    """
    rig = chains.rig
    root, hips = target.mapping.bone("root"), target.mapping.bone("hips")
    if root is None or hips not in chains.bones or root in chains.bones or not movable(rig, root):
        return None
    if mover_of(rig, target.mapping) in (None, root):
        return None
    world = rig.matrix_world
    object_turn = rotation_of(world[:3, :3])
    turned = chains.turns[chains.bones.index(str(hips))]
    seen = rotation.multiply(object_turn, rotation.multiply(turned, rotation.conjugate(object_turn)))
    angles = np.zeros(len(path)) if cyclic else heading(seen, target.axes[:, 0], fps)
    travelled = _about(path[0], rotation.to_matrix(rotation.about_axis("Z", angles)))
    travelled[:, :3, 3] += drift(path, fps, cyclic=cyclic)
    bone = rig.indices[root]
    stood = np.eye(4)
    if rig.pose_matrices is not None:
        stood = rig.pose_matrices[bone] @ np.linalg.inv(rig.calibration[bone])
    moved = np.linalg.inv(world) @ travelled @ world @ stood
    turns = np.concatenate([chains.turns, rotation.from_matrix(_unit(moved[:, :3, :3]))[None]])
    bones = (*chains.bones, root)
    with_root = Chains(rig, bones, turns, carriers(rig, target.mapping, bones))
    wanted = moved[:, :3, :3] @ rig.calibration[bone, :3, 3] + moved[:, :3, 3]
    return RootMotion(root, with_root, with_root.channels(root, wanted), moved)


def _about(centre: FloatArray, turns: FloatArray) -> FloatArray:
    """(T, 4, 4) rotations about a point."""
    matrices = np.tile(np.eye(4), (len(turns), 1, 1))
    matrices[:, :3, :3] = turns
    matrices[:, :3, 3] = centre - turns @ centre
    return matrices


def _unit(axes: FloatArray) -> FloatArray:
    unit: FloatArray = axes / np.linalg.norm(axes, axis=-2, keepdims=True)
    return unit

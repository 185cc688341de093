"""Rotations for motion that comes as joint positions alone (HumanML3D, generated motion).

The skeleton gets the clip's median bone lengths. Where several bones leave a joint their best common turn is
taken; a single bone gives a direction, and its twist comes from the bend of the limb (knee and elbow are
hinges) or, where the limb is straight, from the joint above (docs/formats.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..motion import Motion, Skeleton, Source, rotation
from ..motion.rotation import FloatArray
from .body import unit
from .rest_frame import standing

# (upper, middle, end) and the side to which the hinge points in the T-pose of `neutral_skeleton`: the cross
# product of upper and lower bone when the limb bends the way it can.
_HINGES = (
    ("left_hip", "left_knee", "left_ankle", (1.0, 0.0, 0.0)),
    ("right_hip", "right_knee", "right_ankle", (1.0, 0.0, 0.0)),
    ("left_shoulder", "left_elbow", "left_wrist", (0.0, -1.0, 0.0)),
    ("right_shoulder", "right_elbow", "right_wrist", (0.0, 1.0, 0.0)),
)
# Below 5 degrees of bend the hinge is noise, above 20 it is exact enough to be trusted alone.
_BEND = np.radians([5.0, 20.0])
_CLUSTER_ROUNDS = 5
# A known turn weighs as much as three bones of 2 cm: it decides only where the bones do not.
_TRUST_M2 = 4e-4


def fit_rotations(
    template: Skeleton,
    positions: FloatArray,
    fps: float,
    known: Mapping[int, FloatArray] | None = None,
) -> Motion:
    """The motion of a skeleton that goes through given positions.

    Args:
        template: joints, tree and the directions of the bones at rest.
        positions: (T, J, 3) metres, Y up.
        fps: frames per second.
        known: joint -> (T, 4) its turn in the world since the rest pose, where it is known but for small
            differences of direction: the twist is taken from it.
    """
    known = known or {}
    children = template.children
    offsets = template.offsets.copy()
    for joint, parent in enumerate(template.parents.tolist()):
        if parent >= 0:
            length = np.median(np.linalg.norm(positions[:, joint] - positions[:, parent], axis=-1))
            offsets[joint] = unit(template.offsets[joint]) * length
    world = rotation.identity(*positions.shape[:2])
    hinges = _hinge_joints(template)
    for joint, parent in enumerate(template.parents.tolist()):
        above = known.get(joint)
        if above is None:
            above = world[:, parent] if parent >= 0 else rotation.identity(len(positions))
        below = list(children[joint])
        bones = positions[:, below] - positions[:, joint, None]
        if len(below) > 1 and joint in known:
            world[:, joint], offsets[below] = _known_cluster(bones, above)
        elif len(below) > 1:
            world[:, joint], offsets[below] = _cluster(bones, offsets[below])
        elif not below:
            world[:, joint] = above
        else:
            world[:, joint] = _swing(above, offsets[below[0]], unit(bones[:, 0]))
            if joint in hinges and joint not in known:
                world[:, joint] = _with_hinge(world[:, joint], joint, hinges[joint], positions)
    local = world.copy()
    for joint, parent in enumerate(template.parents.tolist()):
        if parent >= 0:
            local[:, joint] = rotation.multiply(rotation.conjugate(world[:, parent]), world[:, joint])
    skeleton = standing(Skeleton(template.names, template.parents, offsets, template.rest_rotations))
    source = Source(end_s=(len(positions) - 1) / fps)
    return Motion(skeleton, positions[:, 0].copy(), rotation.continuous(local), fps, source)


def _cluster(bones: FloatArray, offsets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The turns (T, 4) that bring several bones of a joint from rest to (T, K, 3), and their rest (K, 3).

    The rest is refined to the shape that the bones keep among each other over the clip.
    """
    rest = offsets
    turns = _best_turns(bones, rest)
    for _ in range(_CLUSTER_ROUNDS):
        back = rotation.conjugate(turns)[:, None]
        rest = np.median(rotation.rotate(back, bones), axis=0)
        turns = _best_turns(bones, rest)
    # the shape may have turned as a whole against the template; turn it back, so that the rest stays a T-pose
    away = _best_turns(rest[None], offsets)
    rest = rotation.rotate(rotation.conjugate(away), rest)
    return rotation.multiply(turns, away), rest


def _known_cluster(bones: FloatArray, known: FloatArray) -> tuple[FloatArray, FloatArray]:
    """As `_cluster`, where the turns are known but for small differences.

    Bones that lie on one line (collars that start at the neck, as CMU's do) would leave a turn open.
    """
    rest = np.median(rotation.rotate(rotation.conjugate(known)[:, None], bones), axis=0)
    return _best_turns(bones, rest, _TRUST_M2 * rotation.to_matrix(known)), rest


def _best_turns(bones: FloatArray, rest: FloatArray, prior: FloatArray | float = 0.0) -> FloatArray:
    """(T, 4) least-squares turns of rest (K, 3) onto bones (T, K, 3) (Kabsch 1976).

    A `prior`, (T, 3, 3) rotations times square metres, counts as three more bones of that squared length.
    """
    covariance = np.einsum("tki,kj->tij", bones, rest) + prior
    left, _, right = np.linalg.svd(covariance)
    proper = np.linalg.det(left) * np.linalg.det(right)
    left[..., 2] *= proper[:, None]
    return rotation.from_matrix(left @ right)


def _swing(above: FloatArray, offset: FloatArray, directions: FloatArray) -> FloatArray:
    """(T, 4): the joint above, swung the shortest way so that a bone at rest points along (T, 3)."""
    carried = rotation.rotate(above, unit(offset))
    return rotation.multiply(rotation.between(carried, directions), above)


@dataclass(frozen=True)
class _Hinge:
    """A limb's joints, and its hinge axis in the rest pose."""

    upper: int
    middle: int
    end: int
    side: FloatArray


def _hinge_joints(template: Skeleton) -> dict[int, _Hinge]:
    """The limb of each joint that is the upper or the middle one of a limb."""
    found = {}
    for upper, middle, end, side in _HINGES:
        limb = _Hinge(template.index(upper), template.index(middle), template.index(end), np.array(side))
        found[limb.upper] = found[limb.middle] = limb
    return found


def _with_hinge(turns: FloatArray, joint: int, limb: _Hinge, positions: FloatArray) -> FloatArray:
    """Turns (T, 4) of a limb's bone, twisted about the bone so that the hinge lies across the bend."""
    first = unit(positions[:, limb.middle] - positions[:, limb.upper])
    second = unit(positions[:, limb.end] - positions[:, limb.middle])
    bone = first if joint == limb.upper else second
    across = np.cross(first, second)
    bend = np.arctan2(np.linalg.norm(across, axis=-1), np.sum(first * second, axis=-1))
    share = np.clip((bend - _BEND[0]) / (_BEND[1] - _BEND[0]), 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    hinge = rotation.rotate(turns, limb.side)
    hinge = unit(hinge - np.sum(hinge * bone, axis=-1, keepdims=True) * bone)
    across = unit(across)
    angle = np.arctan2(np.sum(np.cross(hinge, across) * bone, axis=-1), np.sum(hinge * across, axis=-1))
    twist = rotation.from_axis_angle(bone * (share * angle)[:, None])
    return rotation.multiply(twist, turns)

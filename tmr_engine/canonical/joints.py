"""The places of SMPL's 22 joints on any human skeleton, by role; missing ones are interpolated."""

from __future__ import annotations

import numpy as np

from ..errors import RetargetError
from ..features import HUMANML3D
from ..motion import Motion, rotation
from ..motion.rotation import FloatArray
from ..retarget import map_skeleton
from ..retarget.roles import SIDES, Mapping

# number of the left joint; the right one follows
_LIMBS = {"upper_leg": 1, "lower_leg": 4, "foot": 7, "upper_arm": 16, "lower_arm": 18, "hand": 20}
_TRUNK = (3, 6, 9)
_SMPL = ("smpl", "smplh", "smplx")  # families whose joints these are
# of the way from hips to neck, in the reference skeleton
_SHARES = np.cumsum(HUMANML3D.lengths[[3, 6, 9]]) / HUMANML3D.lengths[[3, 6, 9, 12]].sum()
_TOE = np.array([0.0, -0.03, 0.14])  # metres from the ankle of a body at rest that faces +Z
_COLLAR = 0.3  # share of the way from the chest to the shoulder


def smpl_joints(motion: Motion) -> FloatArray:
    """The places of SMPL's 22 joints, read off the joints that play the same roles.

    Args:
        motion: T frames of any human skeleton.

    Returns:
        (T, 22, 3) metres, in the world, Y up, in SMPL's order.

    Raises:
        RetargetError: the skeleton is no human's, or lacks a limb.
    """
    mapping = map_skeleton(motion.skeleton)
    joints = np.zeros((len(motion), 22, 3))
    neck = mapping.chain("neck")
    shoulders = [_at(motion, mapping, f"{side}_upper_arm") for side in SIDES]
    top = motion.world[0][:, motion.skeleton.index(neck[0])] if neck else np.mean(shoulders, axis=0)
    hips, head = _at(motion, mapping, "hips"), _at(motion, mapping, "head")
    joints[:, 0], joints[:, 12] = hips, top
    joints[:, 15] = head if neck else head + (head - hips) * 0.2
    joints[:, _TRUNK] = _trunk(motion, mapping, hips, top)
    for place, side in enumerate(SIDES):
        for role, number in _LIMBS.items():
            joints[:, number + place] = _at(motion, mapping, f"{side}_{role}")
        chest = joints[:, 9]
        joints[:, 13 + place] = (
            _at(motion, mapping, f"{side}_clavicle")
            if mapping.bone(f"{side}_clavicle")
            else chest + _COLLAR * (joints[:, 16 + place] - chest)
        )
        joints[:, 10 + place] = _toe(motion, mapping, side)
    return joints


def _at(motion: Motion, mapping: Mapping, role: str) -> FloatArray:
    bone = mapping.bone(role)
    if bone is None:
        raise RetargetError(f"the skeleton has no {role.replace('_', ' ')}")
    place: FloatArray = motion.world[0][:, motion.skeleton.index(bone)]
    return place


def _trunk(motion: Motion, mapping: Mapping, hips: FloatArray, top: FloatArray) -> FloatArray:
    """(T, 3, 3) the three joints between hips and neck.

    They divide the way along the spine that there is as they divide the reference skeleton's: spines have
    from one to many bones, and some bones have no length.
    """
    bones = [bone for bone in (*mapping.chain("spine"), mapping.bone("chest")) if bone]
    points = np.stack(
        [hips, *(motion.world[0][:, motion.skeleton.index(bone)] for bone in bones), top], axis=1
    )
    if mapping.family in _SMPL and len(bones) == len(_TRUNK):
        return points[:, 1:-1]
    way = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points[0], axis=0), axis=-1)))
    where = _SHARES * way[-1]
    below = np.clip(np.searchsorted(way, where, side="right") - 1, 0, len(way) - 2)
    length = way[below + 1] - way[below]
    share = ((where - way[below]) / np.where(length > 0, length, 1.0))[:, None]
    trunk: FloatArray = points[:, below] * (1 - share) + points[:, below + 1] * share
    return trunk


def _toe(motion: Motion, mapping: Mapping, side: str) -> FloatArray:
    if mapping.bone(f"{side}_toe"):
        return _at(motion, mapping, f"{side}_toe")
    foot = motion.skeleton.index(str(mapping.bone(f"{side}_foot")))
    local = rotation.rotate(rotation.conjugate(motion.skeleton.rest_pose[1][foot]), _TOE)
    places, turns = motion.world
    toe: FloatArray = places[:, foot] + rotation.rotate(turns[:, foot], local)
    return toe

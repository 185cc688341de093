"""Left and right exchanged, as HumanML3D does to double its data (Guo et al. 2022)."""

from __future__ import annotations

from ..motion.rotation import FloatArray
from .skeletons import JOINT_NAMES
from .swings import check_joints


def _other_side(name: str) -> str:
    for one, other in (("left_", "right_"), ("right_", "left_")):
        if name.startswith(one):
            return other + name.removeprefix(one)
    return name


_SWAPPED = [JOINT_NAMES.index(_other_side(name)) for name in JOINT_NAMES]


def mirror_joints(joints: FloatArray) -> FloatArray:
    """The motion in a mirror: (T, 22, 3) joints with X negated and the two sides exchanged.

    Raises:
        FeatureError: wrong shape, or a value that is not finite.
    """
    joints = check_joints(joints)
    return joints[:, _SWAPPED] * [-1.0, 1.0, 1.0]

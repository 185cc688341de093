"""Stand-in for `retarget.canonical` until it is there: joints by role, missing ones interpolated."""

from __future__ import annotations

import numpy as np

from ..errors import RetargetError
from ..motion import Motion, rotation
from ..motion.rotation import FloatArray
from ..retarget import map_skeleton
from ..retarget.roles import SIDES


def canonical_joints(motion: Motion) -> FloatArray:
    """(T, 22, 3) metres."""
    mapping = map_skeleton(motion.skeleton)
    places, turns = motion.world
    index = motion.skeleton.index

    def at(bone: str | None) -> FloatArray | None:
        return None if bone is None else places[:, index(bone)]

    def need(role: str) -> FloatArray:
        found = at(mapping.bone(role))
        if found is None:
            raise RetargetError(f"the skeleton has no {role}")
        return found

    joints = np.zeros((len(motion), 22, 3))
    hips, head = need("hips"), need("head")
    trunk = [bone for bone in (*mapping.chain("spine"), mapping.bone("chest")) if bone]
    neck = mapping.chain("neck")
    top = at(neck[0]) if neck else 0.5 * (need("left_upper_arm") + need("right_upper_arm"))
    points = [hips, *(places[:, index(bone)] for bone in trunk), top]
    joints[:, 0], joints[:, 12] = hips, top
    joints[:, 15] = head if neck else head + (head - hips) * 0.2
    for place, number in enumerate((3, 6, 9), start=1):
        where = place * (len(points) - 1) / 4
        low = int(where)
        joints[:, number] = points[low] + (where - low) * (points[min(low + 1, len(points) - 1)] - points[low])
    for side, name in enumerate(SIDES):
        roles = ("upper_leg", "lower_leg", "foot")
        for role, number in zip(roles, (1, 4, 7), strict=True):
            joints[:, number + side] = need(f"{name}_{role}")
        for role, number in zip(("upper_arm", "lower_arm", "hand"), (16, 18, 20), strict=True):
            joints[:, number + side] = need(f"{name}_{role}")
        collar, toe = at(mapping.bone(f"{name}_clavicle")), at(mapping.bone(f"{name}_toe"))
        shoulder = joints[:, 16 + side]
        joints[:, 13 + side] = collar if collar is not None else joints[:, 9] + 0.3 * (shoulder - joints[:, 9])
        if toe is None:
            foot = index(str(mapping.bone(f"{name}_foot")))
            rest = motion.skeleton.rest_pose[1][foot]
            local = rotation.rotate(rotation.conjugate(rest), np.array([0.0, -0.03, 0.14]))
            toe = places[:, foot] + rotation.rotate(turns[:, foot], local)
        joints[:, 10 + side] = toe
    return joints

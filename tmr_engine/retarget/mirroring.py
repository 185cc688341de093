"""Left and right exchanged, on any skeleton.

The whole clip is seen in a mirror: joints, rest pose and motion. A joint named for the left then lies on
the right, so the roles change sides, and everything after works as for any other skeleton. Neither the
skeleton nor its names need be symmetric.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..motion import Motion
from .roles import SIDES, Mapping

# the mirror is the plane x = 0; rotations about y and z turn round in it
_PLACES = np.array([-1.0, 1.0, 1.0])
_TURNS = np.array([1.0, 1.0, -1.0, -1.0])


def mirrored(motion: Motion, mapping: Mapping) -> tuple[Motion, Mapping]:
    """The clip in a mirror, and who plays which role there.

    Args:
        motion: T frames, metres, Y up.
        mapping: of its skeleton.
    """
    skeleton = replace(
        motion.skeleton,
        offsets=motion.skeleton.offsets * _PLACES,
        rest_rotations=motion.skeleton.rest_rotations * _TURNS,
    )
    seen = replace(
        motion,
        skeleton=skeleton,
        root_translation=motion.root_translation * _PLACES,
        rotations=motion.rotations * _TURNS,
    )
    return seen, replace(mapping, roles={_other_side(role): bones for role, bones in mapping.roles.items()})


def _other_side(role: str) -> str:
    for side, other in zip(SIDES, reversed(SIDES), strict=True):
        if role.startswith(f"{side}_"):
            return other + role[len(side) :]
    return role

"""Which bones lie along a limb and share its twist, and where along it each begins."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .checking import Roles
from .figure import Figure
from .roles import ARM, LEG, SIDES

_ASIDE = 0.1  # a twist bone lies no farther from the line of its limb than this share of its length

TwistBones = tuple[tuple[str, float], ...]


def twists_of(figure: Figure, roles: Roles, allowed: np.ndarray) -> dict[str, TwistBones]:
    """Limb role -> its twist bones with where each begins, from 0 at the role's joint to below 1 at the next.

    Bones in line (a limb of two bones) and beside it (a twist bone without children) count alike: they begin
    on the line between the two joints, and hang on the upper but not below the lower.

    Args:
        figure: the body.
        roles: a completed map.
        allowed: (J,) bool, joints that keys turn and that move the skin.
    """
    taken = {name for bones in roles.values() for name in ((bones,) if isinstance(bones, str) else bones)}
    found = {}
    for side in SIDES:
        for upper, lower in (*pairwise(ARM), *pairwise(LEG)):
            bones = (roles.get(f"{side}_{upper}"), roles.get(f"{side}_{lower}"))
            if not (isinstance(bones[0], str) and isinstance(bones[1], str)):
                continue
            start, end = figure.indices[bones[0]], figure.indices[bones[1]]
            beyond = set(figure.subtree(end))
            between = [
                joint
                for joint in figure.subtree(start)[1:]
                if joint not in beyond and allowed[joint] and figure.names[joint] not in taken
            ]
            if shares := _on_line(figure, start, end, between):
                found[f"{side}_{upper}"] = shares
    return found


def _on_line(figure: Figure, start: int, end: int, joints: list[int]) -> TwistBones:
    """Those of the joints that lie on the line from `start` to `end`, in order along it."""
    way = figure.heads[end] - figure.heads[start]
    length = float(np.linalg.norm(way))
    if length < 1e-9 or not joints:
        return ()
    offsets = figure.heads[joints] - figure.heads[start]
    shares = offsets @ way / length**2
    aside = np.linalg.norm(offsets - np.outer(shares, way), axis=1)
    on = (aside < _ASIDE * length) & (shares > -0.02) & (shares < 0.99)
    listed = [
        (max(float(share), 0.0), joint) for share, joint, fits in zip(shares, joints, on, strict=True) if fits
    ]
    return tuple((figure.names[joint], share) for share, joint in sorted(listed))

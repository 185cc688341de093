"""Finds a human body without names: by branching, symmetry, proportions and what touches the ground."""

from __future__ import annotations

import numpy as np

from ..errors import RetargetError
from ..motion.rotation import FloatArray
from .checking import UP, Roles
from .figure import Figure
from .roles import ARM, FINGERS, LEG
from .structure_fingers import fingers_of, has_end_bones, thumb_side
from .structure_head import head_of
from .structure_limbs import hand_place, pick_arm
from .structure_pairs import FIX, arms_of, hands_of, legs_of, mirrored_pairs
from .structure_stand import Stand, on_legs, without_legs

_FEWEST = 10

_Arm = tuple[int, list[int]]  # clavicle (-1 without one), and shoulder, elbow, wrist


def find_body(figure: Figure, *, legs: bool = True) -> tuple[Roles, float]:
    """Roles of a body whose names say nothing, and how sure that is (0 to 1).

    The legs are the mirrored pair of branches that reach the ground, the arms the pair above them that does
    not, the head the end of the branch that goes on upward between the arms. The side is known from where
    the toes point; without toes from where the thumbs do, else the body is taken to face -Y.

    Args:
        figure: the body.
        legs: whether it must have legs. Without, hands with thumbs must show the arms.

    Raises:
        RetargetError: too few joints, no legs, more than two legs, no arms, no head, or no upright trunk.
    """
    if len(figure.names) < _FEWEST:
        raise RetargetError(f"a body has {_FEWEST} bones or more, this has {len(figure.names)}", fix=FIX)
    ground = float(figure.heads[:, 2].min())
    pairs = mirrored_pairs(figure, ground)
    if legs:
        lower = legs_of(pairs, max(figure.height, 1e-9))
        arms = arms_of(figure, pairs, lower, max(figure.height, 1e-9))
        ends = any(_ends(figure, line) for line in (arms.first, arms.second))
        stand = on_legs(figure, lower, arms, ground, ends=ends)
        below = figure.ancestors(lower.first[0])
    else:
        arms = hands_of(figure, pairs)
        ends = any(_ends(figure, line) for line in (arms.first, arms.second))
        stand, below = without_legs(figure, arms), []
    trunk = figure.heads[arms.base] - figure.heads[stand.base]
    if trunk[2] < 0.6 * np.linalg.norm(trunk):
        raise RetargetError("the trunk is not upright, so this is not a human body", fix=FIX)
    limbs = [
        pick_arm(figure, line, stand.middle, stand.across, stand.leg) for line in (arms.first, arms.second)
    ]
    facing, sure = _facing(figure, stand, limbs)
    roles = _limb_roles(figure, stand, limbs, facing)
    shoulders = float(np.mean([figure.heads[line[0]][2] for _, line in limbs]))
    roles["head"] = figure.names[head_of(figure, arms, (stand.base, below), shoulders, ends=ends)]
    roles["hips"] = figure.names[stand.hips]
    above = int(figure.parents[arms.base])
    if figure.heads[arms.base][2] > shoulders and above >= 0 and above != stand.base:
        # arms that hang on a neck
        roles |= {"chest": figure.names[above], "neck": (figure.names[arms.base],)}
    return roles, _sureness(roles, sure)


def _limb_roles(figure: Figure, stand: Stand, arms: list[_Arm], facing: FloatArray) -> Roles:
    """Arms, legs and fingers of both sides; the left is the one at the left of where the body looks."""
    left = np.cross(UP, facing)

    def leftness(line: list[int]) -> float:
        return float(np.mean((figure.heads[line[:3]] - stand.middle) @ left))

    roles: Roles = {}
    for side, line in zip(("left", "right"), sorted(stand.legs, key=leftness, reverse=True), strict=False):
        roles |= {
            f"{side}_{part}": figure.names[joint] for part, joint in zip((*LEG, "toe"), line, strict=False)
        }
    ordered = sorted(arms, key=lambda arm: leftness(arm[1]), reverse=True)
    for side, (clavicle, line) in zip(("left", "right"), ordered, strict=True):
        if clavicle >= 0:
            roles[f"{side}_clavicle"] = figure.names[clavicle]
        roles |= {f"{side}_{part}": figure.names[joint] for part, joint in zip(ARM, line, strict=False)}
        for finger, joints in fingers_of(figure, line, facing).items():
            roles[f"{side}_{finger}"] = tuple(figure.names[joint] for joint in joints)
    return roles


def _ends(figure: Figure, arm: list[int]) -> bool:
    place = hand_place(figure, arm)
    return place > 0 and has_end_bones(figure, arm[place - 1], arm[place])


def _sureness(roles: Roles, facing_known: bool) -> float:
    """How sure a body of this shape is: feet tell front from back, fingers tell arms from other limbs."""
    fingers = any(role.endswith(FINGERS) for role in roles)
    return 0.4 + 0.3 * facing_known + 0.15 * fingers


def _facing(figure: Figure, stand: Stand, arms: list[_Arm]) -> tuple[FloatArray, bool]:
    """Where the body looks, and whether the feet say so; thumbs do too, but palms may be turned."""
    forward = np.cross(stand.across, UP)
    lean = float(_toes(figure, stand.legs, forward) @ forward)
    if abs(lean) > 0.03 * figure.height:
        return (forward if lean > 0 else -forward), True
    lean = sum(float(thumb_side(figure, line) @ forward) for _, line in arms)
    if abs(lean) < 0.01 * figure.height:
        lean = -float(forward[1])
    return (forward if lean > 0 else -forward), False


def _toes(figure: Figure, legs: list[list[int]], forward: FloatArray) -> FloatArray:
    """(3,) the sum of the feet from ankle to toe."""
    toes = np.zeros(3)
    for line in legs:
        foot = line[2] if len(line) > 2 else line[-1]
        ends = [figure.heads[line[3]]] if len(line) > 3 else [figure.heads[c] for c in figure.children[foot]]
        ends.append(figure.tails[foot])
        toes += max((end - figure.heads[foot] for end in ends), key=lambda way: abs(float(way @ forward)))
    return toes

"""Completes a proposed map by the hierarchy, and says what geometry has against it."""

from __future__ import annotations

import itertools

import numpy as np

from ..errors import RetargetError
from ..motion.rotation import FloatArray
from .figure import Figure
from .roles import FINGERS, LIMB_ROLES, SIDES, RoleBones

UP = np.array([0.0, 0.0, 1.0])

# the farther side of a pair may be this much longer; real scans and hand-made rigs differ by a few percent
_UNEVEN = 1.2

Roles = dict[str, RoleBones]


def place(figure: Figure, roles: Roles, role: str) -> FloatArray | None:
    """The joint of a single role in the world, or None."""
    bone = roles.get(role)
    return figure.heads[figure.indices[bone]] if isinstance(bone, str) else None


def _needed(figure: Figure, roles: Roles, role: str) -> FloatArray:
    """The joint of a role that `faults` has found in the map."""
    joint = place(figure, roles, role)
    if joint is None:
        raise RetargetError(f"no bone for {role.replace('_', ' ')}")
    return joint


def complete(figure: Figure, roles: Roles) -> Roles:
    """The same map with hips, spine, chest and neck as the hierarchy has them.

    Families name limbs reliably, but a trunk may have any number of bones: the chest is the bone that both
    arms hang on, the spine is what lies between it and the hips, the neck what lies between it and the head.
    """
    index = figure.indices
    found = {role: bones for role, bones in roles.items() if role not in ("spine", "neck", "chest")}
    arms = [index[bone] for side in SIDES if (bone := _first(found, side, ("clavicle", "upper_arm")))]
    legs = [index[bone] for side in SIDES if (bone := _first(found, side, ("upper_leg",)))]
    hips = index[str(found["hips"])] if "hips" in found else -1
    if len(legs) == 2:
        fork = figure.common(legs)
        if fork >= 0 and (hips < 0 or hips in legs or not all(figure.descends(leg, hips) for leg in legs)):
            hips = fork
    chest = figure.common(arms) if len(arms) == 2 else -1
    if hips < 0 or chest < 0 or "head" not in found:
        return found
    if figure.names[chest] in _listed(roles, "neck") and "chest" in roles:
        chest = index[str(roles["chest"])]  # clavicles of a Biped hang on its neck
    found["hips"] = figure.names[hips]
    line = figure.path(figure.common([hips, chest]), chest)[1:-1]
    neck = figure.path(chest, index[str(found["head"])])[1:-1]
    if chest != hips:
        found["chest"] = figure.names[chest]
    if line:
        found["spine"] = tuple(figure.names[joint] for joint in line)
    if neck:
        found["neck"] = tuple(figure.names[joint] for joint in neck)
    top = figure.ancestors(hips)[-1]
    if "root" not in found and top != hips:
        found["root"] = figure.names[top]
    if found.get("root") == found["hips"]:
        del found["root"]
    return found


def _listed(roles: Roles, role: str) -> tuple[str, ...]:
    bones = roles.get(role, ())
    return (bones,) if isinstance(bones, str) else bones


def _first(roles: Roles, side: str, names: tuple[str, ...]) -> str | None:
    for name in names:
        bone = roles.get(f"{side}_{name}")
        if isinstance(bone, str):
            return bone
    return None


def faults(figure: Figure, roles: Roles, controls: bool) -> list[str]:
    """What is wrong with a map, one clause each; empty when it holds.

    Args:
        figure: the body.
        roles: a completed map.
        controls: the bones are controls, which need not be each other's parents.
    """
    missing = _missing(roles)
    if missing:
        return [f"no bone for {', '.join(missing)}"]
    found = [] if controls else _broken_chains(figure, roles)
    extent = np.ptp(figure.heads, axis=0)
    if extent[2] < 0.3 * extent.max() and not _stands(figure, roles):
        return [*found, "the body does not stand upright"] if not _heap(figure, roles) else found
    return found + _crooked(figure, roles)


def _missing(roles: Roles) -> list[str]:
    needed = ["hips", "head"] + [f"{side}_{part}" for side in SIDES for part in ("upper_arm", "lower_arm")]
    legs = [f"{side}_{part}" for side in SIDES for part in ("upper_leg", "lower_leg")]
    if any(role in roles for role in legs):
        needed += legs
    return [role.replace("_", " ") for role in needed if role not in roles]


def _broken_chains(figure: Figure, roles: Roles) -> list[str]:
    found = []
    hips = figure.indices[str(roles["hips"])]
    for side in SIDES:
        for chain in (("clavicle", "upper_arm", "lower_arm", "hand"), ("upper_leg", "lower_leg")):
            bones = [str(roles[f"{side}_{part}"]) for part in chain if f"{side}_{part}" in roles]
            for upper, lower in itertools.pairwise(bones):
                if not figure.path(figure.indices[upper], figure.indices[lower])[1:]:
                    found.append(f"{lower} does not hang below {upper}")
        arm = figure.indices[str(roles[f"{side}_upper_arm"])]
        if figure.common([arm, hips]) < 0:
            found.append(f"{figure.names[arm]} and {figure.names[hips]} belong to different skeletons")
    return found


def _heap(figure: Figure, roles: Roles) -> bool:
    """Whether the joints lie on top of each other, so that geometry says nothing and names alone decide."""
    left, right = (_needed(figure, roles, f"{side}_upper_arm") for side in SIDES)
    gap = float(np.linalg.norm(left - right))
    return gap < 0.06 * float(np.ptp(figure.heads, axis=0).max())


def _stands(figure: Figure, roles: Roles) -> bool:
    rise = _needed(figure, roles, "head") - _needed(figure, roles, "hips")
    return bool(rise[2] > 0.7 * np.linalg.norm(rise))


def _crooked(figure: Figure, roles: Roles) -> list[str]:
    found = []
    if not _stands(figure, roles):
        found.append("the head is not above the hips")
    left = lateral(figure, roles)
    facing = np.cross(left, UP)
    toes = _toe_direction(figure, roles)
    if toes is not None and float(toes @ facing) < -0.2:
        found.append("left and right are exchanged")
    for upper, lower, part in (
        ("upper_arm", "lower_arm", "arms"),
        ("upper_leg", "lower_leg", "legs"),
    ):
        spans = [_span(figure, roles, f"{side}_{upper}", f"{side}_{lower}") for side in SIDES]
        if min(spans) * _UNEVEN < max(spans):
            found.append(f"the {part} differ in length")
    hips = _needed(figure, roles, "hips")
    for side in SIDES:
        foot = place(figure, roles, f"{side}_foot")
        if foot is not None and foot[2] > hips[2]:
            found.append("the feet are above the hips")
    return found


def lateral(figure: Figure, roles: Roles) -> FloatArray:
    """(3,) horizontal unit vector to the character's left: hips and shoulders, 2 to 1."""
    total = np.zeros(3)
    for part, weight in (("upper_leg", 2.0), ("upper_arm", 1.0)):
        left, right = (place(figure, roles, f"{side}_{part}") for side in SIDES)
        if left is not None and right is not None:
            across = left - right
            total += weight * across / max(float(np.linalg.norm(across)), 1e-12)
    total[2] = 0.0
    length = float(np.linalg.norm(total))
    return total / length if length > 1e-9 else np.array([1.0, 0.0, 0.0])


def _toe_direction(figure: Figure, roles: Roles) -> FloatArray | None:
    total = np.zeros(3)
    for side in SIDES:
        foot, toe = place(figure, roles, f"{side}_foot"), place(figure, roles, f"{side}_toe")
        if foot is not None and toe is not None:
            total += toe - foot
    total[2] = 0.0
    length = float(np.linalg.norm(total))
    return total / length if length > 0.02 * figure.height else None


def _span(figure: Figure, roles: Roles, upper: str, lower: str) -> float:
    head, tail = place(figure, roles, upper), place(figure, roles, lower)
    return 1.0 if head is None or tail is None else float(np.linalg.norm(tail - head))


def prune(figure: Figure, roles: Roles) -> Roles:
    """The map without fingers, toes and clavicles that do not hang where they should."""
    kept = dict(roles)
    for side in SIDES:
        hand = kept.get(f"{side}_hand")
        for finger in FINGERS:
            chain = kept.get(f"{side}_{finger}")
            if chain and not (
                isinstance(hand, str)
                and all(figure.path(figure.indices[hand], figure.indices[bone])[1:] for bone in chain)
            ):
                del kept[f"{side}_{finger}"]
    used: set[str] = set()
    for role in (*LIMB_ROLES,):
        for side in SIDES:
            bone = kept.get(f"{side}_{role}")
            if isinstance(bone, str):
                if bone in used:
                    del kept[f"{side}_{role}"]
                used.add(bone)
    return kept

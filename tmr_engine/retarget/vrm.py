"""Roles from the table that a VRM file carries (versions 0 and 1)."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from .checking import Roles

_PARTS = {
    "Shoulder": "clavicle",
    "UpperArm": "upper_arm",
    "LowerArm": "lower_arm",
    "Hand": "hand",
    "UpperLeg": "upper_leg",
    "LowerLeg": "lower_leg",
    "Foot": "foot",
    "Toes": "toe",
}
_FINGER = re.compile(r"(left|right)(Thumb|Index|Middle|Ring|Little)(Metacarpal|Proximal|Intermediate|Distal)")
_OUTWARD = ("Metacarpal", "Proximal", "Intermediate", "Distal")


def roles_of_table(table: Mapping[str, str], bones: Container[str]) -> Roles:
    """The table in our role names, without bones that are not there.

    VRM 0 counts a thumb from Proximal, VRM 1 from Metacarpal; either way its bones are in order outward.
    """
    roles: Roles = {}
    fingers: dict[str, list[tuple[int, str]]] = {}
    for word, bone in table.items():
        if bone not in bones:
            continue
        finger = _FINGER.fullmatch(word)
        if finger is not None:
            role = f"{finger[1]}_{finger[2].lower()}"
            fingers.setdefault(role, []).append((_OUTWARD.index(finger[3]), bone))
        elif word in ("hips", "head", "chest"):
            roles[word] = bone
        else:
            for side in ("left", "right"):
                part = _PARTS.get(word.removeprefix(side)) if word.startswith(side) else None
                if part:
                    roles[f"{side}_{part}"] = bone
    return roles | {role: tuple(bone for _, bone in sorted(found)) for role, found in fingers.items()}

"""The rig families: bone names by role, one data file a family, checked when read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import RetargetError
from .roles import FINGERS, LIMB_ROLES, RoleBones

FOLDER = Path(__file__).parent / "families"

_TRUNK_SINGLE = ("root", "mover", "hips", "pelvis", "chest", "head")
_TRUNK_LISTS = ("spine", "neck")
_KEYS = {"family", "note", "trunk", "limbs", "fingers", "twist", "signature", "controls", "switches", "ik"}
_IK_KEYS = {"limb", "controls", "pole", "switches"}

# how the side is written inside a name; the first of each pair is the left
_SIDE_WORDS = {
    "{Side}": ("Left", "Right"),
    "{side}": ("left", "right"),
    "{S}": ("L", "R"),
    "{s}": ("l", "r"),
    "{左}": ("左", "右"),
}


@dataclass(frozen=True)
class FamilySwitch:
    """A custom property that must have a value so that the family's bones show."""

    bone: str
    property: str
    value: float


@dataclass(frozen=True)
class IkLimb:
    """The IK controls of one limb, and what they follow.

    Args:
        joints: the roles of its upper bone, its lower bone and its end.
        controls: (control, role of the bone that it goes with), the one at the limb's end first.
        pole: the control that the elbow or knee points to; empty where the rig has none.
        switches: what must be set so that the IK controls show.
    """

    joints: tuple[str, str, str]
    controls: tuple[tuple[str, str], ...]
    pole: str
    switches: tuple[FamilySwitch, ...]


@dataclass(frozen=True)
class Family:
    """The names of one rig family.

    Args:
        name: of the family and of its file.
        roles: role -> bone name or names, both sides written out.
        twist: bones in line with a limb or beside it that are left at rest.
        signature: names that tell this family from its rivals.
        controls: the bones are an animator's controls: they need not be each other's parents.
        switches: what must be set so that they show.
        ik: the limbs' IK controls, for those who want these keyed too.
    """

    name: str
    roles: dict[str, RoleBones]
    twist: tuple[str, ...]
    signature: tuple[str, ...]
    controls: bool
    switches: tuple[FamilySwitch, ...]
    ik: tuple[IkLimb, ...]


@cache
def families() -> tuple[Family, ...]:
    """Every family, by file name.

    Raises:
        RetargetError: a data file is damaged.
    """
    return tuple(read_family(path) for path in sorted(FOLDER.glob("*.json")))


def read_family(path: Path) -> Family:
    """One family file.

    Raises:
        RetargetError: it is not JSON, a key or role is unknown, or a name is no text.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RetargetError("the rig family cannot be read", where=path.name, why=str(error)) from error
    _validate(document, path.name)
    roles: dict[str, RoleBones] = {
        role: names if isinstance(names, str) else tuple(names) for role, names in document["trunk"].items()
    }
    groups = {**document["limbs"], **document.get("fingers", {})}
    for side in (0, 1):
        for role, names in groups.items():
            written = _sided(names, side)
            roles[f"{('left', 'right')[side]}_{role}"] = written if isinstance(names, str) else tuple(written)
    twist = [
        name
        for side in (0, 1)
        for names in document.get("twist", {}).values()
        for name in _sided(names, side)
    ]
    switches = [switch for side in (0, 1) for switch in _switches(document, side)]
    return Family(
        name=document["family"],
        roles=roles,
        twist=tuple(twist),
        signature=tuple(document["signature"]),
        controls=document.get("controls", False),
        switches=tuple(dict.fromkeys(switches)),
        ik=tuple(_ik_limb(entry, side) for entry in document.get("ik", []) for side in (0, 1)),
    )


def _switches(entry: dict[str, Any], side: int) -> list[FamilySwitch]:
    return [
        FamilySwitch(_sided(switch["bone"], side), _sided(switch["property"], side), float(switch["value"]))
        for switch in entry.get("switches", [])
    ]


def _ik_limb(entry: dict[str, Any], side: int) -> IkLimb:
    word = ("left", "right")[side]
    upper, lower, end = (f"{word}_{role}" for role in entry["limb"])
    return IkLimb(
        joints=(upper, lower, end),
        controls=tuple(
            (_sided(control, side), f"{word}_{role}") for control, role in entry["controls"].items()
        ),
        pole=_sided(entry.get("pole", ""), side),
        switches=tuple(_switches(entry, side)),
    )


def _sided(names: Any, side: int) -> Any:
    """A name pattern, or a list of them, written for one side (0 left, 1 right)."""
    if not isinstance(names, str):
        return [_sided(name, side) for name in names]
    for word, pair in _SIDE_WORDS.items():
        names = names.replace(word, pair[side])
    return names


def _validate(document: Any, where: str) -> None:
    if not isinstance(document, dict) or not {"family", "trunk", "limbs", "signature"} <= set(document):
        raise RetargetError("the rig family needs family, trunk, limbs and signature", where=where)
    unknown = set(document) - _KEYS
    unknown |= set(document["trunk"]) - {*_TRUNK_SINGLE, *_TRUNK_LISTS}
    unknown |= set(document["limbs"]) - set(LIMB_ROLES)
    unknown |= set(document.get("fingers", {})) - set(FINGERS)
    for entry in document.get("ik", []):
        unknown |= set(entry) - _IK_KEYS
        unknown |= {*entry["limb"], *entry["controls"].values()} - set(LIMB_ROLES)
    if unknown:
        raise RetargetError(f"the rig family has unknown keys: {', '.join(sorted(unknown))}", where=where)
    if document["family"] != Path(where).stem:
        raise RetargetError(f"the file names the family {document['family']!r}", where=where)
    singles = [document["trunk"].get(role, "") for role in _TRUNK_SINGLE] + list(document["limbs"].values())
    lists = [document["trunk"].get(role, []) for role in _TRUNK_LISTS]
    lists += [
        *document.get("fingers", {}).values(),
        *document.get("twist", {}).values(),
        document["signature"],
    ]
    if not all(isinstance(name, str) for name in singles):
        raise RetargetError("a role that takes one bone has something else", where=where)
    if not all(isinstance(names, list) and all(isinstance(n, str) for n in names) for names in lists):
        raise RetargetError("a role that takes a list of bones has something else", where=where)
    for name in document["limbs"].values():
        if not any(word in name for word in _SIDE_WORDS):
            raise RetargetError(f"the limb name {name!r} does not say the side", where=where)

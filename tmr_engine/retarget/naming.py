"""Proposes a family by the names of the joints. Names only propose; `checking` decides."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from .families import Family, families
from .roles import FINGERS, SIDES, RoleBones

# a family is recognised by these first (retargeting-quality: share of the required roles)
REQUIRED = (
    "hips",
    "head",
    *(
        f"{side}_{role}"
        for side in SIDES
        for role in ("upper_arm", "lower_arm", "hand", "upper_leg", "lower_leg", "foot")
    ),
)

# a family none of whose limbs is complete is no proposal
LEAST_SHARE = 0.55


@dataclass(frozen=True)
class Proposal:
    """What one family says about the names.

    Args:
        family: the family.
        roles: its roles, only with names that exist.
        score: share of required roles + share of all names but fingers + share of the signature, each 0 to 1.
        found: how many of the family's names exist, fingers left out.
        rewritten: how far the names had to be rewritten to fit, 0 for not at all.
    """

    family: Family
    roles: dict[str, RoleBones]
    score: float
    found: int
    rewritten: int = 0


def normalise(name: str) -> str:
    """A name without namespace, case, separators and full-width forms."""
    plain = unicodedata.normalize("NFKC", name).rsplit(":", 1)[-1]
    return re.sub(r"[\s_.\-]", "", plain).casefold()


def propose(names: Iterable[str]) -> list[Proposal]:
    """Families that could have these joint names, best first.

    Each is tried on the exact names, then on normalised names, then without the prefix that most of
    the names share (a rig name, "CTRL_", "mixamorig"); the first way that fits best counts.
    """
    listed = tuple(names)
    ways = _ways(listed)
    proposals = []
    for family in families():
        fits = [_fit(family, rewrite, table) for rewrite, table in ways]
        place = max(range(len(fits)), key=lambda place: fits[place].score)
        if fits[place].score > 0:
            proposals.append(replace(fits[place], rewritten=place))
    # families that share their names but for case or namespace: the one that writes them as the rig does
    return sorted(proposals, key=lambda found: (-found.score, found.rewritten, -found.found))


Rewrite = Callable[[str], str]


def _ways(names: tuple[str, ...]) -> list[tuple[Rewrite, dict[str, str]]]:
    ways: list[tuple[Rewrite, dict[str, str]]] = [(str, {name: name for name in names})]
    ways.append((normalise, _unique((normalise(name), name) for name in names)))
    prefix = _common_prefix(names)
    if prefix:
        cut = _unique((normalise(name[len(prefix) :]), name) for name in names if name.startswith(prefix))
        ways.append((normalise, cut))
    return ways


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Normalised -> name, the first of equals."""
    table: dict[str, str] = {}
    for key, name in pairs:
        table.setdefault(key, name)
    return table


def _common_prefix(names: tuple[str, ...]) -> str:
    """The longest beginning that at least half of the names share, two letters or more.

    Half, because a rig may hold a second set of bones beside the prefixed one.
    """
    counts: Counter[str] = Counter()
    for name in names:
        counts.update(name[:length] for length in range(2, len(name)))
    shared = [prefix for prefix, count in counts.items() if count >= max(8, 0.5 * len(names))]
    return max(shared, key=len, default="")


def _fit(family: Family, rewrite: Rewrite, table: dict[str, str]) -> Proposal:
    roles: dict[str, RoleBones] = {}
    listed = found = 0
    for role, bones in family.roles.items():
        wanted = (bones,) if isinstance(bones, str) else bones
        present = tuple(table[rewrite(name)] for name in wanted if rewrite(name) in table)
        if not role.endswith(FINGERS):  # many rigs of a family come without fingers
            listed += len(wanted)
            found += len(present)
        if present:
            roles[role] = present[0] if isinstance(bones, str) else present
    required = [role for role in REQUIRED if role in family.roles]
    share = sum(role in roles for role in required) / len(REQUIRED)
    if share < LEAST_SHARE:
        return Proposal(family, roles, 0.0, found)
    signature = sum(rewrite(name) in table for name in family.signature) / len(family.signature)
    return Proposal(family, roles, share + found / listed + signature, found)

"""What a caption claims that can be measured: turns, ways, hands, feet and actions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

_WORDS = json.loads(Path(__file__).with_name("claims.json").read_text(encoding="utf-8"))
SIDES = ("left", "right")


class Claim(NamedTuple):
    """One thing that a caption says.

    Args:
        kind: "turn", "travel", "hand", "raised hand", "hand overhead", "raised foot", "kick", "hop" or "act".
        value: the side, direction or action.
    """

    kind: str
    value: str


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b")


_IS = {name: _pattern(words) for name, words in _WORDS.items() if isinstance(words, str)}
_ACTS = {name: _pattern(words) for name, words in _WORDS["acts"].items()}
_CLAUSES = re.compile(_WORDS["clauses"])
_SIDE = re.compile(rf"\b(left|right)\b(?![- ](?:{_WORDS['not_a_direction']})\b)")
_LIMBS = {limb: re.compile(rf"\b(left|right)[- ](?:{_WORDS[limb]})\b") for limb in ("hand", "foot")}


def claims(caption: str) -> set[Claim]:
    """The claims of a caption; what is said with "as if", "without" and the like claims nothing."""
    text = caption.lower()
    found = _of_busy_hand(text)
    for clause in _CLAUSES.split(text):
        if not _IS["unsure"].search(clause):
            found |= _of_turn(clause) | _of_travel(clause) | _of_limbs(clause)
            found |= {Claim("act", name) for name, pattern in _ACTS.items() if pattern.search(clause)}
    return found


def _sides(clause: str) -> set[str]:
    """Sides that are directions, not limbs; clockwise from above is to the right."""
    if _IS["counter"].search(clause):
        return {"left"}
    if _IS["clockwise"].search(clause):
        return {"right"}
    return set(_SIDE.findall(clause))


def _of_turn(clause: str) -> set[Claim]:
    if not _IS["turn"].search(clause) or _IS["not_the_body"].search(clause):
        return set()
    return {Claim("turn", side) for side in _sides(clause)}


def _of_travel(clause: str) -> set[Claim]:
    if not _IS["go"].search(clause) or _IS["turn"].search(clause):
        return set()
    ways = _sides(clause) | {way for way in ("forward", "backward") if _IS[way].search(clause)}
    return {Claim("travel", way) for way in ways}


def _of_busy_hand(text: str) -> set[Claim]:
    """The hand that is said to act, where only one is spoken of and not as one that is held still."""
    sides = set(_LIMBS["hand"].findall(text))
    if len(sides) != 1 or _IS["both"].search(text) or _IS["still"].search(text):
        return set()
    return {Claim("hand", side) for side in sides}


def _of_limbs(clause: str) -> set[Claim]:
    found = set()
    raised = _IS["raise"].search(clause)
    for side in set(_LIMBS["hand"].findall(clause)):
        if raised:
            found.add(Claim("raised hand", side))
        if _IS["overhead"].search(clause):
            found.add(Claim("hand overhead", side))
    for side in set(_LIMBS["foot"].findall(clause)):
        if _IS["kick"].search(clause):
            found.add(Claim("kick", side))
        elif _IS["hop_on"].search(clause):
            found.add(Claim("hop", side))
        elif raised:
            found.add(Claim("raised foot", side))
    return found

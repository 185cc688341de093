"""What a query asks of facets, and how well the facets of clips agree with it. Knows no library."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .bias_names import BIASES
from .event import BOTH, LEFT, RIGHT
from .events import in_order
from .facet_table import FacetTable, Mask, Values
from .rewrite import usual_spelling
from .side_claims import SIDE_WORDS, SideClaim, side_claims, weights_of
from .stems import Stems

_T: dict[str, Any] = json.loads(Path(__file__).with_name("query_words.json").read_text(encoding="utf-8"))
_CLAUSE = re.compile(r"\s*(?:,|;|\bthen\b|\band\b|\bwhile\b|\bfollowed by\b|\bbefore\b|\bafter\b)\s*")
_TOKEN = re.compile(r"[a-z0-9°/-]+")
_BODY_PARTS = ("foot", "leg", "knee", "hand", "arm", "side")  # "one leg" is no number of times
_SURE = 0.5  # certainty from which on an event is taken to happen
_FAST, _SLOW = 1.2, 0.8  # of a gait's usual speed: neither fast nor slow between
_GRADED = 8.0
_HOLDS = 0.5  # agreement from which on a clip is said to do what is asked


@dataclass(frozen=True)
class Asked:
    """One thing that a query asks for.

    Args:
        what: "event", "sides", "both", "order", "direction", "in_place", "pace", "speed", "duration",
            "degrees".
        kinds: of an event, any of these will do ("punch", "punch/hook"); of degrees, the side, if told.
        word: the direction, or how a number is compared: "more", "less", "about".
        value: the number (metres a second, seconds, degrees; of an event how often, 0: not told).
        weight: how much it counts beside the others.
        claims: every left and right of the query.
        steps: of an order, kinds of events and a side ("" where none is told) for each of two steps.
    """

    what: str
    kinds: tuple[str, ...] = ()
    word: str = ""
    value: float = 0.0
    weight: float = 1.0
    claims: tuple[SideClaim, ...] = ()
    steps: tuple[tuple[tuple[str, ...], str], ...] = ()


def parse(text: str) -> tuple[Asked, ...]:
    """What a query asks of facets, in plain English; nothing where it speaks of none."""
    low = usual_spelling(" ".join(text.lower().split()))
    asked: list[Asked] = []
    for what, units in (("speed", _T["speed_units"]), ("duration", _T["time_units"]), ("degrees", None)):
        low, found = _numbers(low, what, units or dict.fromkeys(_T["angle_units"], 1.0))
        asked += found
    for phrase in _T["in_place"]:
        if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", low):
            asked.append(Asked("in_place", weight=_T["weights"]["in_place"]))
            break
    for clause in _CLAUSE.split(low):
        asked += _clause(clause)
    claims = side_claims(low)
    turns = {claim.side for claim in claims if claim.part == "turn"}
    if len(turns) == 1:
        asked = [replace(part, kinds=tuple(turns)) if part.what == "degrees" else part for part in asked]
    if claims:
        asked.append(Asked("sides", weight=_T["weights"]["side"], claims=claims))
    asked += _orders(low)
    return tuple(dict.fromkeys(asked))


def _orders(low: str) -> list[Asked]:
    """Each two steps that follow each other and name events."""
    steps = []
    for event in in_order(low):
        kinds = _kinds([_STEMS.of(token) for token in _TOKEN.findall(event)])
        turns = {claim.side for claim in side_claims(event) if claim.part == "turn"}
        steps.append((kinds, turns.pop() if len(turns) == 1 and set(kinds) & {"turn", "spin"} else ""))
    return [
        Asked("order", weight=_T["weights"]["order"], steps=(one, other))
        for one, other in pairwise(steps)
        if one[0] and other[0] and one != other
    ]


def agreement(asked: tuple[Asked, ...], table: FacetTable) -> Values:
    """(N,) how well each clip does what is asked, 0..1; 0 without facets.

    What is measured badly weighs little; a query that asks for nothing else finds all clips nearly alike,
    around one half. 1 where nothing is asked.
    """
    if not asked:
        return np.ones(len(table))
    total = sum(part.weight for part in asked)
    done = np.zeros(len(table))
    for part in asked:
        done += part.weight * _agrees(part, table)
    sure = min(1.0, total)
    found = sure * done / max(total, 1e-6) + (1.0 - sure) * 0.5
    return np.where(table.known, found, 0.0)


def holds(asked: tuple[Asked, ...], table: FacetTable) -> Mask:
    """(N,) which clips do all that is asked, each thing at least half; all with facets where nothing is."""
    found = table.known.copy()
    for part in asked:
        found &= _agrees(part, table) >= _HOLDS
    return found


def _numbers(low: str, what: str, units: dict[str, float]) -> tuple[str, list[Asked]]:
    """Numbers with a unit, and the text without them."""
    names = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
    compared = {word: how for how, words in _T["comparisons"].items() for word in words if word}
    hows = "|".join(re.escape(word) for word in sorted(compared, key=len, reverse=True))
    pattern = re.compile(rf"(?:\b({hows})\s+)?(\d+(?:\.\d+)?)[\s-]*({names})(?!\w)")
    found = [
        Asked(what, (), compared.get(how, "about"), float(number) * units[unit], _T["weights"][what])
        for how, number, unit in pattern.findall(low)
    ]
    return pattern.sub(" ", low), found


def _clause(clause: str) -> list[Asked]:
    """Events, sides and directions of a part of the query."""
    tokens = _TOKEN.findall(clause)
    stems = [_STEMS.of(token) for token in tokens]
    kinds = _kinds(stems)
    asked = []
    if kinds:
        trust = max(_T["trust"].get(kind.partition("/")[0], 1.0) for kind in kinds)
        asked.append(Asked("event", kinds, "", _count(tokens), trust * _T["weights"]["event"]))
    if "both" in tokens:
        asked.append(Asked("both", kinds, "", 0.0, _T["weights"]["side"]))
    for direction, words in _T["directions"].items():
        if any(f" {word} " in f" {clause} " for word in words):
            asked.append(Asked("direction", kinds, direction, 0.0, _T["weights"]["direction"]))
            break
    for speed, words in _T["speeds"].items():
        if set(words) & set(tokens):
            asked.append(Asked("pace", kinds, speed, 0.0, _T["weights"]["speed"]))
    return asked


def _kinds(stems: list[str]) -> tuple[str, ...]:
    """The kinds of events that words name; of several phrases the longest wins."""
    # "raises the left arm" is said like "raise arm"
    line = f" {' '.join(stem for stem in stems if stem not in _FILLERS)} "
    best, found = 0, list[str]()
    for kind, phrases in _PHRASES.items():
        length = max((len(phrase.split()) for phrase in phrases if f" {phrase} " in line), default=0)
        if length > best:
            best, found = length, []
        if length and length == best:
            found.append(kind)
    return tuple(found)


def _count(tokens: list[str]) -> float:
    numbers: dict[str, int] = _T["numbers"]
    for place, token in enumerate(tokens):
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        number = numbers.get(token, int(token) if token.isdecimal() and len(token) < 3 else 0)
        if number and after not in _BODY_PARTS:
            return float(number)
    return 0.0


_FILLERS = frozenset({"the", "a", "an", "his", "her", "their", "both", *SIDE_WORDS})
_STEMS = Stems(
    (word for phrases in _T["events"].values() for phrase in phrases for word in phrase.split()),
    _T["irregular"],
)
_PHRASES = {
    kind: [" ".join(_STEMS.of(word) for word in phrase.split() if word not in _FILLERS) for phrase in phrases]
    for kind, phrases in _T["events"].items()
}


def _agrees(part: Asked, table: FacetTable) -> Values:
    by_what: dict[str, Callable[[Asked, FacetTable], Values]] = {
        "event": _event,
        "sides": _sides,
        "both": _both,
        "order": _order,
        "in_place": lambda _part, table: table.in_place,
        "direction": _direction,
        "pace": _pace,
        "speed": lambda part, table: _compared(part.word, part.value, table.speed_mps),
        "duration": lambda part, table: _compared(part.word, part.value, table.duration_s),
        "degrees": _degrees,
    }
    return by_what[part.what](part, table)


def _event(part: Asked, table: FacetTable) -> Values:
    events = table.events
    chosen = events.of(part.kinds)
    # that it happens counts, not how far beyond its limit
    sure = np.minimum(1.0, events.most(chosen, events.certainty) / _SURE)
    if not part.value:
        return sure
    done = events.sum(chosen, np.where(events.is_gait, 1.0, events.times))
    counted = 0.5 + 0.5 * np.maximum(0.0, 1.0 - np.abs(done - part.value) / part.value)
    countable = events.any(chosen & ~events.is_gait)  # nobody counts walks
    return np.where(countable, sure * counted, sure)


def _both(part: Asked, table: FacetTable) -> Values:
    """The share of both sides at once among the matching events."""
    events = table.events
    chosen = events.of(part.kinds)
    weight = events.certainty * events.times
    shares = {side: events.sum(chosen & events.of_side(side), weight) for side in (LEFT, RIGHT, BOTH)}
    whole = shares[LEFT] + shares[RIGHT] + shares[BOTH]
    otherwise = 0.5 if part.kinds else 0.0
    return np.where(whole > 0, shares[BOTH] / np.where(whole > 0, whole, 1.0), otherwise)


def _sides(part: Asked, table: FacetTable) -> Values:
    """How likely a motion, and not its mirrored one, does what is claimed of left and right."""
    odds = table.biases @ weights_of(part.claims, BIASES).astype(np.float32)
    likely: Values = 1.0 / (1.0 + np.exp(-odds.astype(np.float64)))
    return likely


def _order(part: Asked, table: FacetTable) -> Values:
    """1 where the first step happens before the second, 0 where after, one half where one is not found."""
    events = table.events
    middles = []
    for kinds, side in part.steps:
        chosen = events.of(kinds)
        middles.append(events.middle(chosen & events.of_side(side) if side else chosen))
    ahead: Values = 0.5 + 0.5 * np.nan_to_num(np.sign(middles[1] - middles[0]))
    return ahead


def _pace(part: Asked, table: FacetTable) -> Values:
    """How much faster or slower a clip goes than its gait usually does; one half where it goes nowhere."""
    ratio = table.speed_mps / table.usual_mps
    ahead = ratio - _FAST if part.word == "fast" else _SLOW - ratio
    graded = 1.0 / (1.0 + np.exp(-_GRADED * ahead))
    return np.where(table.speed_mps > 0, graded, 0.5)


def _degrees(part: Asked, table: FacetTable) -> Values:
    """The degrees turned to the asked side, or to the one that has more."""
    sides = {LEFT: table.turned_left_deg, RIGHT: table.turned_right_deg}
    most = np.maximum(*sides.values())
    return _compared(part.word, part.value, sides.get("".join(part.kinds), most))


def _direction(part: Asked, table: FacetTable) -> Values:
    wanted = (LEFT, RIGHT) if part.word == "sideways" else (part.word,)
    events = table.events
    mostly = np.array([way in wanted for way in table.direction], dtype=np.bool_)
    return (mostly | events.any(events.of(part.kinds) & events.going(wanted))).astype(np.float64)


def _compared(how: str, wanted: float, measured: Values) -> Values:
    """1 where the comparison holds; less the farther it is from holding, 0 from half as much again."""
    near = np.maximum(0.0, 1.0 - 2.0 * np.abs(measured - wanted) / max(wanted, 1e-6))
    if how == "more":
        return np.where(measured >= wanted, 1.0, near)
    if how == "less":
        return np.where(measured <= wanted, 1.0, near)
    return near

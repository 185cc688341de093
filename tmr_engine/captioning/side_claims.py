"""What a sentence says of left and right, and which measured numbers speak for it.

"turns left with the right hand up" claims two things: a turn to the left, and of the right hand that it is
high. `side_weights.json` holds what each kind of claim tells of the numbers of `facts.biases`: it was fitted
to captions of the training split (`tmr_engine.training.side_weights`), and nothing in it was set by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..motion.rotation import FloatArray
from .event import LEFT
from .rewrite import side_words, usual_spelling
from .stems import Stems

_T: dict[str, Any] = json.loads(Path(__file__).with_name("side_words.json").read_text(encoding="utf-8"))
WEIGHTS = Path(__file__).with_name("side_weights.json")
_CLAUSE_ENDS = re.compile(_T["clauses"])
_TOKEN = re.compile(r"[a-z'-]+")
_SIDE_OF: dict[str, str] = {word: side for side, words in _T["sides"].items() for word in words}
_PART_OF: dict[str, str] = {word: part for part, words in _T["parts"].items() for word in words}
_TABLES = (_T["parts"], _T["said"], _T["strikes"], _T["done"])
SIDE_WORDS = frozenset(_SIDE_OF)
_STEMS = Stems((word for table in _TABLES for words in table.values() for word in words), _T["irregular"])
_NEAR = 3  # words behind a side in which its part is looked for
_EARLY = 0.3  # share of the clauses that are the beginning
OTHER = "other"


@dataclass(frozen=True)
class SideClaim:
    """One side that a sentence names.

    Args:
        part: whose it is: a part of the body ("hand"), or what goes there ("turn", "look"); OTHER where the
            sentence does not tell.
        side: LEFT or RIGHT.
        said: of that part: "high", "ahead"; and of turns and hands "early" or "late" in the sentence.
    """

    part: str
    side: str
    said: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the claim is, from the general to the special: "hand", "hand high"."""
        return (self.part, *(f"{self.part} {said}" for said in self.said))


def side_claims(text: str) -> tuple[SideClaim, ...]:
    """Every side that a sentence names, in its order; none for "right now" or "he left the room"."""
    low = usual_spelling(text.lower())
    starts = set(side_words(low))
    clauses = list(_clauses(low))
    found: list[SideClaim] = []
    for number, (offset, clause) in enumerate(clauses):
        tokens = [(offset + match.start(), match.group()) for match in _TOKEN.finditer(clause)]
        words = [word for _, word in tokens]
        for place, (start, word) in enumerate(tokens):
            if start in starts and word in _SIDE_OF:
                found.append(_claim(words, place, number / len(clauses), found[-1:]))
    return tuple(found)


def weights_of(claims: Sequence[SideClaim], names: Sequence[str]) -> FloatArray:
    """(K,) weights of the numbers of `facts.biases`: their sum is the logarithm of the odds that a motion,
    and not its mirrored one, does what is claimed.

    Args:
        claims: of one sentence.
        names: of the K numbers.
    """
    weights = _weights(tuple(names))
    total = np.zeros(len(names))
    for kind, share in terms(claims).items():
        if kind in weights:
            total += share * weights[kind]
    return total


def terms(claims: Sequence[SideClaim]) -> dict[str, float]:
    """Kind of claim to how much it says, left positive; n claims together weigh sqrt(n)."""
    found: dict[str, float] = {}
    for claim in claims:
        sign = 1.0 if claim.side == LEFT else -1.0
        for kind in claim.kinds:
            found[kind] = found.get(kind, 0.0) + sign / np.sqrt(len(claims))
    return found


@cache
def _weights(names: tuple[str, ...]) -> dict[str, FloatArray]:
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {kind: np.array([row.get(name, 0.0) for name in names]) for kind, row in table.items()}


def _clauses(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for end in _CLAUSE_ENDS.finditer(text):
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def _claim(words: Sequence[str], place: int, progress: float, before: Sequence[SideClaim]) -> SideClaim:
    """What the word at `place` of a clause claims; `before`: the claim before it, if any."""
    stems = [_STEMS.of(word) for word in words]
    part = _part(words, stems, place, before)
    said: tuple[str, ...] = ()
    if part in _T["parts"]:
        around = {*stems[:place], *stems[place + 1 :]}
        said = tuple(name for name, told in _T["said"].items() if around.intersection(told))
    if part in ("turn", "hand"):
        said = (*said, "early" if progress < _EARLY else "late")
    return SideClaim(part, _SIDE_OF[words[place]], said)


def _part(words: Sequence[str], stems: Sequence[str], place: int, before: Sequence[SideClaim]) -> str:
    """Whose side a word is: that of a part of the body, else of what is done."""
    word, after = words[place], words[place + 1 : place + 1 + _NEAR]
    if word in _T["turning"]:
        return "turn"
    if word in _T["handed"] and not _is(stems[place + 1 : place + 2], "turn"):
        return "hand"
    for near in after:
        if _STEMS.of(near) in _PART_OF:
            return _PART_OF[_STEMS.of(near)]
        if near in _T["ends_part"] or near in _SIDE_OF:
            break
    last = before[0].part if before else ""
    owned = not set(words[max(0, place - 1) : place]).isdisjoint(_T["bare"])
    bare = owned and not after and "to" not in words[max(0, place - 2) : place]
    if last in _T["parts"] and (bare or after[:1] == _T["same_part"]):
        return last  # "raises the right, then the left"
    for part, blows in _T["strikes"].items():
        if set(stems[place + 1 : place + 2]) & set(blows):
            return str(part)
    return _done(words, stems, place) or (last if last in _T["done"] else OTHER)


def _done(words: Sequence[str], stems: Sequence[str], place: int) -> str:
    """What goes to the side at `place`: told by the verb before it, else by what follows; "" if untold."""
    if set(words) & set(_T["upper"]):
        return "upper"
    around = [*reversed(stems[:place]), *stems[place + 1 :]]
    if _is(around, "look"):
        return "look"
    if _is(stems[place + 1 : place + 2], "turn"):
        return "turn"
    for stem in around:
        for done in ("turn", "lean", "way", "swing"):
            if stem in _T["done"][done]:
                return done
    return "go" if _is(around, "go") else ""


def _is(stems: Sequence[str], done: str) -> bool:
    return not set(stems).isdisjoint(_T["done"][done])

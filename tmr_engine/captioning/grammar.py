"""Events to clauses and sentences, by the words of `grammar.json`: many ways to say each, drawn by a key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .event import BOTH, LEFT, RIGHT, Event
from .salience import GRAMMAR, entry, overlap_s

_VERB = re.compile(r"\[(\w+)\]")
_SLOT = re.compile(r"\{([^{}]+)\}")
_TIDY = re.compile(r"\s+(?=[ ,.]|$)")
_STEP_DEG = 45  # people tell turns in eighths
_NAMED_DEG = 20.0  # how far from an eighth a turn may be for its degrees to be told
# slot -> side of the event -> words
_SIDES_OF = {
    "side": {LEFT: "left", RIGHT: "right"},
    "other": {LEFT: "right", RIGHT: "left"},
    "the side": {LEFT: "the left side", RIGHT: "the right side", "": "the side"},
    "way": {LEFT: "to the left", RIGHT: "to the right"},
    "rotation": {LEFT: "counterclockwise", RIGHT: "clockwise"},
}
_ALWAYS = ("side", "other")  # entries with these have words of their own for a style without sides


@dataclass(frozen=True)
class Style:
    """How to say it.

    Args:
        imperative: "walk forward" in place of "a person walks forward".
        sides: whether left and right are told.
        details: whether directions, speeds, degrees and numbers are told.
        key: draws the phrasing; the same key says the same, on every machine.
    """

    imperative: bool = False
    sides: bool = True
    details: bool = True
    key: str = ""


def sentence(events: Sequence[Event], style: Style, natural_speed: float) -> str:
    """One sentence that tells of events in their order.

    Args:
        events: at least one, in order of time.
        style: how to say it.
        natural_speed: metres a second, what speeds are judged by (sqrt(g leg)).
    """
    words = _Words(style, natural_speed)
    text = words.clause(events[0])
    before = events[0]
    for number, event in enumerate(events[1:]):
        text = words.joined(text, before, event, last=number == len(events) - 2)
        before = event
    if style.imperative:
        return text
    return f"{pick(GRAMMAR['subjects'], style.key, 'subject')} {text}"


def pick(options: Sequence[Any], *key: object) -> Any:
    """One of the options, drawn by the key."""
    digest = hashlib.blake2b("\0".join(map(str, key)).encode(), digest_size=4).digest()
    return options[int.from_bytes(digest, "little") % len(options)]


class _Words:
    """Makes clauses in one style."""

    def __init__(self, style: Style, natural_speed: float) -> None:
        self.style = style
        self.natural_speed = natural_speed

    def clause(self, event: Event, *, gerund: bool = False) -> str:
        """The verb and what belongs to it, without a subject."""
        words = entry(event)
        ways = words["say"]
        if not self.style.sides:
            ways = words.get("sideless", ways)
        text = pick(ways, self.style.key, event.kind, event.detail, event.start_s)
        text = _SLOT.sub(lambda slot: self._filled(slot.group(1), event), text)
        text = _VERB.sub(lambda verb: self._verb(verb.group(1), gerund=gerund), text)
        return _TIDY.sub("", text)

    def joined(self, text: str, before: Event, event: Event, *, last: bool) -> str:
        """The text, which ends with `before`, and the next event with words for their order."""
        together = overlap_s(before, event) > 0.5 * min(before.duration_s, event.duration_s)
        ways = list(GRAMMAR["joins"]["and" if together else "then"])
        alone = text == self.clause(before)
        if last and alone and not together:
            ways += GRAMMAR["joins"]["before"] + GRAMMAR["joins"]["after"]
        way: str = pick(ways, self.style.key, "join", event.kind, event.start_s)
        filled = {
            "a": text,
            "A": self.clause(before, gerund=True) if "{A}" in way else "",
            "b": self.clause(event),
            "B": self.clause(event, gerund=True),
        }
        return _SLOT.sub(lambda slot: filled[slot.group(1)], way)

    def _verb(self, verb: str, *, gerund: bool) -> str:
        if gerund:
            regular = verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb
            return str(GRAMMAR["gerunds"].get(verb, f"{regular}ing"))
        if self.style.imperative:
            return verb
        if verb in GRAMMAR["thirds"]:
            return str(GRAMMAR["thirds"][verb])
        if verb.endswith(("s", "sh", "ch", "x")):
            return f"{verb}es"
        if verb.endswith("y") and verb[-2] not in "aeiou":
            return f"{verb[:-1]}ies"
        return f"{verb}s"

    def _filled(self, slot: str, event: Event) -> str:
        """The words of a slot; "" where there are none."""
        if "|" in slot:
            return slot.split("|")[event.side == BOTH]
        name, _, argument = slot.partition(":")
        if name == "limb":
            return self._limb(argument, event.side)
        if name == "count":
            return self._counted(argument, event)
        if name in _SIDES_OF:
            told = self.style.sides or name in _ALWAYS
            return _SIDES_OF[name].get(event.side if told else "", "")
        return self._detail(name, event) if self.style.details else ""

    def _detail(self, name: str, event: Event) -> str:
        if name == "times":
            times = GRAMMAR["times"]
            return str(times[event.count] if event.count < len(times) else GRAMMAR["many_times"])
        if name == "degrees":
            eighth = round(event.magnitude / _STEP_DEG) * _STEP_DEG
            return f"{eighth} degrees" if abs(event.magnitude - eighth) < _NAMED_DEG and eighth else ""
        if name == "speed":
            return self._speed(event)
        return self._direction(event)

    def _direction(self, event: Event) -> str:
        where, _, spot = event.detail.partition(" ")
        if where in (LEFT, RIGHT) and not self.style.sides:
            where = "sideways"
        if where == "side":
            where = "sideways"
        words = GRAMMAR["directions"].get(where)
        if words is None:
            return ""
        if spot:
            return str(pick(GRAMMAR["in_place"], self.style.key, event.start_s))
        if event.kind == "roll":
            return where
        return str(pick(words, self.style.key, "direction", event.start_s))

    def _speed(self, event: Event) -> str:
        for limit, words in GRAMMAR["speeds"][event.kind]:
            if event.magnitude / self.natural_speed < limit:
                return str(pick(words, self.style.key, "speed"))
        return ""

    def _limb(self, limb: str, side: str) -> str:
        if side == BOTH:
            return f"both {'feet' if limb == 'foot' else limb + 's'}"
        if side and self.style.sides:
            return f"the {side} {limb}"
        return f"one {limb}"

    def _counted(self, noun: str, event: Event) -> str:
        """ "a left kick", "two kicks", ..."""
        name = noun.removeprefix("side ")
        told = self.style.sides and event.side in (LEFT, RIGHT) and name != noun
        side = f"{event.side} " if told else ""
        if event.count == 1 or not self.style.details:
            article = "an" if (side + name)[0] in "aeiou" else "a"
            return f"{article} {side}{name}"
        numbers = GRAMMAR["numbers"]
        number = numbers[event.count] if event.count < len(numbers) else "many"
        return f"{number} {side}{name}s"

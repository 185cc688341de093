"""Which of many events a motion is about: what hides what, and how much each says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .event import Event

GRAMMAR: dict[str, Any] = json.loads(Path(__file__).with_name("grammar.json").read_text(encoding="utf-8"))
_GAITS = ("walk", "jog", "run", "sneak")
IDLE = "stand"
_PART_WITHIN = 0.6  # of its time: a part of what hides it
_CIRCLE_DEG, _AROUND_DEG, _CURVE_S = 300.0, (140.0, 230.0), 0.6


def entry(event: Event) -> dict[str, Any]:
    """The words for an event: those of its kind and detail, else those of its kind."""
    words: dict[str, dict[str, Any]] = GRAMMAR["events"]
    first_word = event.detail.split(" ")[0]
    for key in (f"{event.kind}/{event.detail}", f"{event.kind}/{first_word}", event.kind):
        if key in words:
            return words[key]
    # a kind whose details all have words of their own, with a detail that has none
    return next(found for key, found in words.items() if key.startswith(f"{event.kind}/"))


def weight(event: Event) -> float:
    """How much an event says about a motion, 0..1: its salience, less where its measure is near the limit."""
    salience: float = entry(event)["salience"]
    return salience * (0.4 + 0.6 * event.certainty)


def salient(events: Sequence[Event]) -> list[Event]:
    """The events that are worth words, in order of time: without parts of others, turns told apart."""
    shaped = [_shaped(event, events) for event in events]
    kept = [
        event
        for event in shaped
        if not any(_hides(other, event) for other in shaped if other is not event)
        and not (event.kind == IDLE and any(_interrupts(other, event) for other in shaped))
    ]
    return sorted(kept, key=lambda event: (event.start_s, event.end_s))


def overlap_s(event: Event, other: Event) -> float:
    """Seconds that two events have in common; below 0 where they are apart."""
    return min(event.end_s, other.end_s) - max(event.start_s, other.start_s)


def _interrupts(other: Event, idle: Event) -> bool:
    """Whether one who stands does something else meanwhile."""
    return other is not idle and overlap_s(other, idle) > 0.3 * idle.duration_s


def _hides(other: Event, event: Event) -> bool:
    words = entry(other)
    hidden = words.get("hides", ())
    if event.kind not in hidden and f"{event.kind}/{event.detail}" not in hidden:
        return False
    # the other arm does something else
    if event.side and other.side and "both" not in (event.side, other.side) and event.side != other.side:
        return False
    around = float(words.get("around_s", 0.0))
    wide = replace(other, start_s=other.start_s - around, end_s=other.end_s + around)
    return overlap_s(event, wide) > _PART_WITHIN * event.duration_s


def _shaped(event: Event, events: Sequence[Event]) -> Event:
    """A turn as turning around, as the curve of a gait or as a whole circle."""
    if event.kind != "turn":
        return event
    going = any(
        gait.kind in _GAITS and overlap_s(event, gait) > _CURVE_S * event.duration_s for gait in events
    )
    if event.magnitude > _CIRCLE_DEG:
        return replace(event, detail="circle")
    if going and event.duration_s > 1.0:
        return replace(event, detail="curve")
    around = _AROUND_DEG[0] < event.magnitude < _AROUND_DEG[1]
    return replace(event, detail="around") if around else event

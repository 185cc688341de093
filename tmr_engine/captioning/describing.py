"""A motion to sentences, best first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import Any

from ..canonical import smpl_joints
from ..motion import Motion
from .event import Event
from .facets import Facets, facets_of
from .facts import MotionFacts, measure
from .grammar import Style, sentence
from .salience import IDLE, salient, weight

_LONG_S = 10.0  # longer motions are told in parts
_PART_S = 6.0
_MOST_EVENTS = 4
# how a window is told, best first: number of events and style
_PLANS = (
    (3, Style()),
    (1, Style()),
    (2, Style()),
    (2, Style(imperative=True)),
    (1, Style(sides=False, details=False)),
    (1, Style(imperative=True, details=False)),
    (4, Style()),
    (3, Style(sides=False)),
    (1, Style(imperative=True, sides=False, details=False)),
)
_TRIES = 8  # phrasings of each plan before there are none left
_TOLD_LESS = 0.75  # what a sentence is worth that leaves out nearly all


@dataclass(frozen=True)
class Description:
    """A sentence about a motion.

    Args:
        text: lower case, without a full stop.
        confidence: 0..1: how surely it is true, and how much of what happens it tells.
        start_s, end_s: what it is about, seconds from the motion's first frame.
    """

    text: str
    confidence: float
    start_s: float
    end_s: float

    def as_row(self) -> dict[str, Any]:
        """The description as it is printed."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 3),
            "start": round(self.start_s, 3),
            "end": round(self.end_s, 3),
        }


def facts_of(motion: Motion) -> MotionFacts:
    """The measured facts of a motion of any human skeleton.

    Raises:
        RetargetError: the skeleton is no human's, or lacks a limb.
        FeatureError: the motion has fewer than two frames.
    """
    return measure(smpl_joints(motion), motion.fps)


def facets(motion: Motion) -> Facets:
    """What of a motion filters and weighs; errors as `facts_of`."""
    return facets_of(facts_of(motion))


def describe(motion: Motion, top: int = 5, seed: int = 0) -> list[Description]:
    """Sentences about a motion, best first; errors as `facts_of`.

    Args:
        motion: of any human skeleton.
        top: most sentences, all different.
        seed: draws other phrasings; the same seed says the same.
    """
    return describe_facts(facts_of(motion), top, seed)


def describe_facts(facts: MotionFacts, top: int = 5, seed: int = 0) -> list[Description]:
    """Sentences about measured facts, best first (see `describe`)."""
    events = salient(facts.events)
    windows = [(0.0, facts.duration_s, events)]
    if facts.duration_s > _LONG_S:
        windows += _parts(events, facts.duration_s)
    found: dict[str, Description] = {}
    tellers = [_told(*window, facts.natural_speed_mps, seed) for window in windows]
    while tellers and len(found) < top:
        for teller in list(tellers):
            told = next(teller, None)
            if told is None:
                tellers.remove(teller)
            elif told.text not in found:
                found[told.text] = told
    ranked = sorted(found.values(), key=lambda told: -told.confidence)
    return ranked[:top]


def _parts(events: Sequence[Event], duration_s: float) -> list[tuple[float, float, list[Event]]]:
    """A long motion in parts of about `_PART_S`, cut where no event is cut if that can be."""
    number = max(2, round(duration_s / _PART_S))
    inner = [_cut_near(events, duration_s * place / number, _PART_S / 3) for place in range(1, number)]
    cuts = [0.0, *inner, duration_s]
    parts = []
    for start, end in pairwise(cuts):
        inside = [
            replace(event, start_s=max(event.start_s, start), end_s=min(event.end_s, end))
            for event in events
            if min(event.end_s, end) - max(event.start_s, start) > 0.5 * min(event.duration_s, end - start)
        ]
        if inside:
            parts.append((start, end, inside))
    return parts


def _cut_near(events: Sequence[Event], time_s: float, reach_s: float) -> float:
    """The start of an event near a time; the time itself where none is near."""
    near = [event.start_s for event in events if abs(event.start_s - time_s) < reach_s]
    return min(near, key=lambda start: abs(start - time_s), default=time_s)


def _told(
    start_s: float, end_s: float, events: Sequence[Event], natural_speed: float, seed: int
) -> Iterator[Description]:
    """Sentences about a window, until there are no new ones."""
    if not events:
        events = [Event(IDLE, start_s, end_s, certainty=0.3)]
    ranked = sorted(events, key=lambda event: -_worth(event, end_s - start_s))
    whole = sum(_worth(event, end_s - start_s) for event in ranked[:_MOST_EVENTS])
    said: set[str] = set()
    for attempt in count():
        fresh = False
        for plan, (number, style) in enumerate(_PLANS):
            chosen = sorted(ranked[:number], key=lambda event: event.start_s)
            if number > len(ranked) and number > 1:
                continue
            text = sentence(chosen, replace(style, key=f"{seed} {attempt} {plan} {start_s}"), natural_speed)
            if text in said:
                continue
            said.add(text)
            fresh = True
            share = sum(_worth(event, end_s - start_s) for event in chosen) / whole
            sure = sum(event.certainty for event in chosen) / len(chosen)
            told = sure * (_TOLD_LESS + (1 - _TOLD_LESS) * share) * (1.0 if style.sides else 0.95)
            yield Description(text, told, start_s, end_s)
        if not fresh and attempt >= _TRIES:
            return


def _worth(event: Event, duration_s: float) -> float:
    """How much an event matters in a window: what lasts counts up to twice as much as what is passing."""
    return weight(event) * (1.0 + min(1.0, event.duration_s / max(duration_s, 1e-3)))

"""Fast hands: punches, throws, and strikes as with a weapon."""

from __future__ import annotations

import numpy as np

from ...motion.rotation import FloatArray
from ..event import BOTH, SIDES, Event
from .arms import from_shoulders
from .body import RATE, Body, frames_of
from .limits import certainty, limits
from .spans import Span, above, rate

_L = limits("strikes")
_LEFT, _UP, _FORWARD = 0, 1, 2


def strikes(body: Body) -> list[Event]:
    """Punches (detail: straight, hook, uppercut), throws, and strikes (detail: way of the hand).

    Magnitude: the hand's highest speed past the shoulder, metres a second.
    """
    hands = from_shoulders(body)
    found = []
    for side in (0, 1):
        velocity = rate(hands[:, side], RATE)
        for span in above(np.linalg.norm(velocity, axis=-1), _L["straight_fast"], _L["keep"]):
            event = _event(body, side, hands[:, side], velocity, span)
            if event is not None:
                found.append(event)
    return _both_hands(found)


def _event(body: Body, side: int, hand: FloatArray, velocity: FloatArray, span: Span) -> Event | None:
    speed = np.linalg.norm(velocity[span.frames], axis=-1)
    fastest = int(np.argmax(speed))
    stroke = Span(span.first + fastest, span.last)
    way = velocity[stroke.first] / speed[fastest]
    inward = -way[_LEFT] if side == 0 else way[_LEFT]
    lengthened = float(np.linalg.norm(hand[span.last]) - np.linalg.norm(hand[span.first]))
    kind, detail = _kind(hand, np.array([inward, way[_UP], way[_FORWARD]]), stroke, lengthened)
    # a straight blow is short and stopped early; what goes round has a longer way to get fast
    limit = _L["straight_fast"] if detail == "straight" else _L["fast"]
    if not kind or speed[fastest] < limit:
        return None
    sure = certainty(float(speed[fastest]), limit, 1.6 * limit)
    top = float(speed[fastest]) * body.arm
    return Event(kind, *body.seconds(span), SIDES[side], detail, top, certainty=sure)


def _kind(hand: FloatArray, way: FloatArray, stroke: Span, lengthened: float) -> tuple[str, str]:
    """What a fast hand does; ("", "") where it only returns.

    Args:
        hand: (T, 3) from the shoulder, in arms.
        way: where it goes at its fastest: inward, up, forward.
        stroke: from its fastest to its rest.
        lengthened: how much farther from the shoulder it ends than it began.
    """
    at, end = hand[stroke.first], hand[stroke.last]
    inward, up, forward = way
    returns = forward < -_L["straight"] or (lengthened < -_L["lengthened"] and up < _L["straight"])
    level = abs(end[_UP]) < _L["punch_level"] and end[_FORWARD] > _L["punch_ahead"]
    blow = level and lengthened > _L["lengthened"] and float(np.linalg.norm(end)) > _L["reached"]
    bent = level and float(np.linalg.norm(end)) < _L["bent"]
    before = at[_FORWARD] > 0
    tried = (
        ("punch", "straight", blow and forward > _L["straight"]),
        ("throw", "", at[_UP] > _L["throw_height"] and forward > _L["throw_way"]),
        ("", "", returns),
        ("punch", "hook", bent and inward > _L["hook"]),
        ("punch", "uppercut", bent and up > _L["hook"]),
        ("strike", "down", before and up < -_L["hook"]),
        ("strike", "across", before and abs(inward) > _L["hook"]),
    )
    return next(((kind, detail) for kind, detail, holds in tried if holds), ("", ""))


def _both_hands(found: list[Event]) -> list[Event]:
    """The same done by both hands at once is one event."""
    events: list[Event] = []
    for event in sorted(found, key=lambda event: event.start_s):
        twin = next(
            (
                number
                for number, other in enumerate(events)
                if other.kind == event.kind
                and other.side not in (event.side, BOTH)
                and abs(other.start_s - event.start_s) < frames_of(_L["together_s"]) / RATE
            ),
            None,
        )
        if twin is None:
            events.append(event)
            continue
        other = events[twin]
        end, top = max(event.end_s, other.end_s), max(event.magnitude, other.magnitude)
        sure = max(event.certainty, other.certainty)
        events[twin] = Event(event.kind, other.start_s, end, BOTH, other.detail, top, certainty=sure)
    return events

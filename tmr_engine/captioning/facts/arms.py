"""What arms do by themselves: raised, held out, waved, swung in circles."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ...motion.rotation import FloatArray
from ..event import BOTH, SIDES, Event
from .body import ELBOWS, RATE, SHOULDERS, WRISTS, Body, frames_of
from .limits import certainty, limits
from .rhythm import turning_points
from .spans import Span, above, spans

_L = limits("arms")


def arms(body: Body) -> list[Event]:
    """Raises (detail: height), arms out to the sides, waves (count: swings) and circles (count: rounds)."""
    hands = from_shoulders(body)
    return [*_raises(body, hands), *_held_out(body, hands), *_waves(body, hands), *_circles(body, hands)]


def from_shoulders(body: Body) -> FloatArray:
    """(T, 2, 3) wrists seen from their shoulders: to the left, up and forward, as shares of the arm."""
    hands: FloatArray = (body.local[:, list(WRISTS)] - body.local[:, list(SHOULDERS)]) / body.arm
    return hands


def _raises(body: Body, hands: FloatArray) -> list[Event]:
    upright = body.trunk[:, 1] > _L["upright"]
    found: list[list[tuple[Span, str, float]]] = [[], []]
    for side in (0, 1):
        up = hands[:, side, 1]
        away = np.hypot(hands[:, side, 0], hands[:, side, 2])
        # a hand at chest height is a raised arm only when it is stretched out; higher, always
        measure = np.where(upright & ((up > _L["head"]) | (away > _L["stretched"])), up, -1.0)
        for span in above(measure, _L["chest"], _L["keep"], frames_of(_L["least_s"]), frames_of(_L["gap_s"])):
            top = float(measure[span.frames].max())
            level = "overhead" if top > _L["overhead"] else "head" if top > _L["head"] else "chest"
            found[side].append((span, level, top))
    return _of_sides(body, found)


def _of_sides(body: Body, found: list[list[tuple[Span, str, float]]]) -> list[Event]:
    """One event for what both arms do at the same time and to the same height."""
    left, right = found
    events = []
    for span, level, top in list(left):
        for other in right:
            common = span.overlap(other[0])
            if other[1] == level and common > 0.6 * max(len(span), len(other[0])):
                left.remove((span, level, top))
                right.remove(other)
                whole = Span(min(span.first, other[0].first), max(span.last, other[0].last))
                events.append(_raise(body, whole, BOTH, level, min(top, other[2])))
                break
    for side, name in enumerate(SIDES):
        events += [_raise(body, span, name, level, top) for span, level, top in found[side]]
    return events


def _raise(body: Body, span: Span, side: str, level: str, top: float) -> Event:
    limit = _L[level]
    sure = certainty(top, limit, limit + _L["sure"])
    return Event("raise_arm", *body.seconds(span), side, level, top, certainty=sure)


def _held_out(body: Body, hands: FloatArray) -> list[Event]:
    outward = np.minimum(hands[:, 0, 0], -hands[:, 1, 0])
    level = np.abs(hands[..., 1]).max(axis=1) < _L["level"]
    held = spans(level & (outward > _L["outward"]), frames_of(_L["held_s"]), frames_of(_L["gap_s"]))
    return [Event("arms_out", *body.seconds(span), BOTH, magnitude=1.0, certainty=0.9) for span in held]


def _waves(body: Body, hands: FloatArray) -> list[Event]:
    """A hand above its elbow that goes to and fro sideways several times."""
    events = []
    for side, name in enumerate(SIDES):
        forearm = (body.local[:, WRISTS[side]] - body.local[:, ELBOWS[side]]) / body.arm
        raised = (forearm[:, 1] > _L["wave_forearm"]) & (hands[:, side, 1] > _L["wave_height"])
        for span in spans(raised, frames_of(_L["wave_s"]), frames_of(_L["gap_s"])):
            swings = turning_points(forearm[span.frames, 0], _L["wave_width"])
            times = np.diff(swings) / RATE
            if len(swings) < _L["wave_swings"] or np.median(times) > _L["wave_slowest_s"]:
                continue
            part = Span(span.first + swings[0], span.first + swings[-1])
            sure = certainty(len(swings), _L["wave_swings"], _L["wave_sure_swings"])
            events.append(Event("wave", *body.seconds(part), name, count=len(swings), certainty=sure))
    return events


def _circles(body: Body, hands: FloatArray) -> list[Event]:
    """A stretched arm that goes round beside the body."""
    found = []
    for side, name in enumerate(SIDES):
        wide = np.hypot(hands[:, side, 1], hands[:, side, 2]) > _L["circle_radius"]
        for span in spans(wide, frames_of(_L["least_s"]), frames_of(_L["circle_gap_s"])):
            angle = np.unwrap(np.arctan2(hands[span.frames, side, 1], hands[span.frames, side, 2]))
            ends = [0, *turning_points(angle, _L["circle_back"]), len(angle) - 1]
            for first, last in pairwise(ends):
                turned = float(np.degrees(angle[last] - angle[first]))
                if abs(turned) > _L["circle_deg"]:
                    part = Span(span.first + first, span.first + last)
                    detail = "backward" if turned > 0 else "forward"
                    count = max(1, round(abs(turned) / 360))
                    found.append(
                        Event("arm_circle", *body.seconds(part), name, detail, abs(turned), count, 0.9)
                    )
    return _together(found)


def _together(found: list[Event]) -> list[Event]:
    """Circles of both arms at the same time as one event."""
    left = [event for event in found if event.side == SIDES[0]]
    right = [event for event in found if event.side == SIDES[1]]
    events = []
    for one in left:
        other = next((event for event in right if _share(one, event) > 0.5), None)
        if other is None:
            events.append(one)
            continue
        right.remove(other)
        detail = one.detail if one.detail == other.detail else ""
        start, end = min(one.start_s, other.start_s), max(one.end_s, other.end_s)
        events.append(Event("arm_circle", start, end, BOTH, detail, one.magnitude, one.count, 0.95))
    return [*events, *right]


def _share(one: Event, other: Event) -> float:
    common = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return common / max(one.duration_s, other.duration_s, 1e-6)

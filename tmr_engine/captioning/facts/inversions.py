"""Upside down: flips, cartwheels and rolls."""

from __future__ import annotations

from ..event import LEFT, RIGHT, Event
from .body import NECK, PELVIS, WRISTS, Body, frames_of
from .limits import certainty, limits
from .spans import Span, above

_L = limits("inversions")


def inversions(body: Body) -> list[Event]:
    """Flips (in the air), cartwheels (over the hands) and rolls (over the back), with the way they go."""
    events = []
    down = -body.trunk[:, 1]
    for span in above(down, _L["inverted"], _L["tilted"], gap=frames_of(_L["gap_s"])):
        side, detail = _way(body, span)
        low = float(body.heights[span.frames][:, PELVIS].min()) < _L["rolling_hips"] * body.leg
        on_hands = body.heights[span.frames][:, list(WRISTS)].min() < _L["hand_on_ground"] * body.stature
        if low:
            kind = "roll"
        elif on_hands and detail == "side":
            kind = "cartwheel"
        else:
            kind = "handspring" if on_hands else "flip"
        sure = certainty(float(down[span.frames].max()), _L["inverted"], _L["sure"])
        events.append(Event(kind, *body.seconds(span), side, detail, certainty=sure))
    return events


def _way(body: Body, span: Span) -> tuple[str, str]:
    """Side and direction in which the head goes down."""
    before = max(0, span.first - 1)
    left, _, forward = body.facing(body.joints - body.joints[:, PELVIS][:, None])[before, NECK]
    if abs(left) > abs(forward):
        return (LEFT if left > 0 else RIGHT), "side"
    return "", "forward" if forward > 0 else "backward"

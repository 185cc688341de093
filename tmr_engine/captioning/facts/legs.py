"""What legs do in the air: kicks, leg raises and knee raises."""

from __future__ import annotations

import numpy as np

from ...motion.rotation import FloatArray
from ..event import SIDES, Event
from .body import ANKLES, HIPS, KNEES, RATE, Body, frames_of
from .limits import certainty, limits
from .spans import Span, above, rate

_L = limits("legs")


def legs(body: Body) -> list[Event]:
    """Kicks, leg raises (detail: direction; magnitude: metres of the foot above the ground), knee raises."""
    found = []
    upright = body.trunk[:, 1] > _L["upright"]
    for side in (0, 1):
        height = np.where(upright, body.heights[:, ANKLES[side]], 0.0) / body.leg
        foot = (body.local[:, ANKLES[side]] - body.local[:, HIPS[side]]) / body.leg
        stretched = np.linalg.norm(foot, axis=-1)
        away = np.hypot(foot[:, 0], foot[:, 2])
        # the other foot carries the body, or pushed off shortly before
        carried = body.hips_height > _L["hips"]
        measure = np.where((away > _L["away"]) & (stretched > _L["stretched"]) & carried, height, 0.0)
        for span in above(measure, _L["height"], _L["keep"], gap=frames_of(_L["gap_s"])):
            found.append(_leg_event(body, span, side, measure, foot))
        found += _knee_raises(body, side, measure, upright & carried)
    return found


def _leg_event(body: Body, span: Span, side: int, height: FloatArray, foot: FloatArray) -> Event:
    peak = span.first + int(np.argmax(height[span.frames]))
    left, _, forward = foot[peak]
    direction = "side" if abs(left) > abs(forward) else "forward" if forward > 0 else "backward"
    around = Span(max(0, span.first - frames_of(_L["swing_s"])), span.last)
    speed = np.linalg.norm(rate(foot[around.frames], RATE), axis=-1)
    fastest = float(speed.max())
    start, end = body.seconds(around)
    top = float(height[peak])
    if fastest > _L["kick_speed"] and direction != "backward":
        sure = certainty(fastest, _L["kick_speed"], _L["sure_speed"])
        return Event("kick", start, end, SIDES[side], direction, top * body.leg, certainty=sure)
    sure = certainty(top, _L["height"], _L["sure_height"])
    return Event("raise_leg", start, end, SIDES[side], direction, top * body.leg, certainty=sure)


def _knee_raises(body: Body, side: int, kicking: FloatArray, free: np.ndarray) -> list[Event]:
    """A knee at the height of the hips with the foot hanging below."""
    thigh = body.local[:, KNEES[side], 1] - body.local[:, HIPS[side], 1]
    # both knees that high is a tucked jump or a seat, not a raise
    other = body.local[:, KNEES[1 - side], 1] - body.local[:, HIPS[1 - side], 1]
    alone = other < -_L["other_thigh"] * body.leg
    measure = np.where(free & alone, thigh / body.leg, -1.0)
    events = []
    for span in above(measure, _L["knee_height"], _L["knee_keep"], frames_of(_L["knee_s"])):
        if kicking[span.frames].max() > _L["height"]:
            continue
        top = float(measure[span.frames].max())
        sure = certainty(top, _L["knee_height"], _L["knee_sure"])
        events.append(Event("raise_knee", *body.seconds(span), SIDES[side], magnitude=top, certainty=sure))
    return events

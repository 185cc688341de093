"""Turns about the vertical: how far, which way, and whether on the spot or along a curve."""

from __future__ import annotations

import numpy as np

from ...motion.rotation import FloatArray
from ..event import LEFT, RIGHT, Event
from .body import ANKLES, RATE, TOES, Body, frames_of
from .limits import certainty, limits
from .spans import above, rate, smooth

_L = limits("turning")


def turns(body: Body) -> list[Event]:
    """Turns (magnitude: degrees) and spins (magnitude: degrees, count: whole turns) to the left or right."""
    feet = _feet_yaw(body)
    slow = smooth(body.heading, frames_of(_L["smoothing_s"]))
    speed = np.degrees(rate(slow, RATE))
    found = []
    for side, signed in ((LEFT, speed), (RIGHT, -speed)):
        for span in above(signed, _L["start_deg_s"], _L["keep_deg_s"], gap=frames_of(_L["pause_s"])):
            # smoothing spreads a quick turn over its ends, so the angle is read off the slow heading
            degrees = abs(float(np.degrees(slow[span.last] - slow[span.first])))
            if degrees < _L["least_deg"]:
                continue
            stepped = abs(float(np.degrees(feet[span.last] - feet[span.first])))
            if degrees < _L["twist_deg"] and stepped < _L["feet_share"] * degrees:
                continue
            start, end = body.seconds(span)
            quick = degrees / (end - start) > _L["spin_deg_s"]
            spin = degrees >= _L["spin_deg"] and quick
            found.append(
                Event(
                    "spin" if spin else "turn",
                    start,
                    end,
                    side=side,
                    magnitude=degrees,
                    count=max(1, round(degrees / 360)) if spin else 1,
                    certainty=certainty(degrees, _L["least_deg"], _L["sure_deg"]),
                )
            )
    return found


def net_turn(body: Body) -> float:
    """Degrees between the first facing and the last, left positive, whole turns counted."""
    return float(np.degrees(body.heading[-1] - body.heading[0]))


def _feet_yaw(body: Body) -> FloatArray:
    """(T,) radians that both feet point to: who only twists the body leaves them where they are."""
    ahead = body.joints[:, list(TOES)] - body.joints[:, list(ANKLES)]
    flat = ahead[..., [0, 2]] / np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-9)
    both = smooth(flat.sum(axis=1), frames_of(_L["smoothing_s"]))
    yaw: FloatArray = np.unwrap(np.arctan2(both[:, 0], both[:, 1]))
    return yaw

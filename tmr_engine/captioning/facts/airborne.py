"""Both feet off the ground: jumps, leaps and hops. A stride of a run is none of them."""

from __future__ import annotations

import numpy as np

from ..event import LEFT, RIGHT, Event
from .body import PELVIS, RATE, Body, frames_of
from .limits import certainty, limits
from .spans import Span

_L = limits("airborne")
_Feet = tuple[bool, bool]


def jumps(body: Body) -> list[Event]:
    """Jumps with both feet, leaps from foot to foot, hops on one foot.

    Magnitude: metres that the hips rise. Detail: "up", or the direction.
    """
    found = []
    for span in body.flights:
        rise = _rise(body, span)
        before, after = _feet(body, span.first, -1), _feet(body, span.last, 1)
        kind, side = _kind(before, after, len(span) / RATE)
        if not kind or rise < _L["least_rise"] * body.leg:
            continue
        start, end = body.seconds(span)
        found.append(
            Event(
                kind,
                start,
                end,
                side=side,
                detail=_direction(body, span),
                magnitude=rise,
                certainty=certainty(rise / body.leg, _L["least_rise"], _L["sure_rise"]),
            )
        )
    return found


def _rise(body: Body, span: Span) -> float:
    """Metres from the hips' height at take-off or landing, the lower one, to the highest."""
    height = body.joints[:, PELVIS, 1]
    ends = min(height[max(span.first - 1, 0)], height[min(span.last + 1, len(body) - 1)])
    return float(height[span.frames].max() - ends)


def _feet(body: Body, frame: int, step: int) -> _Feet | None:
    """Which feet touch the ground on one side of a flight, within the time two feet need for one jump.

    None where the motion begins or ends in the air.
    """
    reach = frames_of(_L["together_s"])
    near = sorted((frame + step, frame + step * reach))
    window = body.lifted[max(near[0], 0) : near[1] + 1]
    if len(window) == 0:
        return None
    down = ~window
    return bool(down[:, 0].any()), bool(down[:, 1].any())


def _kind(before: _Feet | None, after: _Feet | None, seconds: float) -> tuple[str, str]:
    """Kind and side of a flight by the feet that push off and those that land; "" for a running stride."""
    known = [feet for feet in (before, after) if feet is not None]
    together = [all(feet) for feet in known]
    if known and (all(together) or (any(together) and seconds > _L["leap_s"])):
        return "jump", ""
    if before is not None and before == after and any(before):
        return "hop", LEFT if before[0] else RIGHT
    return ("leap", "") if seconds > _L["leap_s"] else ("", "")


def _direction(body: Body, span: Span) -> str:
    """ "up", or where the hips go while in the air, as the body faces."""
    way = body.facing(np.broadcast_to(body.joints[span.last] - body.joints[span.first], body.joints.shape))
    left, _, forward = way[span.first, PELVIS]
    if np.hypot(left, forward) < _L["on_the_spot"] * body.leg:
        return "up"
    if abs(forward) >= abs(left):
        return "forward" if forward > 0 else "backward"
    return "left" if left > 0 else "right"

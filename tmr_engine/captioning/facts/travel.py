"""Going somewhere on foot, on all fours or on the belly: how fast, and where to as the body faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...motion.rotation import FloatArray
from ..event import Event
from .body import ANKLES, PELVIS, RATE, Body, frames_of
from .limits import certainty, limits
from .spans import Span, above, rate, smooth, spans

_L = limits("travel")
_DIRECTIONS = ("forward", "left", "backward", "right")


def travel(body: Body, postures: list[Event], airborne: list[Event]) -> list[Event]:
    """Walks, jogs, runs, sneaks and crawls (magnitude: metres a second, detail: direction, count: steps).

    Args:
        body: what moves.
        postures: its postures; who lies or is on all fours and gets on, crawls.
        airborne: its jumps, by which one may get on as well.
    """
    velocity, real = _velocity(body)
    speed = np.linalg.norm(velocity, axis=-1)
    unit = body.natural_speed
    found = []
    pause, shortest = frames_of(_L["pause_s"]), frames_of(_L["least_s"])
    for moving in above(speed / unit, _L["start"], _L["keep"], shortest, pause):
        for span, direction in _by_direction(velocity, moving):
            event = _event(body, span, speed, direction, real)
            if event is not None and not _by_jumps(event, airborne):
                found.append(_as_posture(event, postures))
    return found


def path_length(body: Body) -> float:
    """Metres that the hips go over the ground, without the sway of the gait."""
    slow = smooth(body.joints[:, PELVIS][:, [0, 2]], frames_of(_L["smoothing_s"]))
    return float(np.linalg.norm(np.diff(slow, axis=0), axis=-1).sum())


def _velocity(body: Body) -> tuple[FloatArray, FloatArray]:
    """(T, 2) metres a second to the left and forward, and (T,) the speed at which the hips really get on.

    Game clips often walk on the spot: the foot on the ground slides back under the body. There, the body goes
    as fast over its foot as it would over the ground.
    """
    frames = frames_of(_L["smoothing_s"])
    hips = smooth(rate(body.joints[:, PELVIS], RATE), frames)
    lower = np.argmin(body.soles, axis=1)
    foot = np.where((lower == 0)[:, None], body.velocity[:, ANKLES[0]], body.velocity[:, ANKLES[1]])
    carried = 1.0 - (body.lifted[:, 0] & body.lifted[:, 1])
    stride = frames_of(_L["treadmill_smoothing_s"])
    contact = np.maximum(smooth(carried, stride), _L["least_contact"])
    foot = smooth(foot * carried[:, None], stride) / contact[:, None]
    real = np.linalg.norm(hips[:, [0, 2]], axis=-1)
    sliding = np.linalg.norm(foot[:, [0, 2]], axis=-1)
    treadmill = (real < _L["keep"] * body.natural_speed) & (sliding > _L["sliding"] * body.natural_speed)
    chosen = np.where(treadmill[:, None], hips - foot, hips)
    return body.facing(chosen)[:, [0, 2]], real


def _by_direction(velocity: FloatArray, moving: Span) -> list[tuple[Span, str]]:
    """A stretch of movement cut where it changes its direction for long enough."""
    slow = smooth(velocity, frames_of(_L["direction_s"]))[moving.frames]
    quarter = np.round(np.arctan2(slow[:, 0], slow[:, 1]) / (np.pi / 2)).astype(int) % 4
    shortest = frames_of(_L["least_s"])
    parts: list[tuple[Span, str]] = []
    for number, name in enumerate(_DIRECTIONS):
        for span in spans(quarter == number, shortest, gap=frames_of(_L["swerve_s"])):
            parts.append((Span(span.first + moving.first, span.last + moving.first), name))
    return sorted(parts)


def _event(body: Body, span: Span, speed: FloatArray, direction: str, real: FloatArray) -> Event | None:
    mean = float(speed[span.frames].mean())
    start, end = body.seconds(span)
    if mean * (end - start) < _L["least_way"] * body.leg:
        return None
    steps = sum(
        1 for foot in (0, 1) for lift in spans(body.lifted[:, foot], 2) if lift.overlap(span) > len(lift) / 2
    )
    froude = mean / body.natural_speed
    flights = sum(1 for flight in body.flights if flight.overlap(span))
    runs = froude > _L["run"] or (flights >= _L["flights_a_second"] * (end - start) and froude > _L["jog"])
    kind = "walk"
    if runs:
        kind = "run" if froude > _L["fast_run"] else "jog"
    elif _sneaks(body, span, froude):
        kind = "sneak"
    spot = float(real[span.frames].mean()) < _L["in_place"] * mean
    return Event(
        kind,
        start,
        end,
        side="",
        detail=f"{direction} in place" if spot else direction,
        magnitude=mean,
        count=max(1, steps),
        certainty=certainty(froude, _L["keep"], _L["sure"]) if steps else 0.4,
    )


def _sneaks(body: Body, span: Span, froude: float) -> bool:
    """Whether the knees stay bent, or, in a slow gait, a little bent below a trunk that leans."""
    hips = float(np.median(body.hips_height[span.frames]))
    leaning = float(np.median(body.trunk[span.frames, 1])) < _L["leaning"]
    slowly = froude < _L["slow"] and leaning and hips < _L["leaning_hips"]
    return slowly or (froude < _L["quick_sneak"] and hips < _L["bent_hips"])


def _by_jumps(event: Event, airborne: list[Event]) -> bool:
    """Whether one gets on by jumping: most steps of the stretch are flights of jumps."""
    flown = sum(jump.duration_s for jump in airborne if _share(event, jump) > 0.5)
    jumped = sum(1 for jump in airborne if _share(event, jump) > 0.5)
    return jumped * 2 >= event.count or flown > 0.4 * event.duration_s


def _share(event: Event, other: Event) -> float:
    """Of the other event's time, the share within the event."""
    common = min(event.end_s, other.end_s) - max(event.start_s, other.start_s)
    return common / max(other.duration_s, 1e-6)


def _as_posture(event: Event, postures: list[Event]) -> Event:
    for posture in postures:
        common = min(event.end_s, posture.end_s) - max(event.start_s, posture.start_s)
        if posture.kind in ("all_fours", "lie") and common > 0.5 * event.duration_s:
            return replace(event, kind="crawl")
    return event

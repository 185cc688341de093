"""All facts of a motion at once."""

from __future__ import annotations

from dataclasses import dataclass

from ...motion.rotation import FloatArray
from ..event import Event
from .airborne import jumps
from .arms import arms
from .biases import biases
from .body import Body
from .contacts import contacts
from .inversions import inversions
from .legs import legs
from .limits import limits
from .posture import postures
from .rhythm import repeated
from .strikes import strikes
from .travel import path_length, travel
from .turning import net_turn, turns

_L = limits("measure")
_HEAD_OVER_HEELS = ("flip", "roll", "cartwheel", "handspring")
# what stays true upside down
_ALSO_UPSIDE_DOWN = ("clap", "hands_together", "walk", "jog", "run", "lie")


@dataclass(frozen=True)
class MotionFacts:
    """What was measured of a motion.

    Args:
        duration_s: seconds.
        travelled_m: metres of the hips' way over the ground.
        displaced_m: metres from where the hips start to where they end, over the ground.
        net_turn_deg: degrees from the first facing to the last, left positive, whole turns counted.
        stature_m: about how tall the body is.
        natural_speed_mps: sqrt(g leg), what the speeds of bodies of all sizes are judged by.
        biases: which side does more (`biases`).
        events: in order of time; what repeats without a pause is one event with a count.
    """

    duration_s: float
    travelled_m: float
    displaced_m: float
    net_turn_deg: float
    stature_m: float
    natural_speed_mps: float
    biases: dict[str, float]
    events: tuple[Event, ...]


def measure(joints: FloatArray, fps: float) -> MotionFacts:
    """The facts of a motion.

    Args:
        joints: (T, 22, 3) metres, Y up, in SMPL's order (`canonical.smpl_joints` makes them); any heading.
        fps: frames a second.

    Raises:
        FeatureError: the array has another shape, fewer than two frames, or values that are not finite.
    """
    body = Body.of(joints, fps)
    airborne = jumps(body)
    held = postures(body)
    gaits = travel(body, held, airborne)
    events = [
        *airborne,
        *held,
        *gaits,
        *turns(body),
        *inversions(body),
        *arms(body),
        *contacts(body),
        *strikes(body),
        *_beside_gaits(legs(body), gaits, body),
    ]
    events = _upright_or_upside_down(events)
    hips = body.joints[:, 0][:, [0, 2]]
    way = hips[-1] - hips[0]
    return MotionFacts(
        duration_s=body.duration_s,
        travelled_m=path_length(body),
        displaced_m=float((way @ way) ** 0.5),
        net_turn_deg=net_turn(body),
        stature_m=body.stature,
        natural_speed_mps=body.natural_speed,
        biases=biases(body),
        events=tuple(repeated(events, _L["pause_s"])),
    )


def _beside_gaits(found: list[Event], gaits: list[Event], body: Body) -> list[Event]:
    """Leg events without the strides of gaits: while one goes, only what is high is a kick or a raise."""
    return [
        event
        for event in found
        if event.magnitude > _L["high_stride"] * body.leg
        or not any(gait.count >= _L["steps"] and _within(event, gait) for gait in gaits)
    ]


def _within(event: Event, other: Event) -> bool:
    common = min(event.end_s, other.end_s) - max(event.start_s, other.start_s)
    return common > 0.5 * event.duration_s


def _upright_or_upside_down(events: list[Event]) -> list[Event]:
    """Without what only seems so while the body goes head over heels, or seems a roll while it lies."""
    lying = [event for event in events if event.kind == "lie"]
    upside = [
        event
        for event in events
        if event.kind in _HEAD_OVER_HEELS and not any(_meet(event, lie) for lie in lying)
    ]
    return [
        event
        for event in events
        if event in upside
        or (event.kind not in _HEAD_OVER_HEELS and not any(_meet(event, over) for over in upside))
        or event.kind in _ALSO_UPSIDE_DOWN
    ]


def _meet(event: Event, other: Event) -> bool:
    common = min(event.end_s, other.end_s) - max(event.start_s, other.start_s)
    return common > 0.3 * min(event.duration_s, other.duration_s)

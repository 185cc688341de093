"""Hands: what they reach for, and what of the body they touch."""

from __future__ import annotations

import numpy as np

from ...motion.rotation import FloatArray
from ..event import BOTH, LEFT, RIGHT, SIDES, Event
from .arms import from_shoulders
from .body import ELBOWS, HEAD, HIPS, KNEES, RATE, WRISTS, Body, frames_of
from .limits import certainty, limits
from .rhythm import turning_points
from .spans import Mask, Span, rate, spans

_L = limits("contacts")


def contacts(body: Body) -> list[Event]:
    """Claps, hands together, hands to head or hips, elbow to knee, and reaches (detail: where to)."""
    hands = _hand_points(body)
    return [
        *_claps(body, hands),
        *_touches(body, hands),
        *_elbows_to_knees(body),
        *_reaches(body),
    ]


def _hand_points(body: Body) -> FloatArray:
    """(T, 2, 3) the middles of the palms, metres: beyond the wrists in the line of the forearms."""
    wrists, elbows = body.joints[:, list(WRISTS)], body.joints[:, list(ELBOWS)]
    forearm = wrists - elbows
    points: FloatArray = wrists + forearm * _L["palm"]
    return points


def _claps(body: Body, hands: FloatArray) -> list[Event]:
    apart = (
        np.minimum(
            np.linalg.norm(hands[:, 0] - hands[:, 1], axis=-1),
            np.linalg.norm(body.joints[:, WRISTS[0]] - body.joints[:, WRISTS[1]], axis=-1),
        )
        / body.stature
    )
    closing = -rate(apart, RATE)
    near = apart < _L["hands_near"]
    claps, events = [], []
    for frame in turning_points(apart, _L["clap_swing"]):
        before = closing[max(0, frame - frames_of(_L["clap_s"])) : frame + 1]
        if near[frame] and before.max() > _L["clap_speed"]:
            claps.append(frame)
    for frame in claps:
        span = Span(max(0, frame - 2), min(len(body) - 1, frame + 2))
        events.append(Event("clap", *body.seconds(span), certainty=0.7))
    for span in spans(near, frames_of(_L["together_s"]), 2):
        if not any(span.first <= frame <= span.last for frame in claps):
            events.append(Event("hands_together", *body.seconds(span), BOTH, certainty=0.5))
    return events


def _touches(body: Body, hands: FloatArray) -> list[Event]:
    """Hands on the head, and on the hips with the elbow out: a hanging hand is near the hips as well."""
    head = body.joints[:, HEAD] + _L["skull"] * body.stature * body.trunk
    upper = body.local[:, list(ELBOWS), 1]
    masks: dict[str, list[Mask]] = {"hand_to_head": [], "hand_to_hip": []}
    for side in (0, 1):
        to_head = np.linalg.norm(hands[:, side] - head, axis=-1)
        masks["hand_to_head"].append(to_head < _L["head_near"] * body.stature)
        to_hip = np.linalg.norm(body.joints[:, WRISTS[side]] - body.joints[:, HIPS[side]], axis=-1)
        out = np.abs(body.local[:, ELBOWS[side], 0]) > np.abs(body.local[:, WRISTS[side], 0])
        bent = np.linalg.norm(from_shoulders(body)[:, side], axis=-1) < _L["akimbo_bent"]
        still = np.linalg.norm(body.local_velocity[:, WRISTS[side]], axis=-1) < _L["resting"] * body.arm
        high = (upper[:, side] > 0) & still
        masks["hand_to_hip"].append((to_hip < _L["hip_near"] * body.stature) & out & bent & high)
    events = []
    for kind, (left, right) in masks.items():
        for side_name, mask in ((BOTH, left & right), (LEFT, left & ~right), (RIGHT, right & ~left)):
            for span in spans(mask, frames_of(_L["touch_s"]), frames_of(_L["gap_s"])):
                sure = certainty(len(span) / RATE, _L["touch_s"], _L["sure_touch_s"])
                events.append(Event(kind, *body.seconds(span), side_name, certainty=sure))
    return events


def _elbows_to_knees(body: Body) -> list[Event]:
    """An elbow that meets the opposite knee (side: the elbow's)."""
    events = []
    for side, name in enumerate(SIDES):
        elbow, knee = body.joints[:, ELBOWS[side]], body.joints[:, KNEES[1 - side]]
        near = np.linalg.norm(elbow - knee, axis=-1) < _L["elbow_knee"] * body.stature
        raised = body.local[:, KNEES[1 - side], 1] > -_L["knee_raised"] * body.leg
        for span in spans(near & raised & body.standing, 2, frames_of(_L["gap_s"])):
            events.append(Event("elbow_to_knee", *body.seconds(span), name, certainty=0.9))
    return events


def _reaches(body: Body) -> list[Event]:
    """Stretching an arm to something high, in front, or on the ground, without doing it fast."""
    hands = from_shoulders(body)
    stretched = np.linalg.norm(hands, axis=-1)
    speed = np.linalg.norm(rate(hands, RATE), axis=-1)
    slow = speed < _L["reach_speed"]
    upright = body.trunk[:, 1] > _L["reach_upright"]
    ahead = hands[..., 2]
    high = (hands[..., 1] > _L["high"]) & (ahead > _L["high_ahead"]) & (stretched > _L["stretched"])
    front = (np.abs(hands[..., 1]) < _L["front_level"]) & (ahead > _L["front_ahead"])
    low = body.heights[:, list(WRISTS)] < _L["low"] * body.leg
    feet = body.hips_height[:, None] > _L["low_hips"]
    masks = {
        "high": high & slow & upright[:, None],
        "forward": front & slow & upright[:, None],
        "low": low & feet & (body.trunk[:, 1] > -0.3)[:, None],
    }
    return [event for detail, mask in masks.items() for event in _reach_events(body, detail, mask)]


def _reach_events(body: Body, detail: str, mask: Mask) -> list[Event]:
    least, gap = frames_of(_L["reach_s"]), frames_of(_L["gap_s"])
    events = []
    for span in spans(mask[:, 0] | mask[:, 1], least, gap):
        side = _reaching_side(body, detail, mask, span)
        events.append(Event("reach", *body.seconds(span), side, detail, certainty=0.7))
    return events


def _reaching_side(body: Body, detail: str, mask: Mask, span: Span) -> str:
    """The hand that reaches longer, of two low ones the one that is clearly lower; else both."""
    share = mask[span.frames].mean(axis=0)
    lowest = body.heights[span.frames][:, list(WRISTS)].min(axis=0)
    if detail == "low" and np.ptp(lowest) > _L["lower"] * body.leg:
        return SIDES[int(np.argmin(lowest))]
    return BOTH if share.min() > _L["both_share"] * share.max() else SIDES[int(np.argmax(share))]

"""How the body is held: squats, crouches, kneels, sits, lies, is on all fours, bends; and gets up again."""

from __future__ import annotations

import numpy as np

from ...motion.rotation import FloatArray
from ..event import LEFT, RIGHT, Event
from .body import ANKLES, HIPS, KNEES, NECK, PELVIS, WRISTS, Body, frames_of
from .limits import certainty, limits
from .spans import Mask, Span, above, smooth, spans

_L = limits("posture")
DOWN = ("lie", "sit", "kneel", "all_fours")  # from these one gets up


def postures(body: Body) -> list[Event]:
    """All postures that are held, the dips between them, and the ways down and up."""
    held = _held(body)
    taken = np.zeros(len(body), dtype=bool)
    for _, span in held:
        taken[span.frames] = True
    events = [_event(body, kind, span) for kind, span in held]
    return [*events, *_stands(body), *_dips(body, taken), *_bends(body, taken), *_changes(body, held)]


def _stands(body: Body) -> list[Event]:
    """Times on one's feet in which the hips stay where they are."""
    still = smooth(body.speeds[:, PELVIS], frames_of(_L["gap_s"])) < _L["still"] * body.natural_speed
    shortest = min(frames_of(_L["still_s"]), len(body))
    return [Event("stand", *body.seconds(span)) for span in spans(body.standing & still, shortest)]


def _held(body: Body) -> list[tuple[str, Span]]:
    """Postures on the ground or on a seat, none at the same time as another; the clearest wins."""
    shortest, gap = frames_of(_L["least_s"]), frames_of(_L["gap_s"])
    free = np.ones(len(body), dtype=bool)
    found = []
    for kind, mask in (
        ("lie", _lying(body)),
        ("all_fours", _on_all_fours(body)),
        ("sit", _sitting(body)),
        ("kneel", _kneeling(body)),
    ):
        for span in spans(mask & free, shortest, gap):
            free[span.frames] = False
            found.append((kind, span))
    return sorted(found, key=lambda item: item[1])


def _lying(body: Body) -> Mask:
    flat = np.abs(body.trunk[:, 1]) < _L["flat"]
    low = body.heights[:, [PELVIS, NECK]].max(axis=1) < _L["lying_height"] * body.stature
    mask: Mask = flat & low
    return mask


def _on_all_fours(body: Body) -> Mask:
    """Hands on the ground, chest to the ground, and the hips over knees or feet."""
    wrists = body.heights[:, list(WRISTS)] / body.stature
    hands = (wrists.min(axis=1) < _L["hand_on_ground"]) & (wrists.max(axis=1) < _L["other_hand"])
    facing_down = body.front[:, 1] < -_L["front_down"]
    level = body.trunk[:, 1] < _L["trunk_level"]
    mask: Mask = hands & facing_down & level & (body.hips_height < _L["all_fours_hips"])
    return mask


def _thighs(body: Body) -> FloatArray:
    """(T, 2) how steeply the thighs go down: 1 straight down, 0 level."""
    thigh = body.joints[:, list(HIPS)] - body.joints[:, list(KNEES)]
    steep: FloatArray = thigh[..., 1] / np.maximum(np.linalg.norm(thigh, axis=-1), 1e-9)
    return steep


def _behind_feet(body: Body) -> FloatArray:
    """(T,) how far the middle of the trunk lies behind the feet, metres."""
    middle = body.local[:, [PELVIS, NECK], 2].mean(axis=1)
    behind: FloatArray = body.local[:, list(ANKLES), 2].mean(axis=1) - middle
    return behind


def _sitting(body: Body) -> Mask:
    """Thighs level, trunk upright, and the weight so far behind the feet that something must carry it."""
    level = _thighs(body).max(axis=1) < _L["thigh_level"]
    upright = body.trunk[:, 1] > _L["sitting_upright"]
    carried = _behind_feet(body) > _L["behind_feet"] * body.leg
    on_floor = body.hips_height < _L["floor_seat"]
    still = body.speeds[:, PELVIS] < _L["seated_speed"] * body.natural_speed
    mask: Mask = upright & (body.hips_height < _L["seat_hips"]) & still & ((level & carried) | on_floor)
    return mask


def _kneeling(body: Body) -> Mask:
    knee = body.heights[:, list(KNEES)].min(axis=1) < _L["knee_on_ground"] * body.leg
    high = body.hips_height > _L["kneeling_hips"]
    upright = body.trunk[:, 1] > _L["sitting_upright"]
    mask: Mask = knee & high & upright & (body.hips_height < _L["kneeling_most"])
    return mask


def _event(body: Body, kind: str, span: Span) -> Event:
    start, end = body.seconds(span)
    side, detail = "", ""
    if kind == "lie":
        side, detail = _lies_on(body, span)
    elif kind == "sit":
        low = float(np.median(body.hips_height[span.frames])) < _L["floor_seat"]
        detail = "floor" if low else "seat"
    elif kind == "kneel":
        knees = np.median(body.heights[span.frames][:, list(KNEES)], axis=0) < _L["knee_on_ground"] * body.leg
        detail = "both knees" if knees.all() else "one knee"
    return Event(
        kind, start, end, side, detail, certainty=certainty(end - start, _L["least_s"], _L["sure_s"])
    )


def _lies_on(body: Body, span: Span) -> tuple[str, str]:
    """Side and what one lies on: back, belly or a side."""
    front = float(np.median(body.front[span.frames, 1]))
    if abs(front) > _L["front_down"]:
        return "", "back" if front > 0 else "belly"
    across = float(np.median(body.across[span.frames, 1]))
    return (LEFT if across < 0 else RIGHT), "side"


def _dips(body: Body, taken: Mask) -> list[Event]:
    """Squats (down and up again at once) and crouches (held, or shallow); magnitude: share of the leg."""
    depth = np.where(taken, 0.0, 1.0 - body.hips_height)
    events = []
    for span in above(depth, _L["crouch_depth"], _L["crouch_keep"], frames_of(_L["dip_s"])):
        if taken[max(span.first - 1, 0)] or taken[min(span.last + 1, len(body) - 1)]:
            continue  # the way down to a posture, or up from it
        deepest = float(depth[span.frames].max())
        # the bottom of a squat is passed, that of a crouch is stayed in
        bottom = spans(depth[span.frames] > 0.85 * deepest)
        stays = max(len(part) for part in bottom) > frames_of(_L["stay_s"])
        squat = deepest > _L["squat_depth"] and not stays
        start, end = body.seconds(span)
        events.append(
            Event(
                "squat" if squat else "crouch",
                start,
                end,
                magnitude=deepest,
                certainty=certainty(deepest, _L["crouch_depth"], _L["squat_depth"]),
            )
        )
    return events


def _bends(body: Body, taken: Mask) -> list[Event]:
    """Bending over while on one's feet (magnitude: degrees from upright, detail: direction)."""
    lean = np.degrees(np.arccos(np.clip(body.trunk[:, 1], -1.0, 1.0)))
    lean = smooth(np.where(taken | (body.trunk[:, 1] < -0.9), 0.0, lean), frames_of(_L["bend_smoothing_s"]))
    events = []
    for span in above(lean, _L["bend_deg"], _L["bend_keep_deg"], frames_of(_L["dip_s"])):
        peak = span.first + int(np.argmax(lean[span.frames]))
        left, _, forward = body.local[peak, NECK] - body.local[peak, PELVIS]
        if abs(left) > abs(forward):
            side, detail = (LEFT if left > 0 else RIGHT), "side"
        else:
            side, detail = "", "forward" if forward > 0 else "backward"
        start, end = body.seconds(span)
        sure = certainty(float(lean[peak]), _L["bend_deg"], _L["bend_sure_deg"])
        events.append(Event("bend", start, end, side, detail, float(lean[peak]), certainty=sure))
    return events


def _changes(body: Body, held: list[tuple[str, Span]]) -> list[Event]:
    """Lying or sitting down and getting up, where the body stands before or after."""
    standing = body.standing
    events = []
    for kind, span in held:
        before = np.flatnonzero(standing[: span.first])
        after = np.flatnonzero(standing[span.last + 1 :])
        most = frames_of(_L["change_s"])
        if len(before) and span.first - before[-1] < most:
            last = int(before[-1])
            # one lies down by way of sitting or of all fours
            if kind == "lie" or not _between(held, last, span.first):
                events.append(_change(body, f"{kind}_down", Span(last, span.first)))
        if len(after) and after[0] < most:
            up = Span(span.last, span.last + 1 + int(after[0]))
            if kind == "lie" or not _between(held, up.first, up.last):
                events.append(_change(body, "get_up", up, kind))
    return events


def _between(held: list[tuple[str, Span]], first: int, last: int) -> bool:
    return any(span.first > first and span.last < last for _, span in held)


def _change(body: Body, kind: str, span: Span, detail: str = "") -> Event:
    start, end = body.seconds(span)
    drop = abs(float(body.hips_height[span.last] - body.hips_height[span.first])) * body.leg
    if kind == "lie_down" and drop / max(end - start, 1e-3) > _L["fall"] * body.natural_speed:
        kind = "fall"
    return Event(kind, start, end, detail=detail, magnitude=drop)

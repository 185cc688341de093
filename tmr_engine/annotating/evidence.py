"""Claims held against what a body does: a reason for each one that it contradicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np

from ..captioning.facts import MotionFacts, measure
from ..captioning.facts.body import (
    ANKLES,
    HEAD,
    HIPS,
    KNEES,
    PELVIS,
    RATE,
    SHOULDERS,
    WRISTS,
    Body,
)
from ..motion.rotation import FloatArray
from .claims import SIDES, Claim

_TABLE = json.loads(Path(__file__).with_name("limits.json").read_text(encoding="utf-8"))
_L = {name: float(row["value"]) for name, row in _TABLE.items() if name != "about"}
_GAITS = ("walk", "jog", "run", "sneak", "crawl")
_AIRBORNE = ("jump", "hop", "leap", "flip", "handspring")


class Evidence:
    """What can be told of a segment.

    Args:
        joints: (T, 22, 3) metres, Y up, in SMPL's order.
        fps: frames a second.

    Raises:
        FeatureError: the array has another shape, fewer than two frames, or values that are not finite.
    """

    def __init__(self, joints: FloatArray, fps: float) -> None:
        self.body = Body.of(joints, fps)
        self.facts: MotionFacts = measure(joints, fps)

    def against(self, claim: Claim) -> str:
        """What was measured where it contradicts a claim; "" where it does not."""
        if claim.kind == "act":
            return _ACTS[claim.value](self)
        return _KINDS[claim.kind](self, claim.value)

    def turn(self, side: str) -> str:
        """A turn to a side."""
        left, right = self._turned
        done = left if side == "left" else right
        if done >= _L["turned_deg"]:
            return ""
        return f"it turns at most {left:.0f} degrees to the left and {right:.0f} to the right"

    def travel(self, way: str) -> str:
        """Going forward, backward, left or right, as the body faces or as it faced at first."""
        if any(event.kind in _GAITS and event.detail.split()[0:1] == [way] for event in self.facts.events):
            return ""
        left, right = self._turned
        curved = {"left": left, "right": right}.get(way, 0.0) >= _L["turned_deg"]
        done = self._ways[way]
        if done >= _L["way"] * self.body.stature or curved:
            return ""
        return f"it goes at most {done:.2f} m {way}"

    def hand(self, side: str) -> str:
        """One hand that acts."""
        moved = dict(zip(SIDES, self._hand_ways.tolist(), strict=True))
        other = SIDES[1 - SIDES.index(side)]
        if moved[other] < _L["busy_way"] * self.body.stature or moved[other] < _L["busy"] * moved[side]:
            return ""
        return f"the {side} hand moves {moved[side]:.2f} m, the {other} hand {moved[other]:.2f} m"

    def raised_hand(self, side: str) -> str:
        """A hand that goes up, or is up."""
        number = SIDES.index(side)
        height = self.body.local[:, WRISTS[number], 1]
        rise = float(np.ptp(height))
        level = float((height - self.body.local[:, SHOULDERS[number], 1]).max())
        if rise >= _L["hand_rise"] * self.body.stature or level >= _L["hand_level"] * self.body.arm:
            return ""
        return f"the {side} hand rises {rise:.2f} m and stays {-level:.2f} m below the shoulder"

    def hand_overhead(self, side: str) -> str:
        """A hand above the head."""
        wrist = self.body.joints[:, WRISTS[SIDES.index(side)], 1]
        above = float((wrist - self.body.joints[:, HEAD, 1]).max())
        if above >= -_L["overhead"] * self.body.stature:
            return ""
        return f"the {side} wrist stays {-above:.2f} m below the head"

    def raised_foot(self, side: str) -> str:
        """A foot or knee that goes up."""
        rise = float(self._foot_rises[SIDES.index(side)])
        if rise >= _L["foot_rise"] * self.body.leg:
            return ""
        return f"the {side} foot rises {rise:.2f} m"

    def kick(self, side: str) -> str:
        """A kick: its foot is the higher one."""
        number = SIDES.index(side)
        rises = self._foot_rises
        if rises[number] >= _L["kick"] * rises[1 - number] and not self.raised_foot(side):
            return ""
        return f"the left foot rises {rises[0]:.2f} m, the right foot {rises[1]:.2f} m"

    def hop(self, side: str) -> str:
        """Hopping on a foot: the other one is held higher."""
        number = SIDES.index(side)
        soles = self.body.soles.mean(axis=0)
        if soles[number] <= soles[1 - number]:
            return ""
        return f"the {side} foot is higher than the other on average"

    def jump(self) -> str:
        """Both feet off the ground."""
        both = float(self.body.soles.min(axis=1).max())
        known = any(event.kind in _AIRBORNE for event in self.facts.events)
        if known or self.body.flights or both >= _L["flight"] * self.body.stature:
            return ""
        return f"both feet are at most {both:.2f} m off the ground"

    def crouch(self) -> str:
        """Hips lower than upright."""
        return self._hips_above("crouch")

    def kneel(self) -> str:
        """Hips as low as on one knee."""
        return self._hips_above("kneel")

    def sit(self) -> str:
        """Hips as low as on a seat, or level thighs."""
        thigh = self.body.joints[:, list(HIPS)] - self.body.joints[:, list(KNEES)]
        steep = float((thigh[..., 1] / np.linalg.norm(thigh, axis=-1)).max(axis=1).min())
        return self._hips_above("sit") if steep > _L["thigh"] else ""

    def lie(self) -> str:
        """A trunk that lies flat."""
        steep = float(np.abs(self.body.trunk[:, 1]).min())
        return "" if steep <= _L["lie"] else "the trunk stays upright"

    def run(self) -> str:
        """Fast, or with both feet off the ground."""
        speed = self._speeds
        known = any(event.kind in ("run", "jog") for event in self.facts.events)
        if known or self.body.flights or speed.max() >= _L["run"] * self.body.natural_speed:
            return ""
        return f"it goes at most {speed.max():.1f} m/s and never leaves the ground"

    def walk(self) -> str:
        """Going somewhere, or steps on the spot."""
        known = any(event.kind in _GAITS for event in self.facts.events)
        steps = int((np.diff(self.body.lifted.astype(int), axis=0) > 0).sum())
        if known or self.facts.travelled_m >= _L["walk"] * self.body.stature or steps > 1:
            return ""
        return f"the hips go {self.facts.travelled_m:.2f} m and no foot steps"

    def _hips_above(self, act: str) -> str:
        lowest = float(self.body.hips_height.min())
        return "" if lowest <= _L[act] else f"the hips stay at {lowest:.0%} of their height in standing"

    @cached_property
    def _turned(self) -> tuple[float, float]:
        """The largest turn to the left and to the right between any two moments, degrees."""
        heading = np.degrees(self.body.heading)
        left = float((heading - np.minimum.accumulate(heading)).max())
        return left, float((np.maximum.accumulate(heading) - heading).max())

    @cached_property
    def _speeds(self) -> FloatArray:
        speeds: FloatArray = np.linalg.norm(self.body.velocity[:, PELVIS][:, [0, 2]], axis=-1)
        return speeds

    @cached_property
    def _ways(self) -> dict[str, float]:
        """The farthest that the hips get in each direction from any earlier moment, metres."""
        ways = dict.fromkeys(("left", "right", "forward", "backward"), 0.0)
        own = np.cumsum(self.body.facing(self.body.velocity)[:, PELVIS] / RATE, axis=0)
        sine, cosine = np.sin(self.body.heading[0]), np.cos(self.body.heading[0])
        hips = self.body.joints[:, PELVIS]
        first = np.stack(
            [cosine * hips[:, 0] - sine * hips[:, 2], hips[:, 1], sine * hips[:, 0] + cosine * hips[:, 2]], 1
        )
        for path in (own, first):
            for axis, (one, other) in ((0, ("left", "right")), (2, ("forward", "backward"))):
                along = path[:, axis]
                ways[one] = max(ways[one], float((along - np.minimum.accumulate(along)).max()))
                ways[other] = max(ways[other], float((np.maximum.accumulate(along) - along).max()))
        return ways

    @cached_property
    def _hand_ways(self) -> FloatArray:
        """(2,) metres that the hands move beside the hips."""
        steps = np.diff(self.body.local[:, list(WRISTS)], axis=0)
        ways: FloatArray = np.linalg.norm(steps, axis=-1).sum(axis=0)
        return ways

    @cached_property
    def _foot_rises(self) -> FloatArray:
        """(2,) metres that the ankles go above their lowest place."""
        height = self.body.heights[:, list(ANKLES)]
        rises: FloatArray = height.max(axis=0) - height.min()
        return rises


_KINDS: dict[str, Callable[[Evidence, str], str]] = {
    "turn": Evidence.turn,
    "travel": Evidence.travel,
    "hand": Evidence.hand,
    "raised hand": Evidence.raised_hand,
    "hand overhead": Evidence.hand_overhead,
    "raised foot": Evidence.raised_foot,
    "kick": Evidence.kick,
    "hop": Evidence.hop,
}
_ACTS: dict[str, Callable[[Evidence], str]] = {
    "jump": Evidence.jump,
    "crouch": Evidence.crouch,
    "kneel": Evidence.kneel,
    "sit": Evidence.sit,
    "lie": Evidence.lie,
    "run": Evidence.run,
    "walk": Evidence.walk,
}

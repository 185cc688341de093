"""A body that moves, brought to one frame rate and measured: what every fact is read off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ...features import JOINT_NAMES
from ...features.swings import check_joints
from ...motion.rotation import FloatArray
from .limits import limits
from .spans import Mask, Span, lowest_around, rate, smooth, spans

RATE = 30.0  # frames a second at which everything is measured, whatever the file has
_L = limits("body")
_EARTH = 9.81


def joint(name: str) -> int:
    """The number of one of SMPL's 22 joints."""
    return JOINT_NAMES.index(name)


def pair(name: str) -> tuple[int, int]:
    """The numbers of the left and the right joint of that name."""
    return joint(f"left_{name}"), joint(f"right_{name}")


PELVIS, NECK, HEAD = joint("pelvis"), joint("neck"), joint("head")
HIPS, KNEES, ANKLES, TOES = pair("hip"), pair("knee"), pair("ankle"), pair("foot")
SHOULDERS, ELBOWS, WRISTS = pair("shoulder"), pair("elbow"), pair("wrist")


def frames_of(seconds: float) -> int:
    """Frames of a duration, at least one."""
    return max(1, round(seconds * RATE))


@dataclass(frozen=True, eq=False)
class Body:
    """The joints of a motion at `RATE` frames a second, and what is measured of them.

    Args:
        joints: (T, 22, 3) metres, Y up, SMPL's order.
        duration_s: of the motion, seconds.
    """

    joints: FloatArray
    duration_s: float

    @classmethod
    def of(cls, joints: FloatArray, fps: float) -> Body:
        """The body of (T, 22, 3) joints at any frame rate.

        Raises:
            FeatureError: the array has another shape or values that are not finite.
        """
        joints = _without_jump_in(check_joints(joints), fps)
        duration = (len(joints) - 1) / fps
        places = np.arange(int(np.floor(duration * RATE + 1e-4)) + 1) * (fps / RATE)
        below = np.minimum(places.astype(np.int64), len(joints) - 1)
        ahead = np.minimum(below + 1, len(joints) - 1)
        share = (places - below)[:, None, None]
        sampled = joints[below] * (1 - share) + joints[ahead] * share
        # weights 1 2 1 against the flicker of captures; more would take the speed out of a punch
        before, after = sampled[[0, *range(len(sampled) - 1)]], sampled[[*range(1, len(sampled)), -1]]
        return cls((before + 2.0 * sampled + after) / 4.0, duration)

    def __len__(self) -> int:
        return len(self.joints)

    def seconds(self, span: Span) -> tuple[float, float]:
        """Start and end of a span of frames, seconds."""
        return span.first / RATE, min((span.last + 1) / RATE, self.duration_s)

    @cached_property
    def leg(self) -> float:
        """Metres from hip to ankle with the knee straight."""
        return max(self._chain(HIPS, KNEES, ANKLES), 1e-3)

    @cached_property
    def arm(self) -> float:
        """Metres from shoulder to wrist with the elbow straight."""
        return max(self._chain(SHOULDERS, ELBOWS, WRISTS), 1e-3)

    @cached_property
    def stature(self) -> float:
        """About the height of the body when it stands, metres: legs, trunk and head with what lies beyond."""
        trunk = np.linalg.norm(self.joints[:, PELVIS] - self.joints[:, NECK], axis=-1)
        head = np.linalg.norm(self.joints[:, NECK] - self.joints[:, HEAD], axis=-1)
        return _L["stature_of_chain"] * (self.leg + float(np.percentile(trunk, 90)) + float(np.median(head)))

    @cached_property
    def natural_speed(self) -> float:
        """sqrt(g leg), metres a second: gaits of bodies of all sizes change at the same share of it.

        Its square is the unit of the Froude number (Alexander, Principles of Animal Locomotion, 2003).
        """
        return float(np.sqrt(_EARTH * self.leg))

    def _chain(self, *pairs: tuple[int, int]) -> float:
        """Mean length over both sides of a chain of joints, metres; the median over time of each bone."""
        lengths = [
            np.median(np.linalg.norm(self.joints[:, list(one)] - self.joints[:, list(other)], axis=-1))
            for one, other in pairwise(pairs)
        ]
        return float(np.sum(lengths))

    @cached_property
    def trunk(self) -> FloatArray:
        """(T, 3) unit vector from hips to neck."""
        return _unit(self.joints[:, NECK] - self.joints[:, PELVIS])

    @cached_property
    def across(self) -> FloatArray:
        """(T, 3) unit vector from right to left through hips and shoulders, whose swings cancel out."""
        hips = _unit(self.joints[:, HIPS[0]] - self.joints[:, HIPS[1]])
        shoulders = _unit(self.joints[:, SHOULDERS[0]] - self.joints[:, SHOULDERS[1]])
        return _unit(hips + shoulders)

    @cached_property
    def front(self) -> FloatArray:
        """(T, 3) unit vector out of the chest, wherever it points."""
        return _unit(np.cross(self.across, self.trunk))

    @cached_property
    def heading(self) -> FloatArray:
        """(T,) radians about +Y that the body faces, 0 = +Z, left positive, whole turns counted.

        Where the body is upside down, or its sides lie one over the other, it faces nowhere; the heading
        goes the shortest way from before to after.
        """
        flat = np.linalg.norm(self.across[:, [0, 2]], axis=-1)
        told = np.flatnonzero((flat > _L["sides_apart"]) & (self.trunk[:, 1] > _L["head_up"]))
        if len(told) == 0:
            told = np.arange(len(self))
        angles = np.unwrap(np.arctan2(-self.across[told, 2], self.across[told, 0]))
        heading: FloatArray = np.interp(np.arange(len(self)), told, angles)
        return heading

    @cached_property
    def local(self) -> FloatArray:
        """(T, 22, 3) joints seen from the hips: metres to the left, up, and forward of the facing."""
        return self.facing(self.joints - self.joints[:, :1])

    def facing(self, vectors: FloatArray) -> FloatArray:
        """World vectors (T, ..., 3) as left, up and forward of the facing."""
        slow = smooth(self.heading, frames_of(_L["facing_s"]))
        sine, cosine = np.sin(slow), np.cos(slow)
        zero, one = np.zeros_like(sine), np.ones_like(sine)
        axes = np.stack(
            [
                np.stack([cosine, zero, -sine], -1),
                np.stack([zero, one, zero], -1),
                np.stack([sine, zero, cosine], -1),
            ],
            -2,
        )
        turned: FloatArray = (axes @ vectors.reshape(len(self), -1, 3).swapaxes(1, 2)).swapaxes(1, 2)
        return turned.reshape(vectors.shape)

    @cached_property
    def soles(self) -> FloatArray:
        """(T, 2) metres of the left and right foot above the lowest place that feet take in the motion."""
        heights = []
        for joints in (ANKLES, TOES):
            height = self.joints[:, list(joints), 1]
            heights.append(height - np.percentile(height, _L["lowest_percent"], axis=0).min())
        soles: FloatArray = np.minimum(*heights)
        return soles

    @cached_property
    def ground(self) -> FloatArray:
        """(T,) world height of the ground below the body, metres: the lowest that joints come to then."""
        feet = self.joints[:, [*ANKLES, *TOES], 1]
        level = float(np.percentile(feet, _L["lowest_percent"], axis=0).min())
        rest = np.delete(self.joints[..., 1], [*ANKLES, *TOES], axis=1).min(axis=1) - level
        lowest = np.minimum(self.soles.min(axis=1), rest)
        around = frames_of(_L["ground_s"])
        ground: FloatArray = level + smooth(lowest_around(lowest, around), around)
        return ground

    @cached_property
    def heights(self) -> FloatArray:
        """(T, 22) metres of the joints above the ground."""
        return self.joints[..., 1] - self.ground[:, None]

    @cached_property
    def hips_height(self) -> FloatArray:
        """(T,) height of the hip joints above resting ankles, as a share of the leg (1: upright)."""
        ankles = self.joints[:, list(ANKLES), 1]
        level = float(np.percentile(ankles, _L["lowest_percent"], axis=0).min())
        feet = self.joints[:, [*ANKLES, *TOES], 1]
        raised = level - float(np.percentile(feet, _L["lowest_percent"], axis=0).min())
        height: FloatArray = (self.heights[:, list(HIPS)].mean(axis=1) - raised) / self.leg
        return height

    @cached_property
    def lifted(self) -> Mask:
        """(T, 2) whether the left and the right foot is off the ground."""
        level = self.joints[:, [*ANKLES, *TOES], 1]
        base = self.ground - float(np.percentile(level, _L["lowest_percent"], axis=0).min())
        lifted: Mask = self.soles - base[:, None] > _L["off_ground"] * self.leg
        return lifted

    @cached_property
    def flights(self) -> list[Span]:
        """Times at which both feet are off the ground and neither rests on something higher."""
        still = self.speeds[:, list(ANKLES)].min(axis=1) < _L["resting_foot"] * self.natural_speed
        height = self.joints[:, PELVIS, 1]
        # a walk is lowest when its feet change, a flight highest
        usual = smooth(height, frames_of(_L["stride_s"]))
        both: Mask = self.lifted[:, 0] & self.lifted[:, 1]
        return [
            span
            for span in spans(both, frames_of(_L["flight_s"]))
            if still[span.frames].mean() < 0.5 and (height - usual)[span.frames].mean() > 0
        ]

    @cached_property
    def velocity(self) -> FloatArray:
        """(T, 22, 3) metres a second in the world."""
        return rate(self.joints, RATE)

    @cached_property
    def speeds(self) -> FloatArray:
        """(T, 22) metres a second."""
        speeds: FloatArray = np.linalg.norm(self.velocity, axis=-1)
        return speeds

    @cached_property
    def local_velocity(self) -> FloatArray:
        """(T, 22, 3) metres a second of the joints as seen from the hips: left, up, forward."""
        return rate(self.local, RATE)

    @cached_property
    def standing(self) -> Mask:
        """(T,) whether the body is on its feet: hips high and trunk not upside down."""
        standing: Mask = (self.hips_height > _L["standing_hips"]) & (self.trunk[:, 1] > _L["head_up"])
        return standing


def _unit(vectors: FloatArray) -> FloatArray:
    unit: FloatArray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return unit


def _without_jump_in(joints: FloatArray, fps: float) -> FloatArray:
    """The joints with the first frames held still where the body then is somewhere else at once.

    Files often begin with a rest pose at the origin, before the motion itself.
    """
    steps = np.linalg.norm(np.diff(joints[: int(_L["jump_in_frames"]) + 1, PELVIS], axis=0), axis=-1) * fps
    jumps = np.flatnonzero(steps > _L["jump_in"])
    if len(jumps) == 0:
        return joints
    first = int(jumps[-1]) + 1
    held = joints.copy()
    held[:first] = joints[first]
    return held

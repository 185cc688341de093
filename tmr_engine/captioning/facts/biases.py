"""Which side does more: odd numbers, each the negative of itself in the mirrored motion.

What a caption says of a side is seldom one event: "the left hand in front", "bends round to the right". Which
of these numbers speak for which words is learned (`side_weights.json`).
"""

from __future__ import annotations

import numpy as np

from ...motion.rotation import FloatArray
from ..bias_names import BIASES
from .body import ANKLES, ELBOWS, HEAD, HIPS, KNEES, NECK, PELVIS, RATE, SHOULDERS, WRISTS, Body, frames_of
from .limits import limits
from .spans import rate, smooth

_L = limits("biases")
_LIMBS = {"hand": WRISTS, "elbow": ELBOWS, "foot": ANKLES, "knee": KNEES}
_UP, _AHEAD = 1, 2  # axes of `Body.local`; 0 is left


def biases_of(joints: FloatArray, fps: float) -> dict[str, float]:
    """The biases of (T, 22, 3) joints.

    Raises:
        FeatureError: as `measure`.
    """
    return biases(Body.of(joints, fps))


def biases(body: Body) -> dict[str, float]:
    """-1 (right) to 1 (left) each; 0 where both sides do the same."""
    found: dict[str, float] = {}
    for name, joints in _LIMBS.items():
        found |= {f"{name}.{what}": value for what, value in _limb(body, joints).items()}
    found |= {f"foot.{what}": value for what, value in _steps(body).items()}
    found |= {f"trunk.{what}": value for what, value in _trunk(body).items()}
    found |= {f"turn.{what}": value for what, value in _turn(body).items()}
    found |= {f"way.{what}": value for what, value in _way(body).items()}
    return {name: float(np.clip(found[name], -1.0, 1.0)) for name in BIASES}


def _limb(body: Body, joints: tuple[int, int]) -> dict[str, float]:
    """How much more the left of a pair does than the right, and where it is beside it."""
    local = body.local[:, list(joints)].copy()
    local[:, 1, 0] *= -1  # outward on both sides
    reach = _L["reach"] * body.stature
    steps = np.linalg.norm(np.diff(local, axis=0), axis=-1)
    ways, quickest = steps.sum(axis=0), steps.max(axis=0)
    high, low = np.quantile(local, _L["most"], axis=0), np.quantile(local, 1.0 - _L["most"], axis=0)
    part = max(1, round(_L["end_share"] * len(local)))
    found = {
        "moves": _more(*ways),
        "quick": _more(*quickest),
        "rises": _of(np.ptp(local[..., _UP], axis=0), reach),
    }
    for axis, name in enumerate(("out", "up", "ahead")):
        found |= {
            f"{name}": _of(local[..., axis].mean(axis=0), reach),
            f"{name}_most": _of(high[:, axis], reach),
            f"{name}_least": _of(low[:, axis], reach),
            f"{name}_first": _of(local[:part, :, axis].mean(axis=0), reach),
            f"{name}_last": _of(local[-part:, :, axis].mean(axis=0), reach),
        }
    return found


def _steps(body: Body) -> dict[str, float]:
    """Which foot comes higher off the ground, is longer off it, and leaves it first."""
    soles, lifted = body.soles, body.lifted
    firsts = [int(np.argmax(foot)) if foot.any() else len(foot) for foot in lifted.T]
    earlier = (firsts[1] - firsts[0]) / frames_of(_L["first_step_s"])
    return {
        "lifted": _of(soles.max(axis=0), _L["reach"] * body.stature),
        "held_up": float(lifted[:, 0].mean() - lifted[:, 1].mean()),
        "first": earlier,
    }


def _trunk(body: Body) -> dict[str, float]:
    """Where the body leans, twists and puts its weight."""
    lean = body.local[:, NECK, 0] / (_L["lean"] * body.stature)
    head = (body.local[:, HEAD, 0] - body.local[:, NECK, 0]) / (_L["head"] * body.stature)
    twist = _yaw(body, SHOULDERS) - _yaw(body, HIPS)
    twist = (np.mod(twist + np.pi, 2 * np.pi) - np.pi) / np.radians(_L["twist_deg"])
    feet = body.local[:, list(ANKLES), 0].mean(axis=1) / (_L["lean"] * body.stature)
    return {
        "leans": float(lean.mean()),
        "leans_most": _farthest(lean),
        "head": float(head.mean()),
        "head_most": _farthest(head),
        "twists": float(twist.mean()),
        "twists_most": _farthest(twist),
        "twists_first": float(twist[: max(1, len(twist) // 3)].mean()),
        "twists_last": float(twist[-max(1, len(twist) // 3) :].mean()),
        "weight": float(-feet.mean()),
    }


def _turn(body: Body) -> dict[str, float]:
    """Which way the body turns: in all, where it turns fastest, and at its beginning and end."""
    slow = smooth(body.heading, frames_of(_L["turn_s"]))
    turned = slow - slow[0]
    speed = rate(slow, RATE) / np.radians(_L["fast_deg_s"])
    steps = np.diff(slow)
    much = np.array([np.maximum(steps, 0).sum(), np.maximum(-steps, 0).sum()])
    third = max(1, len(turned) // 3)
    quarter = np.radians(_L["turn_deg"])
    return {
        "net": float(turned[-1]) / quarter,
        "half_net": float(turned[-1]) / (0.25 * quarter),
        "more": _more(*much),
        "farthest": _farthest(turned) / quarter,
        "fastest": _farthest(speed),
        "first": float(turned[third - 1]) / quarter,
        "last": float(turned[-1] - turned[-third]) / quarter,
    }


def _way(body: Body) -> dict[str, float]:
    """How far the hips go to the body's own side, and to the side that it faces at first."""
    own = np.cumsum(body.facing(body.velocity)[:, PELVIS, 0]) / RATE / (_L["way"] * body.stature)
    start = body.heading[0]
    gone = body.joints[:, PELVIS] - body.joints[0, PELVIS]
    first = (gone[:, 0] * np.cos(start) - gone[:, 2] * np.sin(start)) / (_L["way"] * body.stature)
    return {
        "own": float(own[-1]),
        "own_farthest": _farthest(own),
        "first": float(first[-1]),
        "first_farthest": _farthest(first),
        "swings": _farthest(rate(smooth(own, frames_of(_L["turn_s"])), RATE)),
    }


def _yaw(body: Body, joints: tuple[int, int]) -> FloatArray:
    across = body.joints[:, joints[0]] - body.joints[:, joints[1]]
    yaw: FloatArray = np.arctan2(-across[:, 2], across[:, 0])
    return yaw


def _more(left: float, right: float) -> float:
    return float(left - right) / max(float(left + right), 1e-6)


def _of(pair: FloatArray, unit: float) -> float:
    return float(pair[0] - pair[1]) / unit


def _farthest(values: FloatArray) -> float:
    return float(values[np.argmax(np.abs(values))])

"""Which side does more: a number for hands, feet, way and turn, where no single event tells a side."""

from __future__ import annotations

import numpy as np

from ...motion.rotation import FloatArray
from .body import ANKLES, PELVIS, RATE, WRISTS, Body
from .limits import limits
from .turning import net_turn

_L = limits("biases")


def biases(body: Body) -> dict[str, float]:
    """-1 (right) to 1 (left) for "hand", "foot", "way" and "turn"; 0 where both sides do the same.

    Hands and feet: half for the way that each goes beside the hips, half for how high each comes. Way: how
    far the hips go to the body's own side. Turn: from the first facing to the last.
    """
    sideways = np.cumsum(body.facing(body.velocity)[:, PELVIS, 0]) / RATE
    farthest = float(sideways[np.argmax(np.abs(sideways))])
    return {
        "hand": _of_pair(body, WRISTS),
        "foot": _of_pair(body, ANKLES),
        "way": _clipped(farthest / (_L["way"] * body.stature)),
        "turn": _clipped(net_turn(body) / _L["turn_deg"]),
    }


def _of_pair(body: Body, pair: tuple[int, int]) -> float:
    local = body.local[:, list(pair)]
    ways: FloatArray = np.linalg.norm(np.diff(local, axis=0), axis=-1).sum(axis=0)
    tops = local[..., 1].max(axis=0)
    more = (ways[0] - ways[1]) / max(float(ways.sum()), 1e-6)
    higher = _clipped(float(tops[0] - tops[1]) / (_L["height"] * body.stature))
    return _clipped(0.5 * float(more) + 0.5 * higher)


def _clipped(value: float) -> float:
    return float(np.clip(value, -1.0, 1.0))

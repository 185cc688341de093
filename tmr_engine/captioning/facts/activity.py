"""Where one activity of a motion ends and another begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...motion.rotation import FloatArray
from .body import ANKLES, ELBOWS, KNEES, PELVIS, RATE, WRISTS, Body

_GRID_S = 0.1  # cuts fall on this grid
_AROUND_S = 1.0  # activity before a cut is compared with activity after it over so long
_STILL_WEIGHT = 0.5  # of a moment at rest, beside a change of activity
_STILL = 0.1  # share of the natural speed below which a body looks at rest
# a change of each measure that people would name; so measures of different units can be added
_UNITS = {"speed": 0.25, "turn": 0.8, "height": 0.15, "hands": 0.4, "arms": 0.5, "legs": 0.5}


@dataclass(frozen=True)
class Lengths:
    """How long parts are to be.

    Args:
        shortest_s, longest_s: seconds that no part goes below or beyond.
        wanted_s: the length that needs no reason.
        weight: of a length other than the wanted one.
        cut_cost: what a cut must be worth; a steady walk is not chopped.
    """

    shortest_s: float
    longest_s: float
    wanted_s: float
    cut_cost: float
    weight: float = 0.35


def cuts(joints: FloatArray, fps: float, lengths: Lengths) -> list[float]:
    """Seconds at which a motion is cut into parts, its ends left out.

    The cuts are those that together fall on the strongest changes and rests while every part keeps to its
    lengths (dynamic programming over a grid of a tenth of a second; the same motion gives the same cuts).

    Args:
        joints: (T, 22, 3) metres, Y up, in SMPL's order.
        fps: frames a second.
        lengths: of the parts; a motion that is shorter than two of the shortest is not cut.

    Raises:
        FeatureError: the array has another shape, or values that are not finite.
    """
    return [round(cut * _GRID_S, 2) for cut in _best_cuts(_scores(Body.of(joints, fps)), lengths)]


def _scores(body: Body) -> FloatArray:
    """(G,) how good a cut is at each tenth of a second: change of activity (0..1) and rest."""
    measures = _activity(body)
    frames = (np.arange(int(body.duration_s / _GRID_S) + 1) * _GRID_S * RATE).round().astype(int)
    frames = np.minimum(frames, len(body) - 1)
    around = round(_AROUND_S * RATE)
    total = np.cumsum(np.vstack([np.zeros(measures.shape[1]), measures]), axis=0)
    first, last = np.maximum(frames - around, 0), np.minimum(frames + around, len(body))
    before = (total[frames] - total[first]) / np.maximum(frames - first, 1)[:, None]
    after = (total[last] - total[frames]) / np.maximum(last - frames, 1)[:, None]
    energy = body.speeds.mean(axis=1) / body.natural_speed
    still = np.exp(-energy[frames] / _STILL)
    scores: FloatArray = np.tanh(np.linalg.norm(before - after, axis=1) / 2) + _STILL_WEIGHT * still
    return scores


def _activity(body: Body) -> FloatArray:
    """(T, 7) what goes on: speed over the ground, turning, height of the hips, hands, arms, legs."""
    unit = body.natural_speed
    turning = np.abs(np.gradient(body.heading)) * RATE
    hands = (body.joints[:, list(WRISTS), 1] - body.joints[:, PELVIS, 1][:, None]) / body.stature
    moving = np.linalg.norm(body.local_velocity, axis=-1) / unit
    return np.stack(
        [
            np.linalg.norm(body.velocity[:, PELVIS][:, [0, 2]], axis=-1) / unit / _UNITS["speed"],
            turning / _UNITS["turn"],
            body.hips_height / _UNITS["height"],
            *(hands / _UNITS["hands"]).T,
            moving[:, [*ELBOWS, *WRISTS]].mean(axis=1) / _UNITS["arms"],
            moving[:, [*KNEES, *ANKLES]].mean(axis=1) / _UNITS["legs"],
        ],
        axis=1,
    )


def _best_cuts(scores: FloatArray, lengths: Lengths) -> list[int]:
    """Places of the cuts on the grid, the ends left out."""
    last = len(scores) - 1
    # the last part also holds what lies beyond the grid
    short, long = round(lengths.shortest_s / _GRID_S), round(lengths.longest_s / _GRID_S) - 1
    best, come_from = np.full(last + 1, -np.inf), np.zeros(last + 1, dtype=int)
    best[0] = 0.0
    for place in range(short, last + 1):
        starts = np.arange(max(0, place - long), place - short + 1)
        seconds = (place - starts) * _GRID_S
        gains = best[starts] - lengths.weight * np.log(seconds / lengths.wanted_s) ** 2
        pick = int(np.argmax(gains))
        best[place] = gains[pick] + (scores[place] - lengths.cut_cost if place < last else 0.0)
        come_from[place] = starts[pick]
    found, place = [], last
    while place > 0:
        place = int(come_from[place])
        found.append(place)
    return found[-2::-1]

"""Long takes cut into parts of 2 to 10 s where the activity changes or rests; short clips stay whole."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..captioning.facts.activity import Lengths, cuts
from ..motion.rotation import FloatArray

# 5 s: long enough for an action with its run-up, short enough for one sentence
LENGTHS = Lengths(shortest_s=2.0, longest_s=10.0, wanted_s=5.0, cut_cost=0.8)


class Part(NamedTuple):
    """A part of a motion, seconds of the motion."""

    start_s: float
    end_s: float


def segments(joints: FloatArray, fps: float) -> list[Part]:
    """The parts of one motion, end to end, without gaps; a motion of at most 10 s is one part.

    Args:
        joints: (T, 22, 3) metres, Y up, in SMPL's order.
        fps: frames a second.

    Raises:
        FeatureError: the array has another shape, or values that are not finite.
    """
    duration = (len(joints) - 1) / fps
    end = float(np.floor(duration * 100) / 100)
    if duration <= LENGTHS.longest_s:
        return [Part(0.0, end)]
    return [Part(*ends) for ends in pairwise([0.0, *cuts(joints, fps, LENGTHS), end])]

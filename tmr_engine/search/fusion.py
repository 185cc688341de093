"""How the signals about a clip become one score. The only place that weighs them.

The weights are those that rank 60 graded queries of the development split best (`python -m
benchmarks.fused_search --fit`), once with the clips' captions known and once without any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """What each signal counts.

    Args:
        name: of the name's cosine beside the caption's; the better of the two says what the clip means, so a
            name that says nothing ("01_02") takes nothing away.
        meaning: of that.
        words: of exact words.
        motion: of what the motion model reads in the motion; only where there is one.
        facets: of what was measured in the motion; only where the query asks for something that is.
        stand_in: where a clip has no caption, so much of the motion's cosine stands for the caption's.
    """

    name: float = 1.0
    meaning: float = 1.0
    words: float = 1.3
    motion: float = 0.1
    facets: float = 0.5
    stand_in: float = 0.9


MOTION_ALONE = Weights(name=0.0, meaning=0.0, words=0.0, motion=1.0, facets=1.2)
TEXT_ALONE = Weights(motion=0.0, facets=0.0, stand_in=0.0)


class Parts(NamedTuple):
    """What is known about each of N clips.

    Args:
        caption: (N,) cosine of the query with the clip's best caption; 0 for a clip without one.
        name: (N,) cosine with the words of its name and tags; 0 without.
        words: (N,) 0..1, how many and how rare words of the query stand in its texts.
        motion: (N,) cosine with what the motion model reads in the clip; 0 where it has read nothing. None
            without a motion model.
        facets: (N,) 0..1 how well the clip does what the query asks of measured facets; None where it asks
            for none.
    """

    caption: Scores
    name: Scores
    words: Scores
    motion: Scores | None = None
    facets: Scores | None = None


# BM25 at which the words part is one half: that of two or three rare words found
_HALF_BM25 = 10.0


_Value = TypeVar("_Value", float, Scores)


def words_part(bm25: _Value) -> _Value:
    """BM25 (0 and up) as a number of 0..1 that does not depend on what else was found."""
    return bm25 / (bm25 + _HALF_BM25)


def fuse(parts: Parts, weights: Weights) -> Scores:
    """(N,) scores, at most 1: the weighted mean of meaning, words, motion and facets."""
    caption = parts.caption
    if parts.motion is not None:
        caption = np.where(caption == 0.0, weights.stand_in * np.maximum(parts.motion, 0.0), caption)
    meaning = np.maximum(caption, weights.name * parts.name)
    total = weights.meaning * meaning + weights.words * parts.words
    weight = weights.meaning + weights.words
    for share, part in ((weights.motion, parts.motion), (weights.facets, parts.facets)):
        if part is not None:
            total = total + share * part
            weight += share
    fused: Scores = total / weight
    return fused

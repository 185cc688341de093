"""Where in a motion a sentence happens.

The motion is cut where its activity changes, and up to three parts in a row are read like a clip of their
own: by the motion model and, where the sentence asks for what is measured, by facets. Spans that are nearest
to the sentence, and do not overlap a better one much, are the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..canonical import feature_joints
from ..captioning.facet_table import FacetTable
from ..captioning.facets import facets_of
from ..captioning.facts import measure
from ..captioning.facts.activity import Lengths, cuts
from ..captioning.query import agreement, parse
from ..features import FEATURE_FPS, joints_to_features
from ..motion import Motion
from ..motion.rotation import FloatArray
from .motion_signal import MotionSignal

# fine enough that what a sentence tells of is one to three parts
PARTS = Lengths(shortest_s=1.0, longest_s=10.0, wanted_s=2.5, cut_cost=0.3)
_IN_A_ROW = 3
# weights beside the cosine, chosen on the development split (docs/training.md)
_FACETS = 0.8
_LENGTH = 0.05
_USUAL_S, _SPREAD = 3.2, 0.55  # of what one sentence tells of: a log-normal length
NMS_IOU = 0.5


@dataclass(frozen=True)
class Moment:
    """A part of a motion, in seconds of its own time, and how well it fits the sentence, at most 1."""

    start_s: float
    end_s: float
    score: float


def find_moments(signal: MotionSignal, text: str, motion: Motion, top: int = 5) -> list[Moment]:
    """The parts of a motion that fit a sentence best, best first.

    Raises:
        RetargetError: the motion is no human's.
        FeatureError: it is shorter than two frames.
        BundleError: as `MotionSignal.sentences`.
    """
    joints = feature_joints(motion)
    read = Spans.of(joints)
    scores = read.scores(text, signal.encode_features(read.features), signal.sentences([text])[0])
    offset = motion.source.start_s
    return [
        Moment(
            offset + float(read.places[place, 0] / FEATURE_FPS),
            offset + min(float(read.places[place, 1] / FEATURE_FPS), motion.duration_s),
            float(scores[place]),
        )
        for place in suppress(read.places, scores)[:top]
    ]


@dataclass(frozen=True, eq=False)
class Spans:
    """The spans of a motion that may be answers, and what is measured of them.

    Args:
        places: (S, 2) first frame of features and one past the last.
        features: of each, made of its joints alone, as clips are: its floor and its facing are its own.
        facets: of each.
    """

    places: np.ndarray
    features: Sequence[FloatArray]
    facets: FacetTable

    @classmethod
    def of(cls, joints: FloatArray) -> Spans:
        """Of (T, 22, 3) joints at the rate of the features.

        Raises:
            FeatureError: fewer than two frames.
        """
        places = spans(joints)
        parts = [joints[start : stop + 1] for start, stop in places]
        facets = [facets_of(measure(part, FEATURE_FPS)) for part in parts]
        return cls(places, [joints_to_features(part) for part in parts], FacetTable(facets))

    def scores(self, text: str, latents: FloatArray, meant: FloatArray) -> FloatArray:
        """(S,) how well each span fits a text, of its latent (S, D) and the text's (D,), at unit length."""
        seconds = np.ptp(self.places, axis=1) / FEATURE_FPS
        usual = -0.5 * (np.log(seconds / _USUAL_S) / _SPREAD) ** 2
        scores: FloatArray = latents @ meant + _LENGTH * usual
        asked = parse(text)
        return (scores + _FACETS * agreement(asked, self.facets)) / (1 + _FACETS) if asked else scores


def spans(joints: FloatArray) -> np.ndarray:
    """(S, 2) first frame of features and one past the last: up to three parts in a row, of (T, 22, 3)."""
    frames = len(joints) - 1
    inner = [round(second * FEATURE_FPS) for second in cuts(joints, FEATURE_FPS, PARTS)]
    ends = [0, *inner, frames]
    return np.array(
        [
            (ends[first], ends[first + count])
            for count in range(1, min(_IN_A_ROW, len(ends) - 1) + 1)
            for first in range(len(ends) - count)
        ]
    )


def iou(spans: np.ndarray, others: np.ndarray) -> FloatArray:
    """(A, B) intersection over union of (A, 2) and (B, 2) spans; 0 where both are empty."""
    low = np.maximum(spans[:, None, 0], others[None, :, 0])
    high = np.minimum(spans[:, None, 1], others[None, :, 1])
    shared = np.maximum(high - low, 0)
    union = np.ptp(spans, axis=1)[:, None] + np.ptp(others, axis=1)[None] - shared
    overlap: FloatArray = shared / np.where(union > 0, union, 1)
    return overlap


def suppress(spans: np.ndarray, scores: FloatArray, limit: float = NMS_IOU) -> np.ndarray:
    """Places of the spans that are kept, best first: none overlaps a better one by more than `limit`.

    Greedy non-maximum suppression; of equal scores, the earlier place is better.
    """
    kept: list[int] = []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        left = left[iou(spans[left], spans[best : best + 1])[:, 0] <= limit]
    return np.array(kept, dtype=np.intp)

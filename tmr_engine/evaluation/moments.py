"""Moment retrieval: where in a long recording a sentence happens.

The answers are windows over the recording, which need nothing but features. Metrics as in Gao et al.
(2017): R@k at IoU t, the percentage of queries one of whose first k answers overlaps the moment by t or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import FeatureError
from ..features import FEATURE_WIDTH, features_to_joints, joints_to_features
from ..motion.rotation import FloatArray
from ..search.moments import iou

IOUS = (0.3, 0.5, 0.7)
TOPS = (1, 5)
WINDOW_SECONDS = (1.0, 2.0, 4.0, 8.0)
_STRIDE_SHARE = 0.25  # of the window's length


class Answers(NamedTuple):
    """What was found for one query.

    Args:
        spans: (K, 2) first frame and one past the last, best first.
        truths: (M, 2) the moments that are meant, at least one.
    """

    spans: np.ndarray
    truths: np.ndarray


def windows(frames: int, fps: float, seconds: Sequence[float] = WINDOW_SECONDS) -> np.ndarray:
    """(W, 2) first frame and one past the last of windows over a recording.

    A window moves by a quarter of its length, and the last of each length ends where the recording ends. A
    length that the recording does not have is left out; one that is shorter than all is one window.
    """
    spans: list[tuple[int, int]] = []
    for length in sorted({max(2, round(second * fps)) for second in seconds}):
        if length > frames:
            break
        stride = max(1, round(length * _STRIDE_SHARE))
        starts = [*range(0, frames - length, stride), frames - length]
        spans += [(start, start + length) for start in starts]
    return np.array(spans or [(0, frames)])


def reanchored(features: FloatArray, start: int, stop: int) -> FloatArray:
    """(stop - start, 263) features of a window as if it had been recorded alone.

    Cut out of a recording's features, a window keeps the recording's floor and the lag of its smoothed
    heading; HumanML3D's clips were cut as joints. So the joints are recovered and the features made anew. One
    frame more is taken where there is one, because features have one frame less than joints.

    Args:
        features: (T, 263) of the whole recording, not normalised.

    Raises:
        FeatureError: other features than the 263, or a window of fewer than two frames.
    """
    if features.shape[1] != FEATURE_WIDTH:
        raise FeatureError(
            f"windows are re-anchored in features of {FEATURE_WIDTH} numbers, not {features.shape[1]}"
        )
    if stop - start < 2:
        raise FeatureError("a window has fewer than two frames")
    return joints_to_features(features_to_joints(features[start : stop + 1]))


def moment_metrics(answers: Sequence[Answers]) -> dict[str, float]:
    """R@1, R@5 and mAP at IoU 0.3, 0.5 and 0.7, and the mean of the three mAP; percent.

    Raises:
        FeatureError: there is no query.
    """
    if not answers:
        raise FeatureError("there is no moment to look for: every caption speaks of a whole recording")
    metrics: dict[str, float] = {}
    for limit in IOUS:
        hits = [iou(answer.spans, answer.truths) >= limit for answer in answers]
        for k in TOPS:
            metrics[f"R{k}@{limit}"] = float(100 * np.mean([hit[:k].any() for hit in hits]))
        precisions = [average_precision(answer, limit) for answer in answers]
        metrics[f"mAP@{limit}"] = float(100 * np.mean(precisions))
    metrics["mAP"] = float(np.mean([metrics[f"mAP@{limit}"] for limit in IOUS]))
    return metrics


def average_precision(answer: Answers, limit: float) -> float:
    """Mean over the moments of the precision at the answer that finds each; 0 for those that none finds.

    Answers are taken best first; each takes the moment, of those not yet taken, that it overlaps most, if by
    `limit` or more (as ActivityNet's evaluation does).
    """
    overlaps = iou(answer.spans, answer.truths)
    total, found = 0.0, 0
    for place, row in enumerate(overlaps, start=1):
        moment = int(np.argmax(row))
        if row[moment] >= limit:
            overlaps[:, moment] = -1
            found += 1
            total += found / place
    return total / len(answer.truths)

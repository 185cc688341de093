"""Where in a motion a sentence happens: windows over it, the nearest of which are kept.

Windows of several lengths slide over the motion; each is read like a clip of its own, and those that are
nearest to the sentence, and do not overlap a better one much, are the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..canonical import feature_joints
from ..features import FEATURE_FPS, joints_to_features
from ..motion import Motion
from ..motion.rotation import FloatArray
from .motion_signal import MotionSignal

WINDOW_SECONDS = (1.0, 2.0, 4.0, 8.0)
STRIDE_SHARE = 0.25  # of the window's length
NMS_IOU = 0.5


@dataclass(frozen=True)
class Moment:
    """A part of a motion, in seconds of its own time, and its cosine with the sentence."""

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
    spans = windows(len(joints) - 1, FEATURE_FPS)
    # made of the window's joints alone, as clips are: its floor and its facing are its own
    parts = [joints_to_features(joints[start : stop + 1]) for start, stop in spans]
    scores = signal.encode_features(parts) @ signal.sentences([text])[0]
    offset = motion.source.start_s
    return [
        Moment(
            offset + float(spans[place, 0] / FEATURE_FPS),
            offset + min(float(spans[place, 1] / FEATURE_FPS), motion.duration_s),
            float(scores[place]),
        )
        for place in suppress(spans, scores)[:top]
    ]


def windows(frames: int, fps: float, seconds: Sequence[float] = WINDOW_SECONDS) -> np.ndarray:
    """(W, 2) first frame and one past the last of windows over a recording.

    A window moves by a quarter of its length, and the last of each length ends where the recording ends. A
    length that the recording does not have is left out; one that is shorter than all is one window.
    """
    spans: list[tuple[int, int]] = []
    for length in sorted({max(2, round(second * fps)) for second in seconds}):
        if length > frames:
            break
        stride = max(1, round(length * STRIDE_SHARE))
        starts = [*range(0, frames - length, stride), frames - length]
        spans += [(start, start + length) for start in starts]
    return np.array(spans or [(0, frames)])


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

"""Stretches of frames in which something holds, and smoothing over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...motion.rotation import FloatArray

Mask = NDArray[np.bool_]


class Span(NamedTuple):
    """Frames `first` to `last`, both inside."""

    first: int
    last: int

    def overlap(self, other: Span) -> int:
        """How many frames both hold."""
        return max(0, min(self.last, other.last) - max(self.first, other.first) + 1)

    @property
    def frames(self) -> slice:
        """The frames as an index."""
        return slice(self.first, self.last + 1)

    def __len__(self) -> int:
        return self.last - self.first + 1


def spans(mask: Mask, shortest: int = 1, gap: int = 0) -> list[Span]:
    """Where a mask (T,) holds.

    Args:
        mask: True where it holds.
        shortest: spans of fewer frames are left out, after joining.
        gap: spans that are at most so many frames apart are joined.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    joined: list[Span] = []
    for first, end in edges.reshape(-1, 2).tolist():
        if joined and first - joined[-1].last - 1 <= gap:
            joined[-1] = Span(joined[-1].first, end - 1)
        else:
            joined.append(Span(first, end - 1))
    return [span for span in joined if len(span) >= shortest]


def above(values: FloatArray, start: float, keep: float, shortest: int = 1, gap: int = 0) -> list[Span]:
    """Where values (T,) stay above `keep` and come above `start` meanwhile (two limits: no flicker)."""
    return [span for span in spans(values > keep, shortest, gap) if values[span.frames].max() > start]


def smooth(values: FloatArray, frames: int) -> FloatArray:
    """The running mean (T, ...) over `frames` frames, taken twice; the ends are continued as they are."""
    half = frames // 2
    if half < 1 or len(values) < 2:
        return values
    width = 2 * half + 1
    for _ in range(2):
        ends = (np.repeat(values[:1], half + 1, axis=0), np.repeat(values[-1:], half, axis=0))
        total = np.cumsum(np.concatenate((ends[0], values, ends[1])), axis=0)
        values = (total[width:] - total[:-width]) / width
    return values


def lowest_around(values: FloatArray, frames: int) -> FloatArray:
    """The lowest (T,) of the values within `frames` frames before and after."""
    padded = np.pad(values, frames, mode="edge")
    window = np.lib.stride_tricks.sliding_window_view(padded, 2 * frames + 1)
    lowest: FloatArray = window.min(axis=-1)
    return lowest


def rate(values: FloatArray, per_second: float) -> FloatArray:
    """The change (T, ...) a second, by central differences; nothing changes in a single frame."""
    if len(values) < 2:
        return np.zeros_like(values)
    changes: FloatArray = np.gradient(values, axis=0) * per_second
    return changes

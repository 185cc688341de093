"""Resampling by time: rotations by slerp, positions linearly, both ends kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import rotation
from .motion import Motion
from .rotation import FloatArray


def sample_times(duration_s: float, fps: float) -> FloatArray:
    """Times of the frames at `fps` within a duration, from 0; the end is kept when it falls on a frame."""
    # a hair more than the duration, so that 2.0 s at 30 fps keeps its 61st frame despite rounding
    count = int(np.floor(duration_s * fps + 1e-4)) + 1
    return np.arange(count) / fps


def resample(motion: Motion, fps: float) -> Motion:
    """The same motion at another frame rate (times in seconds are kept, never frame numbers)."""
    if abs(fps - motion.fps) < 1e-9:
        return motion
    return at_times(motion, sample_times(motion.duration_s, fps), fps)


def at_times(motion: Motion, times_s: FloatArray, fps: float) -> Motion:
    """The motion read at given times.

    Args:
        motion: T frames.
        times_s: (K,) seconds from the motion's first frame; values outside are clamped to its ends.
        fps: the rate that the new frames stand for.

    Returns:
        A motion of K frames.
    """
    places = np.clip(np.asarray(times_s) * motion.fps, 0, len(motion) - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, len(motion) - 1)
    weight = places - below
    rotations = rotation.slerp(motion.rotations[below], motion.rotations[above], weight[:, None])
    roots = motion.root_translation[below] * (1 - weight[:, None])
    roots = roots + motion.root_translation[above] * weight[:, None]
    return replace(motion, root_translation=roots, rotations=rotations, fps=float(fps))

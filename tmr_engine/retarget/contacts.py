"""When heels and balls of the feet stand on the ground."""

from __future__ import annotations

import itertools

import numpy as np

from ..motion.rotation import FloatArray

# Thresholds for a body of 1.7 m; speeds in metres a second, heights in metres. A contact starts below the
# first and lasts until the second is passed, so that noise between the two does not break it.
STATURE = 1.7
ON_SPEED, OFF_SPEED = 0.25, 0.45
ON_HEIGHT, OFF_HEIGHT = 0.035, 0.06
GAP_S, SHORTEST_S = 0.05, 0.10

# a point of the sole may be this far too high at best, because rest poses are not exact
_CALIBRATION = 0.04
# speeds are taken over this time at either side, so that they do not depend on the frame rate
_HALF_WINDOW_S = 1.0 / 30.0


def contacts(soles: FloatArray, fps: float, stature: float) -> np.ndarray:
    """Contacts of points of the soles with flat ground.

    Args:
        soles: (T, P, 3) points on the soles, Z up, any unit of length.
        fps: frames per second.
        stature: height of the body, the same unit.

    Returns:
        (T, P) bool.
    """
    if len(soles) == 0 or soles.shape[1] == 0:
        return np.zeros(soles.shape[:2], dtype=bool)
    scale = stature / STATURE
    speed = speeds(soles, fps) / scale
    height = (soles[..., 2] - lowest(soles)) / scale
    height = height - np.clip(np.percentile(height, 5, axis=0), 0.0, _CALIBRATION)
    starting = (speed < ON_SPEED) & (height < ON_HEIGHT)
    lasting = (speed < OFF_SPEED) & (height < OFF_HEIGHT)
    found = _held(starting, lasting)
    for point in range(found.shape[1]):
        found[:, point] = _tidied(found[:, point], fps)
    return found


def lowest(soles: FloatArray) -> float:
    """Height of the ground as the soles tell it: the 5th percentile of the lowest point."""
    return float(np.percentile(soles[..., 2].min(axis=1), 5))


def ground_below(soles: FloatArray, touching: np.ndarray) -> float:
    """Height of the ground: the 5th percentile of the lowest sole point over frames with a contact.

    Args:
        soles: (T, P, 3).
        touching: (T, P) bool; without any contact all frames count.
    """
    frames = touching.any(axis=1)
    return lowest(soles[frames] if frames.any() else soles)


def speeds(points: FloatArray, fps: float) -> FloatArray:
    """(T, P) speed of points (T, P, 3), central differences over the same time at every frame rate."""
    frames = len(points)
    if frames < 2:
        return np.zeros(points.shape[:2])
    reach = max(1, round(_HALF_WINDOW_S * fps))
    places = np.arange(frames)
    before, after = np.maximum(places - reach, 0), np.minimum(places + reach, frames - 1)
    moved = np.linalg.norm(points[after] - points[before], axis=-1)
    speed: FloatArray = moved * fps / (after - before)[:, None]
    return speed


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Stretches [first, end) of True in a (T,) array."""
    edges = np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _held(starting: np.ndarray, lasting: np.ndarray) -> np.ndarray:
    """Hysteresis: True from a frame that starts until the first that does not last."""
    places = np.arange(len(starting))[:, None]
    started = np.maximum.accumulate(np.where(starting, places, -1), axis=0)
    broken = np.maximum.accumulate(np.where(lasting, -1, places), axis=0)
    held: np.ndarray = lasting & (started > broken)
    return held


def _tidied(flags: np.ndarray, fps: float) -> np.ndarray:
    """Short gaps closed, then short contacts dropped."""
    tidy = flags.copy()
    found = runs(tidy)
    for (_, end), (start, _) in itertools.pairwise(found):
        if start - end < GAP_S * fps - 1e-6:
            tidy[end:start] = True
    for start, end in runs(tidy):
        # a run of n frames covers n frame times; the whole clip may be shorter than a contact must be
        if end - start < min(SHORTEST_S * fps - 1e-6, len(flags)):
            tidy[start:end] = False
    return tidy

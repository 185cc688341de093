"""Weights and offsets over time without pops: all change smoothly, by seconds and not by frames."""

from __future__ import annotations

import itertools

import numpy as np

from ..motion.rotation import FloatArray

# an offset fades within this time where the next one is farther away than _LONG_GAP_S
_FADE_S, _LONG_GAP_S = 0.25, 0.6
# the speed that an offset has at the end of a stretch is taken back within this time
_SLOW_DOWN_S = 0.15


def smoothstep(x: FloatArray) -> FloatArray:
    """0 below 0, 1 above 1, in between 3 x^2 - 2 x^3."""
    x = np.clip(x, 0.0, 1.0)
    step: FloatArray = x * x * (3.0 - 2.0 * x)
    return step


def ramped(flags: np.ndarray, stretches: list[tuple[int, int]], fps: float, seconds: float) -> FloatArray:
    """(T,) weights that rise and fall within the stretches of `flags`, 0 outside of them.

    At the ends of the clip a stretch is taken to go on.
    """
    frames = len(flags)
    weights = np.zeros(frames)
    for start, end in stretches:
        places = np.arange(start, end)
        since = np.full(end - start, np.inf) if start == 0 else places - start + 1.0
        until = np.full(end - start, np.inf) if end == frames else end - places.astype(np.float64)
        weights[start:end] = smoothstep(np.minimum(since, until) / (seconds * fps + 1.0))
    return weights


def bridged(offsets: FloatArray, stretches: list[tuple[int, int]], fps: float) -> FloatArray:
    """Offsets that are known in stretches, carried over the gaps between them.

    Between two stretches that are near, the offset goes from one to the other; where they are farther apart
    it fades to nothing and comes back. Value and speed agree at both ends of every gap.

    Args:
        offsets: (T, 3); values outside of the stretches do not count.
        stretches: [first, end) in ascending order.
        fps: frames per second.
    """
    frames = len(offsets)
    found = np.zeros_like(offsets)
    if not stretches:
        return found
    for start, end in stretches:
        found[start:end] = offsets[start:end]
    first, last = stretches[0][0], stretches[-1][1] - 1
    # toward the ends of the clip there is nothing to be back at in time
    _leave(found, offsets, first, -1, room=first, whole=_FADE_S * fps, fps=fps)
    _leave(found, offsets, last, 1, room=frames - 1 - last, whole=_FADE_S * fps, fps=fps)
    for (_, end), (start, _) in itertools.pairwise(stretches):
        last, gap = end - 1, start - end + 1
        if gap / fps > _LONG_GAP_S:
            half = gap // 2
            for edge, way, room in ((last, 1, half), (start, -1, gap - 1 - half)):
                _leave(found, offsets, edge, way, room=room, whole=min(_FADE_S * fps, room + 1.0), fps=fps)
            continue
        times = np.arange(1, gap)[:, None] / gap
        found[end:start] = offsets[last] + (offsets[start] - offsets[last]) * smoothstep(times)
        found[end:start] += _braking(_speed(offsets, last, -1), np.arange(1, gap), gap, fps)
        found[end:start] += _braking(_speed(offsets, start, 1), np.arange(gap - 1, 0, -1), gap, fps)
    return found


def _leave(
    found: FloatArray, offsets: FloatArray, edge: int, way: int, *, room: int, whole: float, fps: float
) -> None:
    """Fades an offset out from the edge of a stretch in `whole` frames, of which there are `room`.

    `way` is 1 or -1 in time.
    """
    if room <= 0:
        return
    steps = np.arange(1, room + 1)
    whole = max(1.0, whole)
    values = offsets[edge] * (1.0 - smoothstep(steps[:, None] / whole))
    values = values + _braking(_speed(offsets, edge, -way), steps, whole, fps)
    found[edge + way * steps] = values


def _speed(offsets: FloatArray, edge: int, inward: int) -> FloatArray:
    """(3,) change a frame at the edge of a stretch, positive outward, from the frames inside."""
    inner = edge + inward
    return offsets[edge] - offsets[inner] if 0 <= inner < len(offsets) else np.zeros(3)


def _braking(speed: FloatArray, steps: np.ndarray, whole: float, fps: float) -> FloatArray:
    """(len(steps), 3) what a speed a frame still adds while it is taken back: t (1 - t/d)^2."""
    duration = min(whole, _SLOW_DOWN_S * fps)
    left = np.clip(1.0 - steps / duration, 0.0, None)
    added: FloatArray = (steps * left * left)[:, None] * speed
    return added


def smoothed(values: FloatArray, frames: float) -> FloatArray:
    """Values (T, ...) under a Gaussian of a standard deviation in frames; lines stay lines up to the ends."""
    reach = int(np.ceil(3.0 * frames))
    if reach < 1 or len(values) < 2:
        return values
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / frames) ** 2)
    kernel /= kernel.sum()
    flat = values.reshape(len(values), -1)
    padded = _reflected(flat, reach)
    out = np.stack([np.convolve(column, kernel, mode="valid") for column in padded.T], axis=1)
    smooth: FloatArray = out.reshape(values.shape)
    return smooth


def _reflected(values: FloatArray, reach: int) -> FloatArray:
    """Values continued at both ends by their reflection through the end points."""
    last = len(values) - 1
    before = np.minimum(np.arange(reach, 0, -1), last)
    after = np.maximum(last - np.arange(1, reach + 1), 0)
    return np.concatenate([2 * values[0] - values[before], values, 2 * values[-1] - values[after]])


def lifted(values: FloatArray, frames: int) -> FloatArray:
    """(T,) a smooth curve that is nowhere below `values` (T,): the greatest within reach, then smoothed."""
    padded = np.pad(values, 2 * frames, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * frames + 1)
    highest = windows.max(axis=1)
    kernel = np.hanning(2 * frames + 3)[1:-1]
    smooth: FloatArray = np.convolve(highest, kernel / kernel.sum(), mode="valid")
    return smooth

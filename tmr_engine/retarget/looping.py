"""A clip made to go round: its end is blended into its beginning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import RetargetError
from ..motion import Motion, rotation
from ..motion.rotation import FloatArray
from .blending import smoothstep

# a round of fewer frames shows no motion
_FEWEST = 8


def looped(motion: Motion, share: float) -> Motion:
    """The clip as one round: the last frame is the first one again, moved on by the way of a round.

    The last frames are laid over the first ones and fade into them, so poses and speeds agree at the seam and
    the clip gets shorter by as much. Only the level way is moved on; heights are blended like poses.

    Args:
        motion: T frames, Y up.
        share: of the clip that is laid over its beginning, above 0 and at most one half.

    Raises:
        RetargetError: the clip has too few frames.
    """
    frames = len(motion)
    overlap = max(2, round(share * frames))
    if frames < max(_FEWEST, 2 * overlap):
        raise RetargetError(
            f"{frames} frames are too few to make a loop", fix="Take a longer range of the clip"
        )
    period = frames - overlap
    weight = smoothstep(np.arange(overlap + 1) / overlap)[:, None]
    roots, turns = motion.root_translation, motion.rotations
    way = (roots[period] - roots[0]) * [1.0, 0.0, 1.0]
    head, tail = slice(0, overlap), slice(period, frames)
    roots, turns = roots[: period + 1].copy(), turns[: period + 1].copy()
    roots[head] += (motion.root_translation[tail] - way - roots[head]) * (1.0 - weight[:overlap])
    turns[head] = rotation.slerp(motion.rotations[tail], turns[head], weight[:overlap])
    roots[period], turns[period] = roots[0] + way, turns[0]
    return replace(motion, root_translation=roots, rotations=turns)


def rounds(values: FloatArray, count: int) -> FloatArray:
    """Several rounds of (T, ...) values of a loop in a row; the frame that closes one round opens the next.

    Places that a round takes farther go on from where it ends.
    """
    way = values[-1] - values[0]
    steps = [values[:-1] + way * number for number in range(count)]
    return np.concatenate([*steps, values[-1:] + way * (count - 1)])

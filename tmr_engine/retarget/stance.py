"""How the feet stand in a clip, which the rest pose of its file seldom says.

Many skeletons rest with the soles turned by ten or twenty degrees against the feet that stand in the clip.
That turn is constant, so it is told by the frames in which heel and ball both stand, and taken back in all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .legs import Legs

_UP = np.array([0.0, 0.0, 1.0])

# fewer seconds of standing on the whole sole say nothing, and a sole farther off is no fault of the rest pose
_LEAST_S, _FARTHEST_DEG = 0.2, 30.0


def levelled(legs: Legs, standing: np.ndarray, fps: float, strength: float) -> Legs:
    """The legs with feet and toes turned by a constant, so that a foot that stands is level.

    Args:
        legs: as solved.
        standing: (T, 2) bool, frames in which a foot stands on heel and ball.
        fps: frames per second.
        strength: 0 changes nothing, 1 makes the median of the standing frames level.
    """
    turns = np.stack([_correction(legs.foot[standing[:, side], side], fps) for side in range(2)])
    turns = rotation.slerp(rotation.identity(2), turns, np.full(2, strength))
    return replace(legs, foot=rotation.multiply(legs.foot, turns), toe=rotation.multiply(legs.toe, turns))


def _correction(feet: FloatArray, fps: float) -> FloatArray:
    """(4,) what turns a foot first, so that its turns (N, 4) leave the sole level."""
    if len(feet) < _LEAST_S * fps:
        return rotation.identity()
    up = np.median(rotation.rotate(rotation.conjugate(feet), np.broadcast_to(_UP, (len(feet), 3))), axis=0)
    up = up / max(float(np.linalg.norm(up)), 1e-12)
    if up[2] < np.cos(np.radians(_FARTHEST_DEG)):
        return rotation.identity()
    return rotation.between(_UP, up)

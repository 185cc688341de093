"""The way over ground, told apart from how the hips sway on it."""

from __future__ import annotations

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .blending import smoothed

# a walk sways twice a second and from side to side once; slower than this is going somewhere
_SWAY_S = 0.4
_TURNING_S = 0.2
# a lateral axis this steep says nothing about where a body faces
_STEEP = 0.3


def drift(path: FloatArray, fps: float, *, cyclic: bool) -> FloatArray:
    """(T, 3) the level way that a path takes, from nothing at its first frame; heights are 0.

    Args:
        path: (T, 3) of the hips, Z up.
        fps: frames per second.
        cyclic: of a loop, where the way must be a straight line for the rounds to fit.
    """
    level: FloatArray = path * [1.0, 1.0, 0.0]
    if cyclic:
        share = np.linspace(0.0, 1.0, len(path))[:, None]
        straight: FloatArray = share * (level[-1] - level[0])
        return straight
    slow = smoothed(level, _SWAY_S * fps)
    way: FloatArray = slow - slow[0]
    return way


def heading(hips: FloatArray, left: FloatArray, fps: float) -> FloatArray:
    """(T,) radians that a body has turned about the vertical since its first frame, without its sway.

    Args:
        hips: (T, 4) turn of the hips in the world since rest.
        left: (3,) the body's left at rest.
        fps: frames per second.
    """
    across = rotation.rotate(hips, left)
    flat = np.hypot(across[:, 0], across[:, 1])
    sure = np.flatnonzero(flat > _STEEP)
    if len(sure) == 0:
        return np.zeros(len(hips))
    angles = np.unwrap(np.arctan2(across[sure, 1], across[sure, 0]))
    slow = smoothed(np.interp(np.arange(len(hips)), sure, angles), _TURNING_S * fps)
    turned: FloatArray = slow - slow[0]
    return turned

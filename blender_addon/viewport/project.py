"""From the world to pixels, for many points at once. No Blender in here."""

from __future__ import annotations

import numpy as np

_NEAR = 1e-6  # points nearer to the camera's plane than this have no place on the screen


def pixels_of(points: np.ndarray, perspective: np.ndarray, width: int, height: int) -> np.ndarray:
    """Where world points appear in a viewport region.

    Args:
        points: (B, 3) world positions.
        perspective: (4, 4) window matrix times view matrix (`RegionView3D.perspective_matrix`).
        width, height: of the region.

    Returns:
        (B, 2) pixels, origin bottom left; NaN for points behind the camera.
    """
    homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ perspective.T
    depth = homogeneous[:, 3:4]
    shown = np.where(depth > _NEAR, depth, np.nan)
    return (homogeneous[:, :2] / shown + 1.0) * 0.5 * np.array([width, height])

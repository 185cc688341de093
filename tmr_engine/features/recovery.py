"""Features back to joint positions, in both ways that the representation allows."""

from __future__ import annotations

import numpy as np

from ..errors import FeatureError
from ..motion import rotation
from ..motion.rotation import FloatArray
from .skeletons import HUMANML3D, FeatureSkeleton
from .swings import positions, unit


def features_to_joints(features: FloatArray, skeleton: FeatureSkeleton = HUMANML3D) -> FloatArray:
    """Joints from the stored positions (dims 0 to 66): what retrieval papers render.

    Args:
        features: (T, 263), mean and deviation undone, 20 frames per second.
        skeleton: another than HumanML3D's; width, joints, unit and rate are then its own.

    Returns:
        (T, 22, 3) float32 metres, Y up, starting at x = z = 0 and facing +Z.

    Raises:
        FeatureError: the last axis is not 263, or a value is not finite.
    """
    features = _checked(features, skeleton)
    heading, root = _root(features)
    bones = len(skeleton) - 1
    local = features[:, 4 : 4 + 3 * bones].reshape(-1, bones, 3)
    joints = rotation.rotate(heading[:, None], local)
    joints[..., [0, 2]] += root[:, None, [0, 2]]
    return np.concatenate([root[:, None], joints], axis=1).astype(np.float32)


def features_to_joints_by_rotation(features: FloatArray, skeleton: FeatureSkeleton = HUMANML3D) -> FloatArray:
    """Joints from the stored rotations (dims 0 to 3 and 67 to 192) on the reference skeleton.

    Arguments, result and errors as `features_to_joints`.
    """
    features = _checked(features, skeleton)
    heading, root = _root(features)
    bones = len(skeleton) - 1
    pairs = features[:, 4 + 3 * bones : 4 + 9 * bones].reshape(-1, bones, 2, 3)
    # Zhou et al. 2019: two columns, made orthogonal, give the matrix
    x = unit(pairs[..., 0, :])
    z = unit(np.cross(x, pairs[..., 1, :]))
    matrices = np.stack([x, np.cross(z, x), z], axis=-1)
    inverse_heading = rotation.conjugate(heading)
    quats = np.concatenate([inverse_heading[:, None], rotation.from_matrix(matrices)], axis=1)
    return positions(quats, root, skeleton).astype(np.float32)


def _checked(features: FloatArray, skeleton: FeatureSkeleton) -> FloatArray:
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or features.shape[1] != skeleton.width:
        raise FeatureError(f"features are {features.shape}, expected (frames, {skeleton.width})")
    if not np.isfinite(features).all():
        frame = int(np.argmax(~np.isfinite(features).all(axis=1)))
        raise FeatureError(f"frame {frame} holds a feature that is not finite")
    return features


def _root(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Headings (T, 4), facing frame to world, and root positions (T, 3)."""
    # dim 0 is already half an angle: no further half here
    half = np.concatenate([[0.0], np.cumsum(features[:-1, 0])])
    zero = np.zeros_like(half)
    heading = np.stack([np.cos(half), zero, -np.sin(half), zero], axis=-1)
    steps = np.zeros((len(features), 3))
    steps[1:, 0], steps[1:, 2] = features[:-1, 1], features[:-1, 2]
    root = np.cumsum(rotation.rotate(heading, steps), axis=0)
    root[:, 1] = features[:, 3]
    return heading, root

"""Twist-free bone rotations, as the representation defines them.

The published features carry oddities of the code that made them; they are kept, because models are trained on
them. Each is named where it stands (Q numbers: docs/features.md).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..errors import FeatureError
from ..motion import rotation
from ..motion.rotation import FloatArray
from .skeletons import HUMANML3D, FeatureSkeleton

_UP = np.array([0.0, 1.0, 0.0])
FORWARD = np.array([0.0, 0.0, 1.0])
_SMOOTHING_SIGMA = 20  # frames: one second
_SMOOTHING_RADIUS = 80  # frames: four sigma


def check_joints(joints: FloatArray, skeleton: FeatureSkeleton = HUMANML3D) -> FloatArray:
    """The skeleton's joints, the first J of (T, J or more, 3), as float64.

    Raises:
        FeatureError: another shape, fewer than two frames, or a value is not finite.
    """
    joints = np.asarray(joints, dtype=np.float64)
    if joints.ndim != 3 or joints.shape[1] < len(skeleton) or joints.shape[2] != 3:
        raise FeatureError(f"joint positions are {joints.shape}, expected (frames, {len(skeleton)}, 3)")
    if len(joints) < 2:
        raise FeatureError("one frame has no velocity; features need at least two frames")
    joints = joints[:, : len(skeleton)]
    if not np.isfinite(joints).all():
        frame = int(np.argmax(~np.isfinite(joints).all(axis=(1, 2))))
        raise FeatureError(f"frame {frame} holds a joint position that is not finite")
    return joints


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors (..., 3) at length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: FloatArray = vectors / np.where(lengths > 0, lengths, 1.0)
    return scaled


def swings(joints: FloatArray, skeleton: FeatureSkeleton, *, smooth: bool) -> FloatArray:
    """Inverse kinematics of the representation.

    Args:
        joints: (T, J, 3) positions.
        skeleton: whose joints they are.
        smooth: smooth the heading over time, as the features (not the skeleton change) do.

    Returns:
        (T, J, 4). Row 0 is the inverse heading: it turns world vectors into the facing frame. Row j is the
        twist-free swing of the bone that ends in joint j, relative to the previous bone of its chain.
    """
    quats = rotation.identity(*joints.shape[:2])
    root = _inverse_heading(joints, skeleton, smooth)
    quats[:, 0] = root
    for chain in skeleton.chains:
        # Q4: the arm chains start from the root's rotation too, not from the spine they hang on
        before = root
        for start, end in pairwise(chain):
            swing = rotation.between(skeleton.directions[end], unit(joints[:, end] - joints[:, start]))
            quats[:, end] = rotation.multiply(rotation.conjugate(before), swing)
            before = swing
    return quats


def positions(quats: FloatArray, root_positions: FloatArray, skeleton: FeatureSkeleton) -> FloatArray:
    """Forward kinematics of the representation: the inverse of `swings`, on the reference skeleton.

    Args:
        quats: (T, J, 4) as `swings` returns them.
        root_positions: (T, 3).
        skeleton: gives the bone lengths, in the unit of the positions.

    Returns:
        (T, J, 3).
    """
    joints = np.zeros((len(quats), len(skeleton), 3))
    joints[:, 0] = root_positions
    offsets = skeleton.offsets
    for chain in skeleton.chains:
        turn = quats[:, 0]
        for start, end in pairwise(chain):
            turn = rotation.multiply(turn, quats[:, end])
            joints[:, end] = joints[:, start] + rotation.rotate(turn, offsets[end])
    return joints


def _inverse_heading(joints: FloatArray, skeleton: FeatureSkeleton, smooth: bool) -> FloatArray:
    right_hip, left_hip, right_shoulder, left_shoulder = *skeleton.hips, *skeleton.shoulders
    # Q2: the hip term has the wrong sign in the code that made the published features
    hips = joints[:, left_hip] - joints[:, right_hip]
    across = hips + (joints[:, right_shoulder] - joints[:, left_shoulder])
    forward = np.cross(_UP, unit(across))
    if smooth:
        forward = _smoothed(forward)
    root = _turns_to_forward(unit(forward))
    root[0] = [1.0, 0.0, 0.0, 0.0]  # Q8: frame 0 is taken to face +Z
    return root


def _turns_to_forward(forward: FloatArray) -> FloatArray:
    """Shortest turns of horizontal vectors to +Z; the exact opposite turns half about Y (Q6)."""
    turns = rotation.between(forward, FORWARD)
    opposite = forward[..., 2] < -1.0 + 1e-8
    return np.where(opposite[..., None], np.array([0.0, 0.0, 1.0, 0.0]), turns)


def facing_turn(joints: FloatArray, skeleton: FeatureSkeleton) -> FloatArray:
    """(4,) the turn that makes the first frame of (T, J, 3) joints face +Z."""
    right_hip, left_hip, right_shoulder, left_shoulder = *skeleton.hips, *skeleton.shoulders
    hips = joints[0, right_hip] - joints[0, left_hip]
    across = unit(hips + (joints[0, right_shoulder] - joints[0, left_shoulder]))
    return _turns_to_forward(unit(np.cross(_UP, across)))


def _smoothed(rows: FloatArray) -> FloatArray:
    """Gaussian filter over time, edge values repeated."""
    reach = np.arange(-_SMOOTHING_RADIUS, _SMOOTHING_RADIUS + 1)
    kernel = np.exp(-0.5 * (reach / _SMOOTHING_SIGMA) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(rows, ((_SMOOTHING_RADIUS, _SMOOTHING_RADIUS), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel, mode="valid") for column in padded.T], axis=-1)

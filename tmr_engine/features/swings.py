"""Twist-free bone rotations of the 22-joint skeleton, as the representation defines them.

The published features carry oddities of the code that made them; they are kept, because models are trained on
them. Each is named where it stands (Q numbers: docs/features.md).
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..errors import FeatureError
from ..motion import rotation
from ..motion.rotation import FloatArray

_TABLE = json.loads(Path(__file__).with_name("skeleton.json").read_text(encoding="utf-8"))
JOINT_NAMES: tuple[str, ...] = tuple(joint["name"] for joint in _TABLE["joints"])
CHAINS: tuple[tuple[int, ...], ...] = tuple(tuple(chain) for chain in _TABLE["chains"])
PARENTS: FloatArray = np.array([joint["parent"] for joint in _TABLE["joints"]])
DIRECTIONS: FloatArray = np.array([joint["direction"] for joint in _TABLE["joints"]], dtype=np.float64)
LENGTHS: FloatArray = np.array([joint["length"] for joint in _TABLE["joints"]])
REFERENCE_OFFSETS: FloatArray = DIRECTIONS * LENGTHS[:, None]  # (22, 3) metres

LEFT_HIP, RIGHT_HIP, LEFT_SHOULDER, RIGHT_SHOULDER = 1, 2, 16, 17
_UP = np.array([0.0, 1.0, 0.0])
FORWARD = np.array([0.0, 0.0, 1.0])
_SMOOTHING_SIGMA = 20  # frames: one second
_SMOOTHING_RADIUS = 80  # frames: four sigma


def check_joints(joints: FloatArray) -> FloatArray:
    """The first 22 joints as float64.

    Raises:
        FeatureError: not (T, 22 or more, 3), fewer than two frames, or a value is not finite.
    """
    joints = np.asarray(joints, dtype=np.float64)
    if joints.ndim != 3 or joints.shape[1] < len(JOINT_NAMES) or joints.shape[2] != 3:
        raise FeatureError(f"joint positions are {joints.shape}, expected (frames, 22, 3)")
    if len(joints) < 2:
        raise FeatureError("one frame has no velocity; features need at least two frames")
    joints = joints[:, : len(JOINT_NAMES)]
    if not np.isfinite(joints).all():
        frame = int(np.argmax(~np.isfinite(joints).all(axis=(1, 2))))
        raise FeatureError(f"frame {frame} holds a joint position that is not finite")
    return joints


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors (..., 3) at length 1; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: FloatArray = vectors / np.where(lengths > 0, lengths, 1.0)
    return scaled


def swings(joints: FloatArray, *, smooth: bool) -> FloatArray:
    """Inverse kinematics of the representation.

    Args:
        joints: (T, 22, 3) positions.
        smooth: smooth the heading over time, as the features (not the skeleton change) do.

    Returns:
        (T, 22, 4). Row 0 is the inverse heading: it turns world vectors into the facing frame. Row j is the
        twist-free swing of the bone that ends in joint j, relative to the previous bone of its chain.
    """
    quats = rotation.identity(*joints.shape[:2])
    root = _inverse_heading(joints, smooth)
    quats[:, 0] = root
    for chain in CHAINS:
        # Q4: the arm chains start from the root's rotation too, not from the spine they hang on
        before = root
        for start, end in pairwise(chain):
            swing = rotation.between(DIRECTIONS[end], unit(joints[:, end] - joints[:, start]))
            quats[:, end] = rotation.multiply(rotation.conjugate(before), swing)
            before = swing
    return quats


def positions(quats: FloatArray, root_positions: FloatArray, offsets: FloatArray) -> FloatArray:
    """Forward kinematics of the representation: the inverse of `swings` for offsets of the same directions.

    Args:
        quats: (T, 22, 4) as `swings` returns them.
        root_positions: (T, 3) metres.
        offsets: (22, 3) metres, raw direction times bone length.

    Returns:
        (T, 22, 3) metres.
    """
    joints = np.zeros((len(quats), len(JOINT_NAMES), 3))
    joints[:, 0] = root_positions
    for chain in CHAINS:
        turn = quats[:, 0]
        for start, end in pairwise(chain):
            turn = rotation.multiply(turn, quats[:, end])
            joints[:, end] = joints[:, start] + rotation.rotate(turn, offsets[end])
    return joints


def _inverse_heading(joints: FloatArray, smooth: bool) -> FloatArray:
    # Q2: the hip term has the wrong sign in the code that made the published features
    hips = joints[:, LEFT_HIP] - joints[:, RIGHT_HIP]
    across = hips + (joints[:, RIGHT_SHOULDER] - joints[:, LEFT_SHOULDER])
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


def facing_turn(joints: FloatArray) -> FloatArray:
    """(4,) the turn that makes the first frame of (T, 22, 3) joints face +Z."""
    hips = joints[0, RIGHT_HIP] - joints[0, LEFT_HIP]
    across = unit(hips + (joints[0, RIGHT_SHOULDER] - joints[0, LEFT_SHOULDER]))
    return _turns_to_forward(unit(np.cross(_UP, across)))


def _smoothed(rows: FloatArray) -> FloatArray:
    """Gaussian filter over time, edge values repeated."""
    reach = np.arange(-_SMOOTHING_RADIUS, _SMOOTHING_RADIUS + 1)
    kernel = np.exp(-0.5 * (reach / _SMOOTHING_SIGMA) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(rows, ((_SMOOTHING_RADIUS, _SMOOTHING_RADIUS), (0, 0)), mode="edge")
    return np.stack([np.convolve(column, kernel, mode="valid") for column in padded.T], axis=-1)

"""Quaternions and rotation matrices on stacked NumPy arrays.

Quaternions are (..., 4), order (w, x, y, z), unit length, Hamilton product; composition reads right to
left: `multiply(a, b)` turns by b first. Matrices are (..., 3, 3) and act on column vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating[Any]]

_AXES = {"X": 0, "Y": 1, "Z": 2}


def identity(*shape: int) -> FloatArray:
    """(*shape, 4) identity quaternions."""
    quats = np.zeros((*shape, 4))
    quats[..., 0] = 1.0
    return quats


def normalize(quats: FloatArray) -> FloatArray:
    """The same quaternions at unit length; a zero quaternion becomes the identity."""
    norms = np.linalg.norm(quats, axis=-1, keepdims=True)
    safe = np.where(norms > 1e-12, norms, 1.0)
    unit = quats / safe
    return np.where(norms > 1e-12, unit, np.array([1.0, 0.0, 0.0, 0.0], dtype=unit.dtype))


def conjugate(quats: FloatArray) -> FloatArray:
    """The inverse of unit quaternions."""
    return quats * np.array([1.0, -1.0, -1.0, -1.0], dtype=quats.dtype)


def multiply(a: FloatArray, b: FloatArray) -> FloatArray:
    """Hamilton product a b (turn by b, then by a), broadcasting over leading axes."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def rotate(quats: FloatArray, vectors: FloatArray) -> FloatArray:
    """Vectors (..., 3) turned by quaternions (..., 4), broadcasting over leading axes."""
    w = quats[..., :1]
    axis = quats[..., 1:]
    axis, vectors = np.broadcast_arrays(axis, vectors)
    twice = 2.0 * np.cross(axis, vectors)
    turned: FloatArray = vectors + w * twice + np.cross(axis, twice)
    return turned


def from_axis_angle(vectors: FloatArray) -> FloatArray:
    """Rotation vectors (..., 3), angle in radians as length, to quaternions (the exponential map)."""
    angle = np.linalg.norm(vectors, axis=-1, keepdims=True)
    half = 0.5 * angle
    # sin(x)/x by its series near zero, so that tiny rotations keep full precision
    scale = np.where(angle > 1e-6, np.sin(half) / np.where(angle > 1e-6, angle, 1.0), 0.5 - angle**2 / 48.0)
    return np.concatenate([np.cos(half), vectors * scale], axis=-1)


def to_axis_angle(quats: FloatArray) -> FloatArray:
    """Quaternions to rotation vectors (..., 3) with an angle of at most pi."""
    quats = np.where(quats[..., :1] < 0, -quats, quats)
    sine = np.linalg.norm(quats[..., 1:], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, quats[..., :1])
    scale = np.where(sine > 1e-9, angle / np.where(sine > 1e-9, sine, 1.0), 2.0)
    return quats[..., 1:] * scale


def about_axis(axis: str, radians: FloatArray) -> FloatArray:
    """Turns about one coordinate axis ("X", "Y" or "Z"): angles (...) to quaternions (..., 4)."""
    half = 0.5 * np.asarray(radians, dtype=np.float64)
    quats = np.zeros((*half.shape, 4))
    quats[..., 0] = np.cos(half)
    quats[..., 1 + _AXES[axis]] = np.sin(half)
    return quats


def from_euler(order: str, radians: FloatArray) -> FloatArray:
    """Euler angles to quaternions, R = R1 R2 R3 as a BVH file writes its channels.

    Args:
        order: axes in written order, for example "ZXY"; one to three letters.
        radians: (..., len(order)).
    """
    quats = about_axis(order[0], radians[..., 0])
    for column, axis in enumerate(order[1:], start=1):
        quats = multiply(quats, about_axis(axis, radians[..., column]))
    return quats


def from_matrix(matrices: FloatArray) -> FloatArray:
    """Rotation matrices (..., 3, 3) to quaternions with w >= 0, stable for every angle.

    Takes the largest of the four squared components first (Shepperd 1978).
    """
    m = np.asarray(matrices, dtype=np.float64)
    m00, m11, m22 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    squares = np.stack(
        [1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22], axis=-1
    )
    xw, yw, zw = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    rows = np.stack(
        [
            np.stack([squares[..., 0], xw, yw, zw], axis=-1),
            np.stack([xw, squares[..., 1], xy, xz], axis=-1),
            np.stack([yw, xy, squares[..., 2], yz], axis=-1),
            np.stack([zw, xz, yz, squares[..., 3]], axis=-1),
        ],
        axis=-2,
    )
    largest = np.argmax(squares, axis=-1)
    picked = np.take_along_axis(rows, largest[..., None, None], axis=-2)[..., 0, :]
    quats = normalize(picked)
    return np.where(quats[..., :1] < 0, -quats, quats)


def to_matrix(quats: FloatArray) -> FloatArray:
    """Unit quaternions (..., 4) to rotation matrices (..., 3, 3)."""
    w, x, y, z = np.moveaxis(quats, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def between(a: FloatArray, b: FloatArray) -> FloatArray:
    """The shortest turns that take unit vectors a (..., 3) to unit vectors b (..., 3).

    Opposite vectors have no shortest turn; any axis across a is taken.
    """
    a, b = np.broadcast_arrays(a, b)
    w = 1.0 + np.sum(a * b, axis=-1, keepdims=True)
    quats = np.concatenate([w, np.cross(a, b)], axis=-1)
    helper = np.where(np.abs(a[..., :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    across = np.cross(a, helper)
    half_turn = np.concatenate([np.zeros_like(w), across], axis=-1)
    return normalize(np.where(w < 1e-8, half_turn, quats))


def slerp(a: FloatArray, b: FloatArray, weight: ArrayLike) -> FloatArray:
    """Spherical interpolation on the shorter way: weight 0 gives a, 1 gives b.

    Args:
        a, b: (..., 4) unit quaternions.
        weight: broadcastable to (...).
    """
    dot = np.sum(a * b, axis=-1, keepdims=True)
    b = np.where(dot < 0, -b, b)
    dot = np.clip(np.abs(dot), 0.0, 1.0)
    share = np.asarray(weight, dtype=np.float64)[..., None]
    angle = np.arccos(dot)
    sine = np.sin(angle)
    near = sine < 1e-5  # linear is exact to rounding there, and the division is not
    safe = np.where(near, 1.0, sine)
    wa = np.where(near, 1.0 - share, np.sin((1.0 - share) * angle) / safe)
    wb = np.where(near, share, np.sin(share * angle) / safe)
    return normalize(wa * a + wb * b)


def continuous(quats: FloatArray) -> FloatArray:
    """The same rotations with signs chosen so that neighbours along axis 0 never flip."""
    if len(quats) < 2:
        return quats
    signs = np.where(np.sum(quats[1:] * quats[:-1], axis=-1) < 0, -1.0, 1.0)
    keep = np.concatenate([np.ones((1, *signs.shape[1:])), np.cumprod(signs, axis=0)])
    signed: FloatArray = quats * keep[..., None]
    return signed


def angle_between(a: FloatArray, b: FloatArray) -> FloatArray:
    """The angle in radians, 0 to pi, of the turn from a to b; precise near zero."""
    relative = multiply(conjugate(a), b)
    sine = np.linalg.norm(relative[..., 1:], axis=-1)
    angle: FloatArray = 2.0 * np.arctan2(sine, np.abs(relative[..., 0]))
    return angle

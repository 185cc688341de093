"""Quaternions as the channels of Blender's rotation modes, continuous over the frames."""

from __future__ import annotations

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray

_AXES = {"X": 0, "Y": 1, "Z": 2}

# nearer to the pole than this, the first and the last Euler angle turn about the same axis; any farther away,
# keeping the first one would turn the bone by as much as is missing to the pole
_GIMBAL = np.radians(89.99)


def channels(mode: str, quats: FloatArray) -> tuple[str, FloatArray]:
    """The property that a rotation mode keys, and its values.

    Args:
        mode: "QUATERNION", "AXIS_ANGLE" or an Euler order as Blender names it.
        quats: (T, 4) unit quaternions, sign-continuous.

    Returns:
        the property's name and (T, 3) or (T, 4) values, radians.
    """
    if mode == "QUATERNION":
        return "rotation_quaternion", quats
    if mode == "AXIS_ANGLE":
        return "rotation_axis_angle", axis_angle(quats)
    return "rotation_euler", euler(mode, quats)


def euler(order: str, quats: FloatArray) -> FloatArray:
    """(T, 3) Euler angles in radians, stored x, y, z, of sign-continuous quaternions (T, 4).

    Blender's "XYZ" turns about X first: R = Rz Ry Rx. Of the two triples that give a rotation the one nearest
    to the frame before is taken, shifted by whole turns; near the pole, where only the sum of the outer
    angles is known, the first one turned is kept as it was.
    """
    i, j, k = (_AXES[letter] for letter in order)
    parity = 1.0 if (j - i) % 3 == 1 else -1.0
    m = rotation.to_matrix(quats)
    cosine = np.hypot(m[:, i, i], m[:, j, i])
    middle = np.arctan2(-parity * m[:, k, i], cosine)
    first = np.arctan2(parity * m[:, k, j], m[:, k, k])
    last = np.arctan2(parity * m[:, j, i], m[:, i, i])
    near_pole = np.abs(middle) > _GIMBAL
    found = np.empty((len(quats), 3))
    before: FloatArray | None = None
    for frame in range(len(quats)):
        if near_pole[frame]:
            kept = 0.0 if before is None else float(before[0])
            candidates = [_with_first(m[frame], (i, j, k), parity, kept)]
        else:
            a, b, c = first[frame], middle[frame], last[frame]
            candidates = [np.array([a, b, c]), np.array([a + np.pi, np.pi - b, c + np.pi])]
        if before is None:
            before = candidates[0]
        else:
            previous = before
            near = [c + 2 * np.pi * np.round((previous - c) / (2 * np.pi)) for c in candidates]
            before = min(near, key=lambda c: float(np.abs(c - previous).sum()))
        found[frame] = before
    stored = np.empty_like(found)
    stored[:, [i, j, k]] = found
    return stored


def _with_first(m: FloatArray, axes: tuple[int, int, int], parity: float, first: float) -> FloatArray:
    """The other two angles of a rotation matrix whose first-turned angle is given."""
    i, j, k = axes
    # R = Rk Rj Ri, so Rk Rj = R Ri^-1; its columns show the two angles plainly
    cosine, sine = np.cos(first), parity * np.sin(first)
    column_j = m[:, j] * cosine - m[:, k] * sine
    middle = np.arctan2(-parity * m[k, i], m[i, i] * column_j[j] - m[j, i] * column_j[i])
    last = np.arctan2(-parity * column_j[i], column_j[j])
    return np.array([first, middle, last])


def axis_angle(quats: FloatArray) -> FloatArray:
    """(T, 4) angle in radians and unit axis of sign-continuous quaternions (T, 4).

    The angle runs on past half a turn instead of flipping the axis. Where there is no turn the axis of a
    neighbouring frame is kept, so that interpolated frames do not swing.
    """
    sine = np.linalg.norm(quats[:, 1:], axis=1)
    angle = 2.0 * np.arctan2(sine, quats[:, 0])
    turning = sine > 1e-6
    axis = np.where(turning[:, None], quats[:, 1:] / np.where(turning, sine, 1.0)[:, None], 0.0)
    places = np.arange(len(quats))
    if not turning.any():
        axis = np.tile([0.0, 1.0, 0.0], (len(quats), 1))
    else:
        source = np.maximum.accumulate(np.where(turning, places, -1))
        source[source < 0] = places[turning][0]
        axis = axis[source]
        # the same turn is (angle, axis) and (-angle, -axis): keep the axis on one side
        signs = np.cumprod(np.where(np.sum(axis[1:] * axis[:-1], axis=1) < 0, -1.0, 1.0))
        signs = np.concatenate([[1.0], signs])
        axis, angle = axis * signs[:, None], np.unwrap(angle * signs)
    return np.column_stack([angle, axis])

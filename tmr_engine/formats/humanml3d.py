"""HumanML3D arrays (.npy): `new_joints` positions and `new_joint_vecs` features, to `Motion`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import FeatureError, MotionFileError
from ..features import features_to_joints
from ..motion import Motion
from ..motion.rotation import FloatArray
from .fitting import fit_rotations
from .numpy_files import numbers, read_npy
from .reader import Reader, ReadOptions
from .smpl_body import neutral_skeleton

FPS = 20.0  # of everything in HumanML3D; the arrays do not say
_JOINTS = 22
_FEATURES = 263
_BODY_M = (0.3, 3.0)


def read(path: Path, options: ReadOptions) -> list[Motion]:
    """The one take of an array: (T, 22, 3) positions in metres, Y up, or (T, 263) features.

    Raises:
        MotionFileError: it has another shape, or no body fits the positions.
        OSError: the file cannot be opened.
    """
    array = read_npy(path)
    if array.ndim == 3 and array.shape[1:] == (_JOINTS, 3):
        positions = numbers(array, "positions")
    elif array.ndim == 2 and array.shape[1] == _FEATURES:
        try:
            positions = features_to_joints(numbers(array, "features")).astype(np.float64)
        except FeatureError as error:
            raise MotionFileError(error.what, why=error.why, fix=error.fix) from error
    else:
        raise MotionFileError(
            f"the array is {array.shape}",
            why=f"HumanML3D has (frames, {_JOINTS}, 3) positions or (frames, {_FEATURES}) features",
        )
    if len(positions) == 0:
        raise MotionFileError("there is no frame")
    positions = positions * (options.unit_m or 1.0)
    _check_size(positions)
    return [fit_rotations(neutral_skeleton(), positions, options.fps or FPS)]


READER = Reader("HumanML3D", (".npy",), read)


def _check_size(positions: FloatArray) -> None:
    """Refuses what is no body in metres: all joints in one point, or a giant."""
    extent = float(np.median(np.ptp(positions, axis=1).max(axis=-1)))
    if not _BODY_M[0] <= extent <= _BODY_M[1]:
        raise MotionFileError(
            f"the body is {extent:,.3g} m large",
            why="the positions are not in metres, or are no body",
            fix="set the unit, or take the file out of the library",
        )

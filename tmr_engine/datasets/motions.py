"""A motion of a data set to features, whatever it is stored as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..canonical import feature_joints
from ..errors import MotionFileError
from ..features import FEATURE_WIDTH, joints_to_features, mirror_joints
from ..formats import ReadOptions, read_motion
from ..formats.numpy_files import numbers, read_npy
from ..formats.pack import SUFFIX, Pack
from ..motion import Motion
from ..motion.rotation import FloatArray
from .dataset import MotionPlace

KIT_WIDTH = 251
_WIDTHS = (FEATURE_WIDTH, KIT_WIDTH)
_JOINTS = 22

# a pack's index names hundreds of clips: it is read once, not once a clip
_open_pack = lru_cache(maxsize=4)(Pack.open)


def read_take(path: Path, take: str, options: ReadOptions) -> Motion:
    """One take of a motion file; of a pack, only that take is unpacked.

    Raises:
        MotionFileError: the file is damaged or has no such take.
        OSError: the file cannot be opened.
    """
    if path.suffix == SUFFIX and take:
        return _open_pack(path).read(take)
    return read_motion(path, take, options)


@dataclass(frozen=True)
class FeatureReader:
    """Reads the features of motions; call it with a `MotionPlace`.

    Args:
        body_models: folder of the user's own SMPL-H or SMPL-X models, for AMASS files; None puts poses on
            a neutral body.
        read: reads one take of a motion file; `read_take` where the data set has no format of its own.
    """

    body_models: Path | None = None
    read: Callable[[Path, str, ReadOptions], Motion] = read_take

    def __call__(self, place: MotionPlace) -> FloatArray:
        """(T, 263) float32 features (251 of a KIT-ML feature file), 20 frames per second.

        Raises:
            MotionFileError: the file is damaged.
            FeatureError: the motion is too short.
            RetargetError: the skeleton is no human's.
            OSError: the file cannot be opened.
        """
        if place.path.suffix == ".npy":
            array = numbers(read_npy(place.path), place.path.name)
            if array.ndim == 2 and array.shape[1] in _WIDTHS and not place.mirrored:
                return array.astype(np.float32)
            if array.ndim != 3 or array.shape[1] < _JOINTS or array.shape[2] != 3:
                raise MotionFileError(
                    f"the array is {array.shape}, neither features nor joint positions", where=str(place.path)
                )
            joints = array
        else:
            joints = self._joints(place)
        return joints_to_features(mirror_joints(joints) if place.mirrored else joints)

    def _joints(self, place: MotionPlace) -> FloatArray:
        options = ReadOptions(fps=place.fps or None, body_models=self.body_models)
        motion = self.read(place.path, place.take, options)
        return feature_joints(motion)

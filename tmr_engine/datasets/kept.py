"""Features that took work, kept on disk: without it, every run on AMASS begins with an hour of kinematics."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..atomic import replacing
from ..errors import MotionFileError
from ..formats.numpy_files import read_npy
from ..motion.rotation import FloatArray
from .dataset import MotionPlace

_RECIPE = 1  # to be raised when joints or features of the same file come out otherwise


@dataclass(frozen=True)
class KeptFeatures:
    """A reader that remembers what another one read. Files that change are read again.

    Args:
        read: the other one.
        folder: where features are kept.
        salt: what else the features depend on (the body models).
    """

    read: Callable[[MotionPlace], FloatArray]
    folder: Path
    salt: str = ""

    def __call__(self, place: MotionPlace) -> FloatArray:
        """The features of a motion; errors as those of the other reader."""
        if place.path.suffix == ".npy":
            return self.read(place)  # features already, or joints, which cost no more than they are worth
        path = self.folder / f"{self._name(place)}.npy"
        if path.is_file():
            try:
                return read_npy(path)
            except MotionFileError:
                path.unlink(missing_ok=True)  # a damaged memory is none
        features = self.read(place)
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.save(file, features)
        return features

    def _name(self, place: MotionPlace) -> str:
        status = place.path.stat()
        facts = (
            _RECIPE, self.salt, str(place.path.absolute()), status.st_size, status.st_mtime_ns,
            place.take, place.mirrored, place.fps,
        )  # fmt: skip
        return hashlib.blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

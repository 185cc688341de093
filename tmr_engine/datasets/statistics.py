"""Mean and deviation of features as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..atomic import replacing
from ..errors import MotionFileError
from ..features import Statistics
from ..formats.numpy_files import numbers, read_npy
from ..motion.rotation import FloatArray
from .dataset import DatasetError

MEAN, STD = "mean.npy", "std.npy"


def read_statistics(folder: Path) -> Statistics:
    """The statistics in a folder: `mean.npy` and `std.npy`.

    Raises:
        DatasetError: one is missing or damaged.
        FeatureError: they do not fit together.
    """
    return Statistics(_read(folder / MEAN), _read(folder / STD))


def write_statistics(folder: Path, statistics: Statistics) -> None:
    """Writes `mean.npy` and `std.npy`, each whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in ((MEAN, statistics.mean), (STD, statistics.std)):
        with replacing(folder / name) as file:
            np.save(file, values.astype(np.float32))


def _read(path: Path) -> FloatArray:
    try:
        return numbers(read_npy(path), path.stem).astype(np.float32)
    except MotionFileError as error:
        raise DatasetError(error.what, where=str(path), why=error.why) from error
    except OSError as error:
        raise DatasetError(
            "the statistics cannot be read", where=str(path), why=error.strerror or ""
        ) from error

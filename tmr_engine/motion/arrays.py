"""A motion as named arrays and back: how it crosses to another process, inside an .npz file.

The one who has the file reads and writes it (`numpy.load(path, allow_pickle=False)`); this module knows the
names and the types only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import MotionFileError
from .motion import Motion, Source
from .rotation import FloatArray
from .skeleton import Skeleton

_FLOATS = ("offsets", "rest_rotations", "root_translation", "rotations")


def arrays_from_motion(motion: Motion) -> dict[str, np.ndarray]:
    """The arrays of a motion by name; texts are arrays of `str`, numbers have no axis."""
    return {
        "names": np.array(motion.skeleton.names, dtype=np.str_),
        "parents": np.asarray(motion.skeleton.parents, dtype=np.int64),
        "offsets": motion.skeleton.offsets,
        "rest_rotations": motion.skeleton.rest_rotations,
        "root_translation": motion.root_translation,
        "rotations": motion.rotations,
        "fps": np.array(motion.fps),
        "path": np.array(motion.source.path, dtype=np.str_),
        "take": np.array(motion.source.take, dtype=np.str_),
        "range_s": np.array([motion.source.start_s, motion.source.end_s]),
        "warnings": np.array(motion.warnings, dtype=np.str_),
    }


def motion_from_arrays(arrays: Mapping[str, np.ndarray]) -> Motion:
    """The motion that `arrays_from_motion` took apart.

    Raises:
        MotionFileError: an array is missing, is no array of numbers, or the arrays do not fit together.
    """
    try:
        numbers: dict[str, FloatArray] = {name: np.asarray(arrays[name], np.float64) for name in _FLOATS}
        skeleton = Skeleton(
            names=tuple(arrays["names"].tolist()),
            parents=np.asarray(arrays["parents"], dtype=np.int64),
            offsets=numbers["offsets"],
            rest_rotations=numbers["rest_rotations"],
        )
        start_s, end_s = np.asarray(arrays["range_s"], dtype=np.float64).tolist()
        source = Source(str(arrays["path"]), str(arrays["take"]), start_s, end_s)
        return Motion(
            skeleton=skeleton,
            root_translation=numbers["root_translation"],
            rotations=numbers["rotations"],
            fps=float(arrays["fps"]),
            source=source,
            warnings=tuple(arrays["warnings"].tolist()),
        )
    except KeyError as error:
        raise MotionFileError(f"the array {error} of a motion is missing") from error
    except (TypeError, ValueError) as error:
        raise MotionFileError(f"an array of a motion is not what it should be: {error}") from error

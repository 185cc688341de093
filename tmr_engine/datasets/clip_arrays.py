"""Clips as bare arrays: an .npz of quaternions a clip, and one table of the skeletons.

skeletons.json   name -> {"joints": [...], "parents": [...]}, parents before children, -1 for the root
<clip>.npz       skeleton (name), fps, quat (T, J, 4) local (x, y, z, w), any integer type scaled by its
                 largest value, root (T, 3) metres, offsets (J, 3) metres; Y up
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MotionFileError
from ..formats import ReadOptions
from ..formats.numpy_files import numbers, read_npz
from ..formats.rest_frame import with_usable_rest
from ..motion import Motion, Skeleton, Source, rotation
from ..motion.skeleton import identity_rest
from .text_files import read_json

TABLE = "skeletons.json"
_NEEDED = frozenset({"quat", "root", "offsets", "fps", "skeleton"})


class ClipArrays:
    """Reads clips whose skeletons stand in one table; `read` fits `FeatureReader.read`."""

    def __init__(self, table: Path) -> None:
        """Reads the table.

        Raises:
            DatasetError: it is missing or no JSON object.
        """
        self._skeletons: dict[str, Any] = read_json(table)

    def read(self, path: Path, _take: str, options: ReadOptions) -> Motion:
        """One clip.

        Raises:
            MotionFileError: an array is missing or does not fit its skeleton.
            OSError: the file cannot be opened.
        """
        arrays = read_npz(path, _NEEDED)
        if arrays.keys() != _NEEDED:
            raise MotionFileError(
                f"there is no {', '.join(sorted(_NEEDED - arrays.keys()))}", where=str(path)
            )
        name = str(arrays["skeleton"])
        try:
            names = tuple(map(str, self._skeletons[name]["joints"]))
            parents = np.array(self._skeletons[name]["parents"], dtype=np.int64)
        except (KeyError, TypeError, ValueError) as error:
            raise MotionFileError(f'"{name}" is no skeleton of {TABLE}', where=str(path)) from error
        quats = arrays["quat"]
        scale = np.iinfo(quats.dtype).max if quats.dtype.kind == "i" else 1
        if quats.ndim != 3 or quats.shape[1:] != (len(names), 4):
            raise MotionFileError(f'"quat" is {quats.shape} for {len(names)} joints', where=str(path))
        rotations = rotation.normalize(numbers(quats, "quat")[..., [3, 0, 1, 2]] / scale)
        stated = numbers(arrays["fps"], "fps").ravel()
        fps = options.fps or (float(stated[0]) if stated.size == 1 else 0.0)
        if fps <= 0.0:
            raise MotionFileError(f"{stated} is no frame rate", where=str(path))
        root = numbers(arrays["root"], "root")
        skeleton = Skeleton(names, parents, numbers(arrays["offsets"], "offsets"), identity_rest(len(names)))
        source = Source(str(path), end_s=(len(root) - 1) / fps)
        # the arrays hold no rest pose: where zero rotations show no person, a frame that stands is taken
        return with_usable_rest(Motion(skeleton, root, rotations, fps, source))

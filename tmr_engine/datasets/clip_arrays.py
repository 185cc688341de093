"""Clips as bare arrays: an .npz of quaternions a clip, and one table of the skeletons.

skeletons.json   name -> {"joints": [...], "parents": [...]}, parents before children, -1 for the root
<clip>.npz       skeleton (name), fps, quat (T, J, 4) local (x, y, z, w), any integer type scaled by its
                 largest value, root (T, 3) metres, offsets (J, 3) metres; Y up
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MotionFileError, RetargetError
from ..formats import ReadOptions
from ..formats.numpy_files import numbers, read_npz
from ..formats.rest_frame import standing, with_usable_rest
from ..motion import Motion, Skeleton, Source, rotation
from ..motion.rotation import FloatArray
from ..motion.skeleton import identity_rest
from ..retarget import map_skeleton
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
        self._rests: dict[str, FloatArray | None] = {}

    def read(self, path: Path, _take: str, options: ReadOptions) -> Motion:
        """One clip.

        Raises:
            MotionFileError: an array is missing or does not fit its skeleton.
            OSError: the file cannot be opened.
        """
        return self._read(path, options, borrow=True)

    def _read(self, path: Path, options: ReadOptions, *, borrow: bool) -> Motion:
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
        motion = with_usable_rest(Motion(skeleton, root, rotations, fps, source))
        if not borrow or _is_known(motion.skeleton):
            return motion
        rest = self._rest_of_another(path, name)
        if rest is None:
            return motion
        return replace(motion, skeleton=standing(replace(skeleton, rest_rotations=rest)))

    def _rest_of_another(self, path: Path, name: str) -> FloatArray | None:
        """(J, 4) rest of the first clip beside this one, of the same skeleton, whose own rest shows a body.

        A clip of somebody who lies, crawls or floats from beginning to end shows no rest pose of its own.
        """
        if name not in self._rests:
            self._rests[name] = None
            for other in sorted(path.parent.glob(f"*{path.suffix}")):
                if str(read_npz(other, frozenset({"skeleton"})).get("skeleton")) != name:
                    continue
                found = self._read(other, ReadOptions(), borrow=False).skeleton
                if _is_known(found):
                    self._rests[name] = found.rest_rotations
                    break
        return self._rests[name]


def _is_known(skeleton: Skeleton) -> bool:
    """Whether the rest pose bears out what the joints are called."""
    try:
        return map_skeleton(skeleton).family != "structure"
    except RetargetError:
        return False

"""Motion files that only Blender reads: FBX and USD."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import MotionFileError
from ..motion import Motion
from ..motion.arrays import motion_from_arrays
from .child import TIME_LIMIT_S, run_background
from .find import BlenderCommand

BLENDER_SUFFIXES = (".fbx", ".usd", ".usda", ".usdc", ".usdz")


def read_with_blender(
    path: Path, *, blender: BlenderCommand | None = None, timeout_s: float = TIME_LIMIT_S
) -> list[Motion]:
    """Every take of a file that a background Blender can import, on its own skeleton.

    Lengths come as Blender's importer makes them of the file (its unit is heeded); the caller recognises
    units that the file states wrongly.

    Raises:
        MotionFileError: the file is not there, cannot be imported, or holds no moving armature.
        BlenderError: no Blender, or it failed.
    """
    if not path.is_file():
        raise MotionFileError("there is no such file", where=str(path))
    with tempfile.TemporaryDirectory(prefix="tmr-read-") as folder:
        request = {"path": str(path.absolute()), "out": folder}
        answer = run_background("read_motion", request, blender=blender, timeout_s=timeout_s)
        motions = [_read_arrays(Path(folder) / name) for name in answer["takes"]]
    return [replace(motion, source=replace(motion.source, path=str(path))) for motion in motions]


def _read_arrays(path: Path) -> Motion:
    with np.load(path, allow_pickle=False) as arrays:
        return motion_from_arrays(arrays)

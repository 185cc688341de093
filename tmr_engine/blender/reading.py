"""Motion files that only Blender reads: FBX and USD."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from ..motion import Motion
from ..motion.arrays import motion_from_arrays
from .child import TIME_LIMIT_S, run_background
from .find import BlenderCommand

BLENDER_SUFFIXES = (".fbx", ".usd", ".usda", ".usdc", ".usdz")


def read_with_blender(
    path: Path, *, blender: BlenderCommand | None = None, timeout_s: float = TIME_LIMIT_S
) -> list[Motion]:
    """Every take of a file that a background Blender can import, on its own skeleton.

    Y is up. Lengths are what Blender's importer makes of the file's unit; recognising a unit that the file
    states wrongly, and a rest pose that shows nobody, is left to the caller.

    Raises:
        MotionFileError: the file cannot be imported, or holds no moving armature.
        BlenderError: no Blender, or it failed.
    """
    with tempfile.TemporaryDirectory(prefix="tmr-read-") as folder:
        request = {"path": str(path.absolute()), "out": folder}
        answer = run_background("read_motion", request, blender=blender, timeout_s=timeout_s)
        return [_read_arrays(Path(folder) / name) for name in answer["takes"]]


def _read_arrays(path: Path) -> Motion:
    with np.load(path, allow_pickle=False) as arrays:
        return motion_from_arrays(arrays)

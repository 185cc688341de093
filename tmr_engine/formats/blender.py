"""FBX and USD, read by a background Blender; never by a parser of ours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..blender.reading import BLENDER_SUFFIXES, read_with_blender
from ..errors import MotionFileError
from ..motion import Motion
from .body import stature
from .conventions import recognised_unit
from .reader import Reader, ReadOptions, file_size_within
from .rest_frame import without_rest_frames

MAX_FILE_BYTES = 4 << 30
# A body of such a height is believed; the importer has heeded the unit that the file states.
_BELIEVABLE_M = (0.3, 3.0)


def read(path: Path, options: ReadOptions) -> list[Motion]:
    """Every take of an FBX or USD file.

    Raises:
        MotionFileError: Blender cannot import it, or nothing in it moves an armature.
        BlenderError: there is no Blender, or it failed.
        OSError: the file cannot be opened.
    """
    file_size_within(path, MAX_FILE_BYTES)
    path.open("rb").close()  # a file without permission is told apart from one that cannot be imported
    try:
        motions = read_with_blender(path)
    except MotionFileError as error:
        # the caller names the file once
        raise MotionFileError(error.what, why=error.why, fix=error.fix) from error
    return [without_rest_frames(_in_metres(motion, options)) for motion in motions]


READER = Reader("FBX and USD (by Blender)", BLENDER_SUFFIXES, read)


def _in_metres(motion: Motion, options: ReadOptions) -> Motion:
    """The motion scaled where the file's stated unit makes a giant or a dwarf of the body."""
    skeleton = motion.skeleton
    parents = skeleton.parents.tolist()
    warnings: list[str] = []
    if _BELIEVABLE_M[0] <= stature(parents, skeleton.offsets) <= _BELIEVABLE_M[1] and not options.unit_m:
        return motion
    unit_m = options.unit_m or recognised_unit(parents, skeleton.offsets, skeleton.names, warnings)
    return replace(
        motion,
        skeleton=replace(skeleton, offsets=skeleton.offsets * unit_m),
        root_translation=motion.root_translation * unit_m,
        warnings=(*motion.warnings, *warnings),
    )

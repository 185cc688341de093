"""Motion files: one module a format, all read into `Motion` (docs/formats.md).

    read_motions(path) -> list[Motion]      every take of a file
    read_motion(path, take) -> Motion       one take
    write_bvh(motion, path)

Bad input of any kind comes out as one `MotionFileError` that names the file; recoverable defects are read
and told in `Motion.warnings`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ..errors import MotionFileError
from ..motion import Motion, Source
from .acclaim import READER as ACCLAIM
from .amass import READER as AMASS
from .blender import READER as BLENDER
from .bvh import READER as BVH
from .bvh_writer import write_bvh
from .gltf import READER as GLTF
from .humanml3d import READER as HUMANML3D
from .pack import READER as PACK
from .reader import Reader, ReadOptions

READERS: tuple[Reader, ...] = (BVH, ACCLAIM, GLTF, AMASS, HUMANML3D, BLENDER, PACK)

_READER_OF = {suffix: reader for reader in READERS for suffix in reader.suffixes}

__all__ = ["READERS", "ReadOptions", "Reader", "can_read", "read_motion", "read_motions", "write_bvh"]


def can_read(path: str | os.PathLike[str]) -> bool:
    """Whether a file's suffix belongs to a reader; nothing is opened."""
    return Path(path).suffix.lower() in _READER_OF


def read_motions(path: str | os.PathLike[str], options: ReadOptions | None = None) -> list[Motion]:
    """Every take of a motion file.

    Args:
        path: the file; its suffix chooses the reader.
        options: what the user knows better than the file.

    Raises:
        MotionFileError: whatever is wrong with the file, located at it.
        BlenderError: the file needs a Blender to be read, and there is none or it failed.
    """
    file = Path(path)
    reader = _READER_OF.get(file.suffix.lower())
    if reader is None:
        known = " ".join(sorted(_READER_OF))
        raise MotionFileError(
            f'no motion format has the suffix "{file.suffix}"', where=str(file), fix=f"Known are {known}"
        )
    try:
        motions = reader.read(file, options or ReadOptions())
    except MotionFileError as error:
        raise error.located(str(file)) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise MotionFileError("the file cannot be opened", where=str(file), why=why) from error
    except MemoryError as error:
        raise MotionFileError("the file does not fit into memory", where=str(file)) from error
    return [replace(motion, source=_source(motion, path)) for motion in motions]


def _source(motion: Motion, path: str | os.PathLike[str]) -> Source:
    """The source with its path, and with a take name that every pipe and database can hold."""
    take = motion.source.take.encode("utf-8", "backslashreplace").decode("utf-8")
    return replace(motion.source, path=str(path), take=take)


def read_motion(path: str | os.PathLike[str], take: str = "", options: ReadOptions | None = None) -> Motion:
    """One take of a motion file; without a name, the only or the first one.

    Raises:
        MotionFileError: as `read_motions`, or the file has no take of that name.
    """
    motions = read_motions(path, options)
    for motion in motions:
        if take in ("", motion.source.take):
            return motion
    names = ", ".join(f'"{motion.source.take}"' for motion in motions)
    raise MotionFileError(f'there is no take "{take}"', where=str(path), fix=f"the file has {names}")

"""The take of a clip, read from its motion file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MotionFileError

if TYPE_CHECKING:  # a search reads no motion file: it must not pay for their modules
    from ..formats.pack import Pack
    from ..motion import Motion


def read_take(path: Path, take: str) -> Motion:
    """A take of a motion file.

    Raises:
        MotionFileError: the file cannot be read.
    """
    from ..formats import pack, read_motion  # noqa: PLC0415  a search reads no motion file

    if path.suffix.lower() != pack.SUFFIX:
        return read_motion(path, take)
    try:
        return _open_pack(path, path.stat().st_mtime_ns).read(
            take
        )  # of hundreds of takes only the wanted one
    except OSError as error:
        raise MotionFileError(f"the file cannot be read ({error.strerror})", where=str(path)) from error


@lru_cache(maxsize=4)  # a pack's index names hundreds of clips: it is read once, not once a clip
def _open_pack(path: Path, _changed_ns: int) -> Pack:
    from ..formats.pack import Pack  # noqa: PLC0415  a search reads no motion file

    return Pack.open(path)

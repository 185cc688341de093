"""The motions of a data set by their ids, on SMPL's 22 joints."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..canonical import to_canonical
from ..datasets.clip_arrays import TABLE, ClipArrays
from ..datasets.text_files import read_rows
from ..formats import ReadOptions
from ..motion import Motion

_HELD = 4  # rows of a table that follow each other speak of the same few motions


class Motions:
    """A folder with manifest.csv (id, file, source, description), skeletons.json and clips of bare arrays.

    Raises:
        DatasetError: a table is missing or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        needed = frozenset({"id", "file", "source", "description"})
        self._rows = {row["id"]: row for row in read_rows(folder / "manifest.csv", needed)}
        self._arrays = ClipArrays(folder / TABLE)
        self.read = lru_cache(_HELD)(self._read)

    @property
    def keys(self) -> list[str]:
        """The ids, in the order of the table."""
        return list(self._rows)

    def source(self, key: str) -> str:
        """Where a motion comes from."""
        return self._rows[key]["source"]

    def description(self, key: str) -> str:
        """What the source says about a motion: often only its class or name."""
        return self._rows[key]["description"]

    def _read(self, key: str) -> Motion:
        """A motion on the canonical skeleton.

        Raises:
            MotionFileError, RetargetError: it is damaged, or no human's.
        """
        motion = self._arrays.read(self._folder / self._rows[key]["file"], "", ReadOptions())
        return to_canonical(motion)

"""Captions: everything that people wrote about motion files, wherever they wrote it.

One module a source. Each has `load(folder, warn) -> list[CaptionSource]`: what it finds in one folder about
the motions at and below it. Malformed caption files are told and left out; they never stop indexing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from . import bones_seed, cmu_index, humanml3d, notes_json, table
from .note import CaptionSource, Note, Warn

__all__ = ["CaptionSource", "Captions", "Note"]

LOADERS: tuple[Callable[[Path, Warn], Sequence[CaptionSource]], ...] = (
    table.load,
    notes_json.load,
    humanml3d.load,
    bones_seed.load,
    cmu_index.load,
)
LEVELS_UP = 3  # <data set>/soma_uniform/bvh/<date>/x.bvh is described in <data set>/metadata


class Captions:
    """The notes about motion files, folders being read once."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._of_folder: dict[Path, list[CaptionSource]] = {}

    def notes(self, path: Path) -> tuple[Note, ...]:
        """What is said about a motion file: beside it first, then in its folder and up to three above it."""
        found: list[Note] = []
        for suffix, read in ((".csv", table.read_sidecar), (".json", notes_json.read_sidecar)):
            sidecar = path.with_suffix(suffix)
            if sidecar.name not in ("captions.csv", "metadata.csv", "captions.json") and sidecar.is_file():
                found += read(sidecar, self.warnings.append)
        for folder in path.parents[: LEVELS_UP + 1]:
            for source in self._sources(folder):
                found += source.notes(path)
        return tuple(dict.fromkeys(found))

    def _sources(self, folder: Path) -> list[CaptionSource]:
        if folder not in self._of_folder:
            sources = [source for load in LOADERS for source in load(folder, self.warnings.append)]
            self._of_folder[folder] = sources
        return self._of_folder[folder]

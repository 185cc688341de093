"""HumanML3D's `texts` folder: one text file a motion, one caption a line.

A line is `caption#caption with parts of speech#from#to`, times in seconds of the motion; 0 and 0 (or nan)
mean the whole motion. The folder lies beside the motions or beside the folder of the motions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .note import Note, Warn, tidy
from .table import seconds

ORIGIN = "HumanML3D"
_MAX_BYTES = 1 << 20


class TextsFolder:
    """The `texts` folder of a data set."""

    def __init__(self, folder: Path, warn: Warn) -> None:
        """Reads files when they are asked for; there are tens of thousands."""
        self._folder, self._warn = folder, warn

    def notes(self, path: Path) -> Sequence[Note]:
        """The captions of a motion, by the name of its file."""
        texts = self._folder / f"{path.stem}.txt"
        if not texts.is_file():
            return []
        try:
            if texts.stat().st_size > _MAX_BYTES:
                self._warn(f"{texts}: the caption file is larger than 1 MB and was left out.")
                return []
            lines = texts.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            self._warn(f"{texts}: the caption file cannot be read ({error}).")
            return []
        notes = []
        for number, line in enumerate(lines, start=1):
            note = self._note(line, f"{texts}, line {number}") if line.strip() else None
            if note is not None:
                notes.append(note)
        return notes

    def _note(self, line: str, where: str) -> Note | None:
        text, *rest = line.split("#")
        if not rest:  # a plain list of sentences, as people write it themselves
            return Note(tidy(text), ORIGIN)
        try:
            start, end = seconds(rest[-2]), seconds(rest[-1])
        except (IndexError, ValueError):
            self._warn(f"{where}: this is not `caption#words#from#to`; the line was left out.")
            return None
        if not end:
            start = end = None
        return Note(tidy(text), ORIGIN, start_s=start, end_s=end)


def load(folder: Path, warn: Warn) -> list[TextsFolder]:
    """The `texts` folder in a folder."""
    texts = folder / "texts"
    return [TextsFolder(texts, warn)] if texts.is_dir() else []

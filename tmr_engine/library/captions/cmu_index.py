"""The index lists of the CMU motion capture database: `subject_trial` and a few key words.

cmu-mocap-index-text.txt   "02_03<tab>run/jog" a line, between headings; comes with the BVH conversions
cmu_index.csv              any csv whose first columns are the take and its words
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from .note import Note, Warn, tidy

ORIGIN = "CMU index"
LICENCE = "CMU: free for all uses, the data itself may not be sold"
CREDIT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)

_MAX_BYTES = 16 << 20
_LINE = re.compile(r'\s*(\d{1,3})_(\d{1,2})(?:\.\w+)?\s*[\t ,;:]\s*(?:"([^"]*)"|([^,;]*))')
_FILE = re.compile(r"(?:^|.*[^0-9])(\d{1,3})_(\d{1,2})(?:_poses|_stageii)?$")


class CmuIndex:
    """The words of each take."""

    def __init__(self, words: dict[tuple[int, int], str]) -> None:
        """The words by subject and trial."""
        self._words = words

    def notes(self, path: Path) -> Sequence[Note]:
        """The words of the take that a file name (02_03.bvh, 02_03_poses.npz) names."""
        match = _FILE.match(path.stem)
        text = self._words.get((int(match[1]), int(match[2]))) if match else None
        return [Note(text, ORIGIN, licence=LICENCE, credit=CREDIT)] if text else []


def load(folder: Path, warn: Warn) -> list[CmuIndex]:
    """The index lists in a folder."""
    found = []
    for pattern in ("cmu*index*.txt", "cmu*index*.csv"):
        for path in sorted(folder.glob(pattern)):
            try:
                if path.stat().st_size > _MAX_BYTES:
                    warn(f"{path}: the index list is larger than 16 MB and was left out.")
                    continue
                lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
            except OSError as error:
                warn(f"{path}: the index list cannot be read ({error}).")
                continue
            found.append(CmuIndex(dict(_read(lines))))
    return found


def _read(lines: Sequence[str]) -> Iterator[tuple[tuple[int, int], str]]:
    for line in lines:
        match = _LINE.match(line)
        if match:
            text = tidy(match[3] if match[3] is not None else match[4])
            if line.count("\t") and match[3] is None:  # a tab list may have commas in its words
                text = tidy(line.split("\t", 1)[1])
            if text and text.lower() != "unknown":
                yield (int(match[1]), int(match[2])), text

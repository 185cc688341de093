"""The tables of this package: segments, captions; csv with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..atomic import replacing

SEGMENTS = Path(__file__).with_name("segments.csv")
CAPTIONS = Path(__file__).with_name("captions.csv")


def write_table(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Writes a csv that appears whole or not at all; the first row is the header.

    Raises:
        OSError: the folder cannot be written.
    """
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8"))

"""Caption tables: `captions.csv`, `metadata.csv` and a csv beside a motion.

The column names that people use stand in columns.json. A text column may be numbered ("caption_1",
"caption_2"): each is a caption.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath

from .note import Note, Warn, tidy

MAX_BYTES = 1 << 30
_MAX_CELL = 1 << 20
_NUMBERED = re.compile(r"[ _]?\d+$")


class CaptionTable:
    """Notes by file: a row names its file by path, by name or by name without suffix, in any case."""

    def __init__(self, base: Path) -> None:
        """An empty table; paths in it are relative to `base`."""
        self._base = base
        self._by_file: dict[str, list[Note]] = {}
        self._by_take: list[Note] = []

    def add(self, file: str, note: Note) -> None:
        """Adds what is said about a file; an empty name means every file that has the note's take."""
        if file:
            self._by_file.setdefault(file.replace("\\", "/").removeprefix("./").lower(), []).append(note)
        else:
            self._by_take.append(note)

    def __bool__(self) -> bool:
        return bool(self._by_file or self._by_take)

    def notes(self, path: Path) -> Sequence[Note]:
        """What the table says about a motion file at or below its base."""
        place = PurePosixPath(path.relative_to(self._base).as_posix().lower())
        keys = dict.fromkeys((str(place), str(place.with_suffix("")), place.name, place.stem))
        found = [note for key in keys for note in self._by_file.get(key, ())]
        return found + self._by_take


def load(folder: Path, warn: Warn) -> list[CaptionTable]:
    """The tables that lie in a folder."""
    tables = []
    for name in ("captions.csv", "metadata.csv"):
        path = folder / name
        if path.is_file():
            tables.append(read_caption_table(path, warn))
    return tables


def read_caption_table(path: Path, warn: Warn) -> CaptionTable:
    """Reads a table whose rows say which file they mean."""
    table = CaptionTable(path.parent)
    for row in rows_of(path, warn):
        file = row.get("file", "")
        take = row.get("take", "")
        for note in row_notes(row, path.name, take):
            if take and file in ("", take):  # one column for both may name a file, or a take of some file
                table.add("", note)
            if file:
                table.add(file, replace(note, take="") if file == take else note)
    return table


def read_sidecar(path: Path, warn: Warn) -> list[Note]:
    """The csv beside a motion; one that is no caption table (raw data of the motion, say) is passed over."""
    return [note for row in rows_of(path, warn) for note in row_notes(row, path.name, row.get("take", ""))]


class Row(dict[str, str]):
    """A row under our column names; `texts` holds the cells of every text column, `where` its place."""

    texts: list[str]
    where: str
    warn: Warn


def rows_of(path: Path, warn: Warn) -> Iterator[Row]:
    """The rows of a csv file that has a text, tags, licence or credit column.

    Commas, semicolons and tabs are understood; a file that is no text, or is too large, is told and left out.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            warn(f"{path}: the caption file is larger than 1 GB and was left out.")
            return
        with open(path, encoding="utf-8-sig", newline="") as stream:
            header = stream.readline()
            stream.seek(0)
            delimiter = max(",;\t", key=header.count)
            csv.field_size_limit(_MAX_CELL)
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            columns = _columns(next(reader, []))
            if not {"text", "tags", "licence", "credit"} & columns.keys():
                return
            for cells in reader:
                yield _row(cells, columns, f"{path}, line {reader.line_num}", warn)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        warn(f"{path}: the caption file cannot be read from here on ({error}).")


def row_notes(row: Row, origin: str, take: str) -> Iterator[Note]:
    """A note for each text of a row; one without text where the row has only tags, licence or credit."""
    times = []
    for name in ("start", "end"):
        try:
            times.append(seconds(row.get(name, "")))
        except ValueError:
            row.warn(f'{row.where}: "{row[name]}" is no time in seconds; the row was left out.')
            return
    tags = tuple(tag for tag in map(tidy, re.split(r"[,;|]", row.get("tags", ""))) if tag)
    extra = (tags, tidy(row.get("licence", "")), tidy(row.get("credit", "")))
    for text in row.texts or [""]:
        if text or any(extra):
            yield Note(text, origin, take, times[0], times[1], *extra)


def seconds(cell: str | float | None) -> float | None:
    """A time as caption files write it; empty, "nan" and null are an open end.

    Raises:
        ValueError: it is neither.
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    value = float(cell)
    if math.isnan(value):
        return None
    if math.isinf(value) or value < 0:
        raise ValueError(cell)
    return value


@cache
def aliases() -> Mapping[str, Sequence[str]]:
    """Our column names to those that people use, the likeliest first."""
    loaded: Mapping[str, Sequence[str]] = json.loads(
        Path(__file__).with_name("columns.json").read_text(encoding="utf-8")
    )
    return loaded


def _columns(header: Sequence[str]) -> dict[str, list[int]]:
    """Our column names to the columns of a file."""
    names = [name.strip().lower() for name in header]
    columns = {
        "text": [index for index, name in enumerate(names) if _NUMBERED.sub("", name) in aliases()["text"]]
    }
    for ours in ("file", "take", "start", "end", "tags", "licence", "credit"):
        theirs = [alias for alias in aliases()[ours] if alias in names]
        columns[ours] = [names.index(theirs[0])] if theirs else []
    return {name: indices for name, indices in columns.items() if indices}


def _row(cells: Sequence[str], columns: Mapping[str, Sequence[int]], where: str, warn: Warn) -> Row:
    row = Row()
    row.where, row.warn = where, warn
    row.texts = [
        tidy(cells[index]) for index in columns.get("text", ()) if index < len(cells) and cells[index].strip()
    ]
    for name, indices in columns.items():
        if name != "text" and indices[0] < len(cells):
            row[name] = cells[indices[0]].strip()
    return row

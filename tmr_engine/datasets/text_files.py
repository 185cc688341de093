"""The text files of data sets: JSON objects, tables and lists of keys."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from .dataset import DatasetError

_MAX_BYTES = 512 << 20  # the annotations of all of AMASS are some 50 MB


def read_text(path: Path) -> str:
    """A UTF-8 file.

    Raises:
        DatasetError: it is missing, larger than 512 MB, or not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise DatasetError(f"the file is {size / 2**20:,.0f} MB large", where=str(path))
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError("the file cannot be read", where=str(path), why=error.strerror or "") from error
    except UnicodeDecodeError as error:
        raise DatasetError("the file is not UTF-8 text", where=str(path)) from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        DatasetError: as `read_text`, or it is none.
    """
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DatasetError("the file is not JSON", where=str(path), why=str(error)) from error
    if not isinstance(value, dict):
        raise DatasetError("the file does not hold a JSON object", where=str(path))
    return value


def read_keys(path: Path) -> list[str]:
    """The lines of a split file that are not empty.

    Raises:
        DatasetError: as `read_text`.
    """
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def read_rows(path: Path, needed: frozenset[str]) -> list[dict[str, str]]:
    """The rows of a csv with a header.

    Raises:
        DatasetError: as `read_text`; or a needed column is missing, or a row is longer than the header.
    """
    table = csv.DictReader(io.StringIO(read_text(path)))
    missing = sorted(needed - set(table.fieldnames or ()))
    if missing:
        raise DatasetError(f"the table has no column {', '.join(missing)}", where=str(path))
    rows = []
    try:
        for row in table:
            if None in row:
                raise DatasetError("a row is longer than the header", where=f"{path}, line {table.line_num}")
            rows.append({name: value or "" for name, value in row.items()})
    except csv.Error as error:
        raise DatasetError(str(error), where=f"{path}, line {table.line_num}") from error
    return rows


def seconds(text: str, missing: float, where: str) -> float:
    """A time; `missing` where the text is empty.

    Raises:
        DatasetError: it is no time from 0 up.
    """
    if not text.strip():
        return missing
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0.0:
        raise DatasetError(f'"{text}" is no time in seconds', where=where)
    return value

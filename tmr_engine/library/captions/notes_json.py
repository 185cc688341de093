"""Captions in json: one file beside a motion, or `captions.json` for a folder.

    walk.json        {"captions": ["a walk", {"text": "a turn", "start": 1.0, "end": 2.5}], "tags": [...],
                      "licence": "...", "credit": "..."}, or a list of such captions
    captions.json    {"walk.bvh": <as above>, ...}, or a list of {"file": "walk.bvh", "text": ..., ...}

The key "annotations" is understood for "captions", and the column names of columns.json for the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .note import Note, Warn, tidy
from .table import CaptionTable, aliases, seconds

_MAX_BYTES = 256 << 20
_LISTS = ("captions", "annotations")


def load(folder: Path, warn: Warn) -> list[CaptionTable]:
    """The table of `captions.json` in a folder."""
    path = folder / "captions.json"
    if not path.is_file():
        return []
    content = _read(path, warn)
    table = CaptionTable(folder)
    if isinstance(content, dict):
        for file, value in content.items():
            for note in _notes(value, path, warn):
                table.add(file, note)
    elif isinstance(content, list):
        for item in content:
            for note in _notes(item, path, warn):
                table.add(_first(item, "file") or "", note)
    return [table]


def read_sidecar(path: Path, warn: Warn) -> list[Note]:
    """The json beside a motion; one without captions (settings of some program) is passed over."""
    return list(_notes(_read(path, warn), path, warn))


def _read(path: Path, warn: Warn) -> Any:
    try:
        if path.stat().st_size > _MAX_BYTES:
            warn(f"{path}: the caption file is larger than 256 MB and was left out.")
            return None
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        warn(f"{path}: the caption file cannot be read ({error}).")
        return None


def _notes(value: Any, path: Path, warn: Warn) -> Iterator[Note]:
    """The notes of a caption, of a list of captions, or of an object that holds such a list."""
    if isinstance(value, str):
        value = {"text": value}
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str | dict):
                yield from _notes(item, path, warn)
        return
    if not isinstance(value, dict):
        return
    for key in _LISTS:
        if isinstance(value.get(key), list):
            yield from _notes(value[key], path, warn)
    try:
        note = _note(value, path.name)
    except (TypeError, ValueError):
        warn(f"{path}: a caption has a time that is no number of seconds, and was left out.")
        return
    if note.text or note.tags or note.licence or note.credit:
        yield note


def _note(value: dict[str, Any], origin: str) -> Note:
    tags = next((value[alias] for alias in aliases()["tags"] if alias in value), ())
    if isinstance(tags, str):
        tags = tags.split(",")
    return Note(
        text=tidy(_first(value, "text")),
        origin=origin,
        take=_first(value, "take"),
        start_s=seconds(next((value[alias] for alias in aliases()["start"] if alias in value), None)),
        end_s=seconds(next((value[alias] for alias in aliases()["end"] if alias in value), None)),
        tags=tuple(tidy(tag) for tag in tags if isinstance(tag, str) and tag.strip()),
        licence=tidy(_first(value, "licence")),
        credit=tidy(_first(value, "credit")),
    )


def _first(value: Any, name: str) -> str:
    """The first string under one of a column's aliases; empty where there is none."""
    if not isinstance(value, dict):
        return ""
    found = (value[alias] for alias in aliases()[name] if isinstance(value.get(alias), str))
    return next(found, "")

"""The captions of BONES-SEED: its metadata table and its timeline of each motion.

    <data set>/metadata/seed_metadata_v004.csv                     one row a motion
    <data set>/metadata/seed_metadata_v002_temporal_labels.jsonl   one line a motion: its labelled spans
    <data set>/soma_uniform/bvh/<date>/<filename>.bvh              the motions

The table's `filename` and the lines' `filename` are the name of the motion file without suffix. What is
assumed of the layout, and how far it could be checked, stands in docs/library.md.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from .note import Note, Warn, tidy
from .table import CaptionTable, seconds

ORIGIN = "BONES-SEED"
LABEL_ORIGIN = "BONES-SEED timeline"
LICENCE = "BONES-SEED License"
CREDIT = "BONES-SEED, Bones Studio"

_TEXTS = re.compile(r"content_(natural_desc_\d+|short_description(_\d+)?|technical_description)")
_TAGS = ("category", "content_type_of_movement", "content_body_position", "content_uniform_style")


def load(folder: Path, warn: Warn) -> list[CaptionTable]:
    """The tables below `metadata` in a folder; the newest version of each."""
    tables = []
    metadata = sorted(folder.glob("metadata/seed_metadata_v*.csv"))
    if metadata:
        tables.append(_read_metadata(folder, metadata[-1], warn))
    labels = sorted(folder.glob("metadata/*temporal_labels.json*"))
    if labels:
        tables.append(_read_labels(folder, labels[-1], warn))
    return tables


def _read_metadata(base: Path, path: Path, warn: Warn) -> CaptionTable:
    table = CaptionTable(base)
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            texts = [name for name in reader.fieldnames or () if _TEXTS.fullmatch(name)]
            for row in reader:
                _add_row(table, row, texts)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        warn(f"{path}: the caption file cannot be read from here on ({error}).")
    return table


def _add_row(table: CaptionTable, row: dict[str, str | None], texts: list[str]) -> None:
    file = row.get("filename") or ""
    if not file:
        return
    tags = tuple(tidy(row.get(name) or "") for name in _TAGS)
    tags = tuple(dict.fromkeys(tag for tag in tags if tag))
    captions = dict.fromkeys(tidy(row[name] or "") for name in texts)
    for text in captions:
        if text:
            table.add(file, Note(text, ORIGIN, tags=tags, licence=LICENCE, credit=CREDIT))


def _read_labels(base: Path, path: Path, warn: Warn) -> CaptionTable:
    """One json object a line, or one list of them."""
    table = CaptionTable(base)
    try:
        with open(path, encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                value = json.loads(line)
                for motion in value if isinstance(value, list) else [value]:
                    _add_events(table, motion, f"{path}, line {number}", warn)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        warn(f"{path}: the caption file cannot be read from here on ({error}).")
    return table


def _add_events(table: CaptionTable, motion: Any, where: str, warn: Warn) -> None:
    try:
        for event in motion["events"]:
            start, end = seconds(event["start_time"]), seconds(event["end_time"])
            note = Note(tidy(event["description"]), LABEL_ORIGIN, start_s=start, end_s=end)
            table.add(motion["filename"], note)
    except (AttributeError, KeyError, TypeError, ValueError):
        warn(f"{where}: this is no timeline of a motion; the rest of it was left out.")

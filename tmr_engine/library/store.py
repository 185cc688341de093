"""The rows of the database: what is written while indexing, and clips read back."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import words
from .gallery import CAPTION, NAME
from .plain_text import plain
from .records import Caption, Clip

if TYPE_CHECKING:
    from .describe import ClipRow  # comes with the readers, which a search does not need

_AT_ONCE = 500  # bound values in one statement; older SQLites stop at 999


@dataclass(frozen=True)
class FileRow:
    """A motion file as the library knows it; the columns are explained in schema.py."""

    key: str
    path: Path
    root: Path
    size: int
    mtime_ns: int
    content_hash: str
    notes_hash: str
    reason: str
    engine: str
    id: int | None = None


def _path_value(path: Path) -> str | bytes:
    """A path as it is stored: as text, or as the file system's own bytes where they are no Unicode."""
    text = str(path)
    return text if text == plain(text) else os.fsencode(path)


def stored_path(value: str | bytes) -> Path:
    """The path that a stored value stands for."""
    return Path(os.fsdecode(value))


def known_files(connection: sqlite3.Connection) -> list[FileRow]:
    """Every file of the library."""
    found = connection.execute(
        "SELECT key, path, root, size, mtime_ns, content_hash, notes_hash, reason, engine, id FROM files"
    )
    return [FileRow(key, stored_path(path), stored_path(root), *rest) for key, path, root, *rest in found]


def save_file(connection: sqlite3.Connection, row: FileRow) -> int:
    """Adds a file, or changes the one with the row's id; returns the id."""
    values = (
        row.key,
        _path_value(row.path),
        _path_value(row.root),
        row.size,
        row.mtime_ns,
        row.content_hash,
        row.notes_hash,
        row.reason,
        row.engine,
    )
    saved = connection.execute(
        "INSERT INTO files (id, key, path, root, size, mtime_ns, content_hash, notes_hash, reason, engine)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET key = excluded.key, path = excluded.path, root = excluded.root,"
        " size = excluded.size, mtime_ns = excluded.mtime_ns, content_hash = excluded.content_hash,"
        " notes_hash = excluded.notes_hash, reason = excluded.reason, engine = excluded.engine"
        " RETURNING id",
        (row.id, *values),
    ).fetchone()
    return int(saved[0])


def remove_clips(connection: sqlite3.Connection, file: int) -> None:
    """Removes the clips of a file and their texts' entries."""
    if words.has_index(connection):
        words.drop_file(connection, file)
    connection.execute("DELETE FROM clips WHERE file = ?", (file,))


def remove_file(connection: sqlite3.Connection, file: int) -> None:
    """Removes a file with its clips."""
    remove_clips(connection, file)
    connection.execute("DELETE FROM files WHERE id = ?", (file,))


def add_clips(connection: sqlite3.Connection, file: int, rows: Iterable[ClipRow]) -> None:
    """Adds the clips of a file, which must have none."""
    has_words = words.has_index(connection)
    for row in rows:
        tags = ", ".join(row.tags)
        number = connection.execute(
            "INSERT INTO clips (id, file, take, start_s, end_s, fps, name, tags, licence, credit,"
            " travelled_m, mean_speed_mps, net_turn_deg)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
            (
                row.id,
                file,
                row.take,
                row.start_s,
                row.end_s,
                row.fps,
                row.name,
                json.dumps(row.tags, ensure_ascii=False),
                row.licence,
                row.credit,
                row.facts.travelled_m,
                row.facts.mean_speed_mps,
                row.facts.net_turn_deg,
            ),
        ).fetchone()[0]
        if row.facets:
            connection.execute("INSERT INTO facets (clip, facets) VALUES (?, ?)", (number, row.facets))
        texts = [(CAPTION, caption) for caption in row.captions]
        texts += [(NAME, caption) for caption in row.name_texts]
        for position, (kind, caption) in enumerate(texts):
            connection.execute(
                "INSERT INTO entries (clip, position, text, kind, origin) VALUES (?, ?, ?, ?, ?)",
                (number, position, text_id(connection, caption.text), kind, caption.origin),
            )
        if has_words:
            words.put(connection, number, [caption.text for caption in row.captions], tags, row.name)


def text_id(connection: sqlite3.Connection, text: str) -> int:
    """The number of a text, added where it is new."""
    connection.execute("INSERT INTO texts (text) VALUES (?) ON CONFLICT (text) DO NOTHING", (text,))
    return int(connection.execute("SELECT id FROM texts WHERE text = ?", (text,)).fetchone()[0])


def new_texts(connection: sqlite3.Connection, model: int, texts: Iterable[str]) -> list[tuple[int, str]]:
    """(id, text) of those stored texts that have no vector of a model (by its row's id)."""
    found = []
    for text in texts:
        number = text_id(connection, text)
        vector = "SELECT 1 FROM vectors WHERE model = ? AND text = ?"
        if connection.execute(vector, (model, number)).fetchone() is None:
            found.append((number, text))
    return found


def texts_without_vector(connection: sqlite3.Connection, model: int) -> list[tuple[int, str]]:
    """(id, text) of all texts of clips that have no vector of a model (by its row's id)."""
    return connection.execute(
        "SELECT id, text FROM texts WHERE id IN (SELECT text FROM entries)"
        " AND id NOT IN (SELECT text FROM vectors WHERE model = ?) ORDER BY id",
        (model,),
    ).fetchall()


def count_clips(connection: sqlite3.Connection) -> int:
    """How many clips the library holds."""
    return int(connection.execute("SELECT count(*) FROM clips").fetchone()[0])


def read_clips(connection: sqlite3.Connection, ids: Sequence[str] | None = None) -> Iterator[Clip]:
    """Clips by id, in no certain order, unknown ids left out; all clips by path, take and start."""
    if ids is None:
        yield from _clips(connection, "", (), "ORDER BY path, take, start_s, end_s")
        return
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        yield from _clips(connection, f"WHERE clips.id IN ({', '.join('?' * len(some))})", some, "")


def _clips(connection: sqlite3.Connection, where: str, values: Sequence[str], order: str) -> Iterator[Clip]:
    captions: dict[int, list[Caption]] = {}
    found = connection.execute(
        "SELECT clip, texts.text, entries.origin FROM entries"  # noqa: S608  `where` is one of two constants
        " JOIN texts ON texts.id = entries.text JOIN clips ON clips.number = entries.clip"
        f" {where} {'AND' if where else 'WHERE'} kind = {CAPTION} ORDER BY clip, position",
        values,
    )
    for number, text, origin in found:
        captions.setdefault(number, []).append(Caption(text, origin))
    found = connection.execute(
        "SELECT number, clips.id, path, take, start_s, end_s, fps, name, tags, licence, credit,"  # noqa: S608
        f" travelled_m, mean_speed_mps, net_turn_deg FROM clips JOIN files ON files.id = clips.file"
        f" {where} {order}",
        values,
    )
    for number, identity, path, take, start, end, fps, name, tags, *rest in found:
        yield Clip(
            identity,
            stored_path(path),
            take,
            start,
            end,
            fps,
            end - start,
            name,
            tuple(captions.get(number, ())),
            tuple(json.loads(tags)),
            *rest,
        )

"""The vector files beside the database: one a model, float32 rows, append only.

A row counts from the moment the database names it: the bytes are on the disk before the transaction that
names them commits, and bytes behind the last named row are left from a crash and are written over. A reader
therefore sees a whole old or a whole new state, never half of one. Rows that nothing names any more are
dropped by writing a new file and naming that one instead.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import LibraryError
from .schema import bump_generation, transaction

_MIN_DEAD_ROWS = 1000  # fewer are not worth a rewrite


class Model(NamedTuple):
    """A row of the table `models`."""

    id: int
    model_id: str
    width: int
    file: str
    row_count: int


def find_model(connection: sqlite3.Connection, model_id: str) -> Model | None:
    """The model's row, or None where the library holds no vectors of it."""
    found = connection.execute(
        "SELECT id, model_id, width, file, row_count FROM models WHERE model_id = ?", (model_id,)
    ).fetchone()
    return Model(*found) if found else None


def add_model(connection: sqlite3.Connection, model_id: str, width: int) -> Model:
    """The model's row, made where it is missing.

    Raises:
        LibraryError: the library holds vectors of another width under this name.
    """
    model = find_model(connection, model_id)
    if model is None:
        added = connection.execute(
            "INSERT INTO models (model_id, width, file, row_count) VALUES (?, ?, ?, 0)"
            " RETURNING id, model_id, width, file, row_count",
            (model_id, width, _file_name(model_id, 1)),
        )
        return Model(*added.fetchone())
    if model.width != width:
        raise LibraryError(
            f"the model {model_id} makes {width} numbers a text, the library holds {model.width} of it",
            fix="Index into a new folder",
        )
    return model


def append_vectors(
    connection: sqlite3.Connection,
    folder: Path,
    model: Model,
    text_ids: Sequence[int],
    vectors: NDArray[np.float32],
) -> None:
    """Adds rows and names them; part of the caller's transaction.

    Args:
        connection: inside a transaction.
        folder: the library folder.
        model: its row, as it stands in this transaction.
        text_ids: the N texts that the rows belong to.
        vectors: (N, width).
    """
    if not len(text_ids):
        return
    _write_rows(folder / model.file, model.row_count, vectors)
    first = model.row_count
    connection.executemany(
        "INSERT INTO vectors (model, text, row) VALUES (?, ?, ?)",
        [(model.id, text, first + index) for index, text in enumerate(text_ids)],
    )
    connection.execute("UPDATE models SET row_count = row_count + ? WHERE id = ?", (len(text_ids), model.id))


def map_vectors(folder: Path, model: Model) -> NDArray[np.float32]:
    """The committed rows (R, width), read-only and memory-mapped.

    Raises:
        FileNotFoundError: a writer replaced the file after `model` was read; read `model` again.
        LibraryError: the file is shorter than the database says.
    """
    path = folder / model.file
    if model.row_count == 0:
        return np.zeros((0, model.width), np.float32)
    size = path.stat().st_size
    needed = model.row_count * model.width * 4
    if size < needed:
        raise LibraryError(
            f"the vector file has {size} bytes, the database names {needed}",
            where=str(path),
            why="It was cut short or replaced",
            fix="Delete the library folder and index again",
        )
    return np.memmap(path, np.float32, "r", shape=(model.row_count, model.width))


def drop_dead_rows(connection: sqlite3.Connection, folder: Path) -> None:
    """Writes vector files anew where most rows belong to texts that no clip has any more."""
    for row in connection.execute("SELECT id, model_id, width, file, row_count FROM models").fetchall():
        model = Model(*row)
        live = connection.execute(
            "SELECT text, row FROM vectors WHERE model = ? AND text IN (SELECT text FROM entries)"
            " ORDER BY row",
            (model.id,),
        ).fetchall()
        if model.row_count - len(live) > max(_MIN_DEAD_ROWS, len(live)):
            _rewrite(connection, folder, model, live)
    # a replaced file may only go once the disk, and not the system's memory alone, says so
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _sweep(connection, folder)


def _rewrite(
    connection: sqlite3.Connection, folder: Path, model: Model, live: Sequence[tuple[int, int]]
) -> None:
    number = int(model.file.rsplit("-", 1)[1].split(".")[0]) + 1
    file = _file_name(model.model_id, number)
    rows = np.array([row for _, row in live], dtype=np.int64)
    kept = np.asarray(map_vectors(folder, model)[rows])
    _write_rows(folder / file, 0, kept)
    with transaction(connection):
        connection.execute("DELETE FROM vectors WHERE model = ?", (model.id,))
        connection.executemany(
            "INSERT INTO vectors (model, text, row) VALUES (?, ?, ?)",
            [(model.id, text, index) for index, (text, _) in enumerate(live)],
        )
        connection.execute(
            "UPDATE models SET file = ?, row_count = ? WHERE id = ?", (file, len(live), model.id)
        )
        connection.execute(
            "DELETE FROM texts WHERE id NOT IN (SELECT text FROM entries)"
            " AND id NOT IN (SELECT text FROM vectors)"
        )
        bump_generation(connection)


def _sweep(connection: sqlite3.Connection, folder: Path) -> None:
    """Removes vector files that no model names: replaced ones, and those of a rewrite that was killed."""
    named = {file for (file,) in connection.execute("SELECT file FROM models")}
    for path in folder.glob("vectors-*.f32"):
        if path.name not in named:
            try:
                path.unlink()
            except PermissionError:
                continue  # Windows: a reader still maps it; the next run removes it


def _write_rows(path: Path, first: int, vectors: NDArray[np.float32]) -> None:
    """Writes rows from row `first` on and waits until the disk has them."""
    data = np.ascontiguousarray(vectors, dtype="<f4")
    new = not path.exists()
    with open(path, "wb" if new else "r+b") as stream:
        stream.seek(first * data.shape[1] * 4)
        stream.write(data.tobytes())
        stream.flush()
        os.fsync(stream.fileno())
    if new and os.name == "posix":
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _file_name(model_id: str, number: int) -> str:
    return f"vectors-{re.sub(r'[^A-Za-z0-9._]', '_', model_id)[:80]}-{number}.f32"

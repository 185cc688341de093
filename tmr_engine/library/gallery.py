"""The gallery: what a query is compared with."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import LibraryError
from .schema import read_generation, transaction
from .vectors import Model, find_model, map_vectors

CAPTION = 0  # a sentence about the clip
NAME = 1  # words of file names, folder names and tags

_TRIES = 5


@dataclass(frozen=True, eq=False)
class Gallery:
    """The vectors of one model for every text of every clip, as of one committed state.

    A text that many clips share has one vector, so an entry (a text of a clip) names its row:
    `scores = (gallery.vectors @ query)[gallery.rows]` scores the E entries.

    Args:
        model_id: the model that made the vectors.
        generation: of the library; a higher number means that something was committed since.
        vectors: (R, D) float32 unit rows, memory-mapped and read-only. Rows that no entry names are left
            from removed clips.
        clip_ids: the N clips that have at least one entry.
        numbers: (N,) their numbers in the database, rising; later on a number may be another clip's.
        rows: (E,) row of `vectors` for each entry.
        clips: (E,) index into `clip_ids`, rising.
        kinds: (E,) CAPTION or NAME.
        positions: (E,) for a CAPTION its index in `Clip.captions`.
        missing: texts of clips that have no vector of this model yet; index again with it to make them.
    """

    model_id: str
    generation: int
    vectors: NDArray[np.float32]
    clip_ids: tuple[str, ...]
    numbers: NDArray[np.int64]
    rows: NDArray[np.int64]
    clips: NDArray[np.int64]
    kinds: NDArray[np.int8]
    positions: NDArray[np.int64]
    missing: int


def load_gallery(connection: sqlite3.Connection, folder: Path, model_id: str) -> Gallery:
    """The gallery of a model.

    Args:
        connection: to the library in `folder`, outside a transaction.
        folder: the library folder.
        model_id: as the encoder names itself. A model that the library has never seen gives an empty gallery
            whose `missing` says how many texts lack a vector.

    Raises:
        LibraryError: the vector file is damaged or gone.
    """
    for _ in range(_TRIES):
        with transaction(connection, "DEFERRED"):  # one snapshot for all that is read
            generation = read_generation(connection)
            model = find_model(connection, model_id)
            entries = _entries(connection, model)
            missing = _missing(connection, model)
            id_of = dict(connection.execute("SELECT number, id FROM clips"))
        try:
            vectors = map_vectors(folder, model) if model else np.zeros((0, 0), np.float32)
        except FileNotFoundError:
            continue  # a writer has just put a new file in its place
        numbers, clips = np.unique(entries[:, 0], return_inverse=True)
        return Gallery(
            model_id=model_id,
            generation=generation,
            vectors=vectors,
            clip_ids=tuple(id_of[number] for number in numbers.tolist()),
            numbers=numbers,
            clips=clips,
            positions=entries[:, 1],
            kinds=entries[:, 2].astype(np.int8),
            rows=entries[:, 3],
            missing=missing,
        )
    raise LibraryError(
        f"the vectors of {model_id} are gone",
        where=str(folder),
        fix="Delete the library folder and index again",
    )


def _entries(connection: sqlite3.Connection, model: Model | None) -> NDArray[np.int64]:
    """(E, 4): clip number, position, kind, row; by clip, then position."""
    found = connection.execute(
        "SELECT clip, position, kind, row FROM entries JOIN vectors USING (text)"
        " WHERE model = ? ORDER BY clip, position",
        (model.id if model else -1,),
    ).fetchall()
    return np.array(found, dtype=np.int64).reshape(-1, 4)


def _missing(connection: sqlite3.Connection, model: Model | None) -> int:
    found = connection.execute(
        "SELECT count(DISTINCT text) FROM entries"
        " WHERE text NOT IN (SELECT text FROM vectors WHERE model = ?)",
        (model.id if model else -1,),
    ).fetchone()
    return int(found[0])

"""Latents that were made beforehand (`known_motions`), taken in for clips that the model has not read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ..errors import LibraryError
from .describe import clip_id
from .known_motions import KnownMotions, known_beside
from .latents import put_latents
from .schema import bump_generation, transaction
from .store import stored_path


def take_known(connection: sqlite3.Connection, model_id: str) -> list[str]:
    """Puts the latents of a model that lie beside motion files into the library, in one transaction.

    Args:
        connection: for writing; the caller holds the writer's lock.
        model_id: of the model.

    Returns:
        files that are damaged, one sentence each; their clips are read as all others are.
    """
    held = lru_cache(_known)
    rows, problems = [], set()
    for number, path, take, content_hash in _unread_takes(connection, model_id):
        known, problem = held(path)
        problems |= {problem} - {""}
        if known is None or (known.content_hash, known.model_id) != (content_hash, model_id):
            continue
        if take in known.latents:
            rows.append((number, known.latents[take]))
    if rows:
        with transaction(connection):
            put_latents(connection, model_id, rows)
            bump_generation(connection)
    return sorted(problems)


def _known(path: Path) -> tuple[KnownMotions | None, str]:
    try:
        return known_beside(path), ""
    except LibraryError as error:
        return None, str(error)


def _unread_takes(connection: sqlite3.Connection, model_id: str) -> Iterator[tuple[int, Path, str, str]]:
    """(number, file, take, content hash) of whole takes that a model has not read."""
    found = connection.execute(
        "SELECT number, clips.id, key, path, take, content_hash"
        " FROM clips JOIN files ON files.id = clips.file"
        " WHERE number NOT IN (SELECT clip FROM latents WHERE model_id = ?)",
        (model_id,),
    ).fetchall()
    for number, identity, key, path, take, content_hash in found:
        if identity == clip_id(key, take, None):
            yield number, stored_path(path), take, content_hash

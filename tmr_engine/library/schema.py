"""The database: its tables, their ordered migrations, and connections to it.

The schema version is SQLite's `user_version`. A migration is never edited once released; a change is a new
one at the end.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import LibraryError

FILE_NAME = "library.sqlite"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE facts_of_library (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "INSERT INTO facts_of_library VALUES ('generation', '0')",
        # key: names the file for ever, whatever its path becomes; root: the folder it was found through;
        # mtime_ns -1: look again next time; reason: why it could not be read, empty if it could;
        # engine: the version that tried
        """CREATE TABLE files (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            path TEXT NOT NULL UNIQUE,
            root TEXT NOT NULL,
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            content_hash TEXT NOT NULL,
            notes_hash TEXT NOT NULL,
            reason TEXT NOT NULL,
            engine TEXT NOT NULL)""",
        "CREATE INDEX files_by_size ON files (size)",
        """CREATE TABLE clips (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            file INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
            take TEXT NOT NULL,
            start_s REAL NOT NULL,
            end_s REAL NOT NULL,
            fps REAL NOT NULL,
            name TEXT NOT NULL,
            tags TEXT NOT NULL,
            licence TEXT NOT NULL,
            credit TEXT NOT NULL,
            travelled_m REAL NOT NULL,
            mean_speed_mps REAL NOT NULL,
            net_turn_deg REAL NOT NULL)""",
        "CREATE INDEX clips_by_file ON clips (file)",
        "CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
        # kind: gallery.CAPTION or gallery.NAME
        """CREATE TABLE entries (
            clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE,
            position INTEGER NOT NULL,
            text INTEGER NOT NULL REFERENCES texts,
            kind INTEGER NOT NULL,
            origin TEXT NOT NULL,
            PRIMARY KEY (clip, position)) WITHOUT ROWID""",
        "CREATE INDEX entries_by_text ON entries (text)",
        # row_count: rows of the vector file that are committed; what lies behind them is left from a crash
        """CREATE TABLE models (
            id INTEGER PRIMARY KEY,
            model_id TEXT NOT NULL UNIQUE,
            width INTEGER NOT NULL,
            file TEXT NOT NULL,
            row_count INTEGER NOT NULL)""",
        """CREATE TABLE vectors (
            model INTEGER NOT NULL REFERENCES models ON DELETE CASCADE,
            text INTEGER NOT NULL REFERENCES texts ON DELETE CASCADE,
            row INTEGER NOT NULL,
            PRIMARY KEY (model, text)) WITHOUT ROWID""",
    ),
    (
        # latent: half precision; empty where the model finds no human body in the clip
        """CREATE TABLE latents (
            model_id TEXT NOT NULL,
            clip INTEGER NOT NULL REFERENCES clips ON DELETE CASCADE,
            latent BLOB NOT NULL,
            PRIMARY KEY (model_id, clip)) WITHOUT ROWID""",
    ),
    (
        # facets: `captioning.stored.packed`; no row where the clip is no human's
        """CREATE TABLE facets (
            clip INTEGER PRIMARY KEY REFERENCES clips ON DELETE CASCADE,
            facets TEXT NOT NULL)""",
        # clips that were indexed before have none: their files are read again by the next run
        "UPDATE files SET mtime_ns = -1, content_hash = ''",
    ),
    (
        # which side does more is told by other numbers: everything is measured again by the next run
        "DELETE FROM facets",
        "UPDATE files SET mtime_ns = -1, content_hash = ''",
    ),
)


def open_database(folder: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to the library in `folder`.

    Args:
        folder: the library folder.
        write: bring the schema up to date and allow changes; the caller holds the writer's lock.

    Raises:
        LibraryError: not a library, damaged, or made by a newer version.
    """
    path = folder / FILE_NAME
    try:
        # one connection serves several threads of a server, one at a time (Library sees to that)
        connection = sqlite3.connect(
            _uri(path, write=write), uri=True, isolation_level=None, timeout=30.0, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        _check_version(path, version, write=write)
        if write:
            _migrate(connection, version)
    except sqlite3.Error as error:
        raise unreadable(path, error) from error
    return connection


def unreadable(path: Path, error: sqlite3.Error) -> LibraryError:
    """SQLite's complaint as an error that a user can act on."""
    return LibraryError(
        f"the library database cannot be used ({error})",
        where=str(path),
        fix="Check that the folder is yours to write to and the disk is not full, or index into a new folder",
    )


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """All of it or nothing: commits at the end, rolls back on any exception, Ctrl-C included."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def is_older(folder: Path) -> bool:
    """Whether the library in `folder` waits for a migration.

    Raises:
        LibraryError: the database cannot be read.
    """
    path = folder / FILE_NAME
    try:
        connection = sqlite3.connect(_uri(path, write=False), uri=True)
        try:
            return int(connection.execute("PRAGMA user_version").fetchone()[0]) < len(MIGRATIONS)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise unreadable(path, error) from error


def read_generation(connection: sqlite3.Connection) -> int:
    """The number of the last committed state; what was made from an older one is out of date."""
    found = connection.execute("SELECT value FROM facts_of_library WHERE name = 'generation'").fetchone()
    return int(found[0])


def bump_generation(connection: sqlite3.Connection) -> None:
    """Marks a change; part of the transaction that makes it."""
    connection.execute("UPDATE facts_of_library SET value = value + 1 WHERE name = 'generation'")


def _uri(path: Path, *, write: bool) -> str:
    uri = path.absolute().as_uri()
    if write:
        return f"{uri}?mode=rwc"
    # beside a database on a read-only disk SQLite cannot make the files that a shared reader needs;
    # nobody can change it there, so it may be read without them
    return f"{uri}?mode=ro" if os.access(path.parent, os.W_OK) else f"{uri}?mode=ro&immutable=1"


def _check_version(path: Path, version: int, *, write: bool) -> None:
    if version > len(MIGRATIONS):
        raise LibraryError(
            f"the library has schema {version}, this version knows up to {len(MIGRATIONS)}",
            where=str(path),
            why="It was written by a newer TMR",
            fix="Update TMR, or index into a new folder",
        )
    if version < len(MIGRATIONS) and not write:
        raise LibraryError(
            f"the library has the older schema {version}",
            where=str(path),
            fix="Index it once with this version",
        )


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        with transaction(connection):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number:d}")

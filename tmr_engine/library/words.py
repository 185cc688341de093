"""Exact words: SQLite's full-text index over captions, tags and names.

A SQLite that was built without FTS5 searches the texts one by one instead; a library made there gets its
index the first time a SQLite that has FTS5 writes to it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

_TERM = re.compile(r"\w+")
_MAX_TERMS = 32

TOKENIZE = "tokenize = 'porter unicode61 remove_diacritics 2'"
_CREATE = f"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(captions, tags, name, {TOKENIZE})"
_FILL = """INSERT INTO words (rowid, captions, tags, name)
    SELECT number,
        (SELECT group_concat(texts.text, char(10)) FROM entries JOIN texts ON texts.id = entries.text
            WHERE clip = number AND kind = 0),
        tags, name FROM clips"""


def has_fts5(connection: sqlite3.Connection) -> bool:
    """Whether this SQLite can search full text."""
    found = connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()
    return bool(found[0])


def has_index(connection: sqlite3.Connection) -> bool:
    """Whether the library has a full-text index that this SQLite can use."""
    made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchone()
    return made is not None and has_fts5(connection)


def make_index(connection: sqlite3.Connection) -> None:
    """Makes and fills the index where it is missing and possible; part of the caller's transaction."""
    if has_fts5(connection) and not has_index(connection):
        connection.execute(_CREATE)
        connection.execute(_FILL)


def put(connection: sqlite3.Connection, clip: int, captions: Sequence[str], tags: str, name: str) -> None:
    """Adds a clip (by its number); part of the caller's transaction."""
    connection.execute(
        "INSERT INTO words (rowid, captions, tags, name) VALUES (?, ?, ?, ?)",
        (clip, "\n".join(captions), tags, name),
    )


def drop_file(connection: sqlite3.Connection, file: int) -> None:
    """Removes the clips of a file; part of the caller's transaction."""
    connection.execute("DELETE FROM words WHERE rowid IN (SELECT number FROM clips WHERE file = ?)", (file,))


def find(connection: sqlite3.Connection, query: str, limit: int) -> list[tuple[str, float]]:
    """Clips that hold any word of the query, best first.

    Args:
        connection: to the library.
        query: what the user typed; nothing in it is read as syntax.
        limit: most clips to return.

    Returns:
        (clip id, score) with score > 0, higher is better: BM25, or without FTS5 the number of different words
        found. Only the order within one answer means something.
    """
    terms = terms_of(query)
    if not terms:
        return []
    if not has_index(connection):
        counted = dict(count_terms(connection, terms))
        id_of = connection.execute("SELECT number, id FROM clips")
        ranked = sorted((-counted[number], clip) for number, clip in id_of if number in counted)
        return [(clip, float(-times)) for times, clip in ranked[:limit]]
    match = " OR ".join(f'"{term}"' for term in terms)
    found = connection.execute(
        "SELECT id, -bm25(words) AS score FROM words JOIN clips ON clips.number = words.rowid"
        " WHERE words MATCH ? ORDER BY score DESC, id LIMIT ?",
        (match, limit),
    )
    return [(clip, float(score)) for clip, score in found]


def terms_of(query: str) -> list[str]:
    """The different words of a query, in lower case and in its order; of a whole page the first."""
    return list(dict.fromkeys(_TERM.findall(query.lower())))[:_MAX_TERMS]


def count_terms(connection: sqlite3.Connection, terms: Sequence[str]) -> list[tuple[int, int]]:
    """(number of a clip, how many of the terms stand in its texts), found without an index."""
    patterns = ["%" + term.replace("_", "\\_") + "%" for term in terms]
    hits = " UNION ALL ".join(
        "SELECT DISTINCT clip FROM entries JOIN texts ON texts.id = entries.text"
        " WHERE texts.text LIKE ? ESCAPE '\\'"
        for _ in patterns
    )
    counts = f"SELECT clip, count(*) FROM ({hits}) AS hits GROUP BY clip"  # noqa: S608
    return connection.execute(counts, patterns).fetchall()

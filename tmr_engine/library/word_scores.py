"""How well the words of a query fit thousands of clips: BM25 (Robertson and Zaragoza 2009) as SQLite has it.

SQLite's own bm25() looks the length of every hit up in a table, and thousands of hits are sorted with their
ids. Here the lengths of all clips are held in an array, and the index is asked only where a word stands.

Letters in shapes: N clips of a gallery, W clips in the index, H hits.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import words
from .gallery import Gallery
from .schema import read_generation, transaction

Numbers = NDArray[np.int64]
Scores = NDArray[np.float64]

# those of SQLite (ext/fts5/fts5_aux.c)
_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6  # of a word that stands in half of all clips or more


class _Index(NamedTuple):
    """What is held of the full-text index, as of one committed state.

    Args:
        generation: of the library.
        numbers: (W,) its clips, rising.
        damping: (W,) what BM25 adds to the count of a word: more for clips of many words.
    """

    generation: int
    numbers: Numbers
    damping: Scores


class WordScores:
    """The scores of a library's clips; one call at a time."""

    def __init__(self) -> None:
        self._splitter: sqlite3.Connection | None = None
        self._index: _Index | None = None

    def close(self) -> None:
        """Lets go of what is held; the next call reads it again."""
        if self._splitter is not None:
            self._splitter.close()
        self._splitter = self._index = None

    def of(self, connection: sqlite3.Connection, gallery: Gallery, query: str, limit: int) -> Scores:
        """(N,) BM25 of the clips of a gallery, and 0 for all but the `limit` best, of equals the first by id.

        Without FTS5 it is the number of different words found.

        Args:
            connection: to the library, outside a transaction.
            gallery: of the library; where something was committed since, its clips that are still there.
            query: what the user typed; nothing in it is read as syntax.
            limit: most clips with a score above 0.
        """
        terms = words.terms_of(query)
        found = np.zeros(len(gallery.clip_ids))
        if not terms or not len(found):
            return found
        if self._splitter is None and words.has_fts5(connection):
            self._splitter = _prepare(connection)
        with transaction(connection, "DEFERRED"):  # one snapshot for all that is read
            generation = read_generation(connection)
            numbers, scores = self._hits(connection, generation, terms)
            if generation != gallery.generation:  # a number may be another clip's by now
                id_of = dict(connection.execute("SELECT number, id FROM clips"))
                held = zip(gallery.numbers.tolist(), gallery.clip_ids, strict=True)
                same = [number for number, clip in held if id_of.get(number) == clip]
                is_same = np.isin(numbers, same)
                numbers, scores = numbers[is_same], scores[is_same]
        places = np.searchsorted(gallery.numbers, numbers)
        places[places == len(found)] = 0
        is_here = gallery.numbers[places] == numbers
        found[places[is_here]] = scores[is_here]
        _keep_best(found, gallery.clip_ids, limit)
        return found

    def _hits(
        self, connection: sqlite3.Connection, generation: int, terms: Sequence[str]
    ) -> tuple[Numbers, Scores]:
        """(H,) numbers of the clips in which a term stands, and their scores."""
        if self._splitter is None or not words.has_index(connection):
            counted = np.array(words.count_terms(connection, terms), np.int64).reshape(-1, 2)
            return counted[:, 0], counted[:, 1].astype(np.float64)
        if self._index is None or self._index.generation != generation:
            self._index = _read_index(connection, generation)
        index = self._index
        total = np.zeros(len(index.numbers))
        for tokens in _split(self._splitter, terms):
            clips, times = _occurrences(connection, tokens)
            if not len(clips):
                continue
            rarity = math.log((len(total) - len(clips) + 0.5) / (len(clips) + 0.5))
            places = np.searchsorted(index.numbers, clips)
            weight = rarity if rarity > 0 else _LEAST_IDF
            total[places] += weight * (times * (_K1 + 1) / (times + index.damping[places]))
        found = np.flatnonzero(total)
        return index.numbers[found], total[found]


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Makes the view of where each word stands, which is the connection's own, and a splitter of terms."""
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.occurrences USING fts5vocab(main, words, instance)"
    )
    splitter = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    splitter.execute(f"CREATE VIRTUAL TABLE terms USING fts5(term, {words.TOKENIZE})")
    splitter.execute("CREATE VIRTUAL TABLE tokens USING fts5vocab(terms, instance)")
    return splitter


def _split(splitter: sqlite3.Connection, terms: Sequence[str]) -> list[list[str]]:
    """The tokens of each term as the index holds them: mostly one; "left_foot" is two."""
    split: list[list[str]] = [[] for _ in terms]
    splitter.execute("BEGIN")
    try:
        splitter.executemany("INSERT INTO terms (rowid, term) VALUES (?, ?)", enumerate(terms))
        for term, token in splitter.execute("SELECT doc, term FROM tokens ORDER BY doc, offset"):
            split[term].append(token)
    finally:
        splitter.execute("ROLLBACK")
    return [tokens for tokens in split if tokens]


def _read_index(connection: sqlite3.Connection, generation: int) -> _Index:
    rows = connection.execute("SELECT id, sz FROM words_docsize ORDER BY id").fetchall()
    numbers = np.array([number for number, _ in rows], np.int64)
    lengths = np.array([_sum_of_varints(sizes) for _, sizes in rows], np.float64)
    mean = lengths.mean() if lengths.any() else 1.0
    return _Index(generation, numbers, _K1 * (1 - _B + _B * lengths / mean))


def _sum_of_varints(sizes: bytes) -> int:
    """The words of a clip: a varint a column, 7 bits a byte, the high bit where more follow."""
    if sizes.isascii():
        return sum(sizes)
    total = value = 0
    for byte in sizes:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            total, value = total + value, 0
    return total


def _occurrences(connection: sqlite3.Connection, tokens: Sequence[str]) -> tuple[Numbers, Scores]:
    """(H,) numbers, rising, of the clips that hold tokens one behind the other, and how often they do."""
    if len(tokens) == 1:
        # as one row: thousands of rows take longer to hand over than to find
        (listed,) = connection.execute(
            "SELECT group_concat(doc) FROM temp.occurrences WHERE term = ?", tokens
        ).fetchone()
        found = np.fromstring(listed or "", np.int64, sep=",")
    else:
        starts = set.intersection(*(_starts(connection, token, at) for at, token in enumerate(tokens)))
        found = np.array(sorted(clip for clip, _, _ in starts), np.int64)
    firsts = runs(found)
    return found[firsts], np.diff(firsts, append=len(found)).astype(np.float64)


def runs(sorted_numbers: Numbers) -> Numbers:
    """Where each run of equal numbers begins."""
    is_first = np.ones(len(sorted_numbers), np.bool_)
    np.not_equal(sorted_numbers[1:], sorted_numbers[:-1], out=is_first[1:])
    return np.flatnonzero(is_first)


def _starts(connection: sqlite3.Connection, token: str, at: int) -> set[tuple[int, str, int]]:
    """Clip, column and place of the phrases whose token number `at` this could be."""
    rows = connection.execute("SELECT doc, col, offset FROM temp.occurrences WHERE term = ?", (token,))
    return {(clip, column, place - at) for clip, column, place in rows}


def _keep_best(scores: Scores, clip_ids: Sequence[str], limit: int) -> None:
    """Sets all but the `limit` best scores to 0, in place; of equals at the limit the first by id stay."""
    hits = np.flatnonzero(scores)
    if len(hits) <= limit:
        return
    least = np.partition(scores[hits], len(hits) - limit)[len(hits) - limit]
    equals: Iterable[int] = np.flatnonzero(scores == least).tolist()
    room = limit - np.count_nonzero(scores > least)
    scores[scores < least] = 0.0
    scores[sorted(equals, key=lambda place: clip_ids[place])[room:]] = 0.0

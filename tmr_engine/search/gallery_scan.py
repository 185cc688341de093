"""Which clips of a gallery a query comes close to, and how close."""

from __future__ import annotations

import threading
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..library import CAPTION, NAME, Gallery
from ..library.word_scores import runs
from .fusion import Parts, Scores, words_part
from .sign_bits import SignBits

# below this many vectors the exact scan takes a few milliseconds and needs no sketch
EXACT_ROWS = 30_000
# vectors that are looked at exactly after a scan of the sketch, at least
CANDIDATE_ROWS = 2000

Indices = NDArray[np.int64]
Vector = NDArray[np.float32]

_scans: WeakKeyDictionary[Gallery, GalleryScan] = WeakKeyDictionary()
_scans_lock = threading.Lock()


def scan_of(gallery: Gallery) -> GalleryScan:
    """The scan of a gallery, made at the first call for it and kept as long as the gallery is."""
    with _scans_lock:
        scan = _scans.get(gallery)
        if scan is None:
            scan = _scans[gallery] = GalleryScan(gallery)
        return scan


class GalleryScan:
    """A gallery made ready to be searched; N clips, E entries (texts of clips), R vectors."""

    def __init__(self, gallery: Gallery) -> None:
        # not the gallery itself: it is the key under which this object is kept
        self._vectors = np.asarray(gallery.vectors)
        self._rows, self._kinds, self._positions = gallery.rows, gallery.kinds, gallery.positions
        self.clip_ids = gallery.clip_ids
        # entries of a clip lie side by side: those of clip n from _first[n] to _first[n + 1]
        self._first = np.searchsorted(gallery.clips, np.arange(len(self.clip_ids) + 1))

    @cached_property
    def _bits(self) -> SignBits:
        return SignBits(self._vectors)

    def candidates(self, query: Vector, words: Scores, *, exact: bool) -> Indices:
        """Numbers of the clips worth scoring, rising: all, or those near the query and those with its words.

        Args:
            query: (D,) unit vector.
            words: (N,) BM25, 0 for a clip without a word of the query.
            exact: all of them, whatever it takes.
        """
        if exact or len(self._vectors) <= EXACT_ROWS:
            return np.arange(len(self.clip_ids))
        near = np.zeros(len(self._vectors), dtype=np.bool_)
        near[self._bits.nearest(query, CANDIDATE_ROWS)] = True
        entries = np.flatnonzero(near[self._rows])
        clips = np.searchsorted(self._first, entries, side="right") - 1
        return np.union1d(clips, np.flatnonzero(words))

    def score(self, clips: Indices, query: Vector, words: Scores) -> Parts:
        """The parts of the score of some clips, exactly.

        Args:
            clips: (n,) clip numbers.
            query: (D,) unit vector.
            words: (N,) BM25, 0 for a clip without a word of the query.
        """
        counts = self._first[clips + 1] - self._first[clips]
        owners = np.repeat(np.arange(len(clips)), counts)
        # for each clip the run of its entries, one run after the other
        entries = np.arange(counts.sum()) + np.repeat(self._first[clips] - np.cumsum(counts) + counts, counts)
        cosines = self._cosines(self._rows[entries], query)
        best = {}
        for kind in (CAPTION, NAME):
            chosen = np.flatnonzero(self._kinds[entries] == kind)
            best[kind] = _largest(cosines[chosen], owners[chosen], len(clips))
        return Parts(best[CAPTION], best[NAME], words_part(words[clips]))

    def best_caption(self, clip: int, query: Vector) -> int | None:
        """The position among the clip's captions of the one nearest to the query; None without captions."""
        entries = np.arange(self._first[clip], self._first[clip + 1])
        entries = entries[self._kinds[entries] == CAPTION]
        if not len(entries):
            return None
        cosines = self._vectors[self._rows[entries]] @ query
        return int(self._positions[entries[np.argmax(cosines)]])

    def _cosines(self, rows: Indices, query: Vector) -> NDArray[np.float32]:
        """(len(rows),) cosines; each vector is read once, however many entries share it."""
        if len(rows) > len(self._vectors) // 2:
            cosines: NDArray[np.float32] = (self._vectors @ query)[rows]
            return cosines
        distinct, place = np.unique(rows, return_inverse=True)
        found: NDArray[np.float32] = (self._vectors[distinct] @ query)[place]
        return found


def _largest(values: NDArray[np.float32], owners: Indices, count: int) -> Scores:
    """(count,) the largest of each owner's values; owners rise; 0 for one that has none."""
    largest = np.zeros(count)
    firsts = runs(owners)
    if len(firsts):
        largest[owners[firsts]] = np.maximum.reduceat(values, firsts)
    return largest

"""A small sketch of many vectors, to find the few that are worth an exact look.

Of every number only its sign is kept (above or below the mean of its column), so 384 numbers take 48 bytes
and vectors that lie close together differ in few bits. The sketch lies by column, word by word: a scan then
reads memory in order and is several times faster than one by row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD_BITS = 64
_BUILD_ROWS = 8192
_SCAN_ROWS = 16384
_MEAN_ROWS = 20_000


class SignBits:
    """The signs of R vectors.

    Args:
        vectors: (R, D), read once from end to end.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        rows, width = vectors.shape
        self._mean = vectors[:: max(1, rows // _MEAN_ROWS)].mean(axis=0)
        self._words = np.empty((-(-width // _WORD_BITS), rows), dtype=np.uint64)
        for start in range(0, rows, _BUILD_ROWS):
            block = slice(start, start + _BUILD_ROWS)
            self._words[:, block] = self._pack(vectors[block]).T

    def nearest(self, query: NDArray[np.float32], at_least: int) -> NDArray[np.int64]:
        """Rows whose signs differ least from the query's.

        Args:
            query: (D,).
            at_least: how many; all rows at the distance of the last one come along.

        Returns:
            rising row numbers.
        """
        distances = self._distances(self._pack(query[None])[0])
        reached = np.cumsum(np.bincount(distances))
        radius = np.searchsorted(reached, min(at_least, len(distances)))
        return np.flatnonzero(distances <= radius)

    def _pack(self, vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
        """(n, D) numbers to (n, words)."""
        packed = np.packbits(vectors > self._mean, axis=1)
        padding = -packed.shape[1] % (_WORD_BITS // 8)
        return np.pad(packed, ((0, 0), (0, padding))).view(np.uint64)

    def _distances(self, query: NDArray[np.uint64]) -> NDArray[np.uint16]:
        """(R,) number of bits that differ."""
        distances = np.zeros(self._words.shape[1], dtype=np.uint16)
        for start in range(0, len(distances), _SCAN_ROWS):
            block = slice(start, start + _SCAN_ROWS)
            for column, word in zip(self._words, query, strict=True):
                distances[block] += _count_bits(column[block] ^ word)
        return distances


def count_bits_by_table(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The set bits of each word, 16 at a time from a table."""
    quarters = _BITS_OF_16[words.view(np.uint16)].reshape(-1, 4)
    counts: NDArray[np.uint8] = quarters.sum(axis=1, dtype=np.uint8)
    return counts


_BITS_OF_16 = (
    np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8))
    .reshape(-1, 16)
    .sum(axis=1, dtype=np.uint8)
)

# np.bitwise_count came with NumPy 2; Blender 4.2 to 5.0 bring NumPy 1.26
_count_bits: Callable[[NDArray[np.uint64]], NDArray[Any]] = getattr(np, "bitwise_count", count_bits_by_table)

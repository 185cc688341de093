"""Similarities of queries and a gallery, given block by block so that no (N, N) array need exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ..errors import FeatureError
from ..motion.rotation import FloatArray

_BLOCK_VALUES = 1 << 22  # values of a block: some tens of megabytes with what is made of it


class Similarities(Protocol):
    """N queries against N gallery items; item i is query i's own."""

    def __len__(self) -> int:
        """N."""
        ...

    def rows(self, start: int, stop: int) -> FloatArray:
        """(stop - start, N) similarities of some queries, higher is nearer."""
        ...

    def turned(self) -> Similarities:
        """Queries and gallery in exchanged places."""
        ...


class Partial(Similarities, Protocol):
    """Similarities of which a part can be taken."""

    def within(self, places: np.ndarray) -> Partial:
        """Of some pairs alone, in the order of `places`."""
        ...


class MatrixSimilarities:
    """Similarities that somebody has computed.

    Args:
        matrix: (N, N), rows queries, columns gallery. Compared as float32, as published.

    Raises:
        FeatureError: the matrix is not square, is empty or not finite.
    """

    def __init__(self, matrix: FloatArray) -> None:
        matrix = np.asarray(matrix, dtype=np.float32)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
            raise FeatureError(f"similarities are {matrix.shape}, expected a square matrix")
        if not all(np.isfinite(matrix[start:stop]).all() for start, stop in blocks(len(matrix))):
            raise FeatureError("the similarities hold values that are not finite")
        self._matrix = matrix

    def __len__(self) -> int:
        return len(self._matrix)

    def rows(self, start: int, stop: int) -> FloatArray:
        """(stop - start, N) float32."""
        return np.ascontiguousarray(self._matrix[start:stop])

    def turned(self) -> MatrixSimilarities:
        """Of the transposed matrix."""
        return MatrixSimilarities(self._matrix.T)

    def within(self, places: np.ndarray) -> MatrixSimilarities:
        """Of some pairs alone, in the order of `places`."""
        return MatrixSimilarities(self._matrix[np.ix_(places, places)])


class CosineSimilarities:
    """Cosines of latents, computed when asked for.

    Each distinct gallery vector is multiplied once and its column repeated: matrix products round differently
    from column to column, and equal captions must stay exactly tied.

    Args:
        queries, gallery: (N, D) latents of any length; pair i is (query i, gallery item i).

    Raises:
        FeatureError: shapes differ, there is no pair, or a latent is zero or not finite.
    """

    def __init__(self, queries: FloatArray, gallery: FloatArray) -> None:
        if queries.shape != gallery.shape or queries.ndim != 2 or not len(queries):
            raise FeatureError(
                f"latents are {queries.shape} and {gallery.shape}, expected the same number of rows in both"
            )
        self.queries, self.gallery = unit_rows(queries), unit_rows(gallery)
        self._distinct, self._column_of = _distinct_rows(self.gallery)

    def __len__(self) -> int:
        return len(self.queries)

    def rows(self, start: int, stop: int) -> FloatArray:
        """(stop - start, N) float32 cosines."""
        return self.of(self.queries[start:stop])

    def of(self, queries: FloatArray) -> FloatArray:
        """(Q, N) float32 cosines of any (Q, D) unit rows with the gallery."""
        cosines: FloatArray = (queries @ self._distinct.T)[:, self._column_of]
        return cosines

    def turned(self) -> CosineSimilarities:
        """The gallery asks, the queries are found."""
        return CosineSimilarities(self.gallery, self.queries)

    def within(self, places: np.ndarray) -> CosineSimilarities:
        """Of some pairs alone, in the order of `places`."""
        return CosineSimilarities(self.queries[places], self.gallery[places])


def blocks(count: int, width: int | None = None) -> Iterator[tuple[int, int]]:
    """(first, past the last) of runs of `count` rows whose similarities with `width` items fit a block."""
    size = max(1, _BLOCK_VALUES // max(1, width or count))
    for start in range(0, count, size):
        yield start, min(count, start + size)


def unit_rows(latents: FloatArray) -> FloatArray:
    """(N, D) float32 rows of length 1.

    Raises:
        FeatureError: a row is zero or not finite.
    """
    norms = np.linalg.norm(latents.astype(np.float64), axis=1, keepdims=True)
    bad = np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))
    if len(bad):
        raise FeatureError("a latent is zero or not finite", where=f"row {bad[0]}")
    unit: FloatArray = (latents / norms).astype(np.float32)
    return unit


def _distinct_rows(rows: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """The different rows, and for each row which of them it is."""
    found: dict[bytes, int] = {}
    place = np.array([found.setdefault(row.tobytes(), len(found)) for row in rows])
    first = np.unique(place, return_index=True)[1]
    return rows[first], place

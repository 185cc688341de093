"""Cosines given block by block: against loops, and exactly tied where vectors are equal."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tmr_engine.errors import FeatureError
from tmr_engine.evaluation import CosineSimilarities, MatrixSimilarities
from tmr_engine.evaluation.similarities import blocks, unit_rows


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return math.fsum(a * b) / math.sqrt(math.fsum(a * a) * math.fsum(b * b))


def test_rows_are_cosines_whatever_the_length_of_a_latent() -> None:
    draw = np.random.default_rng(0)
    queries, gallery = draw.normal(size=(9, 5)) * 40, draw.normal(size=(9, 5)) * 1e-3
    pairs = CosineSimilarities(queries, gallery)
    wanted = np.array([[cosine(query, item) for item in gallery] for query in queries])
    np.testing.assert_allclose(pairs.rows(0, 9), wanted, atol=1e-6)
    np.testing.assert_allclose(pairs.rows(3, 7), wanted[3:7], atol=1e-6)
    np.testing.assert_allclose(pairs.turned().rows(0, 9), wanted.T, atol=1e-6)
    places = np.array([8, 0, 4])
    np.testing.assert_allclose(pairs.within(places).rows(0, 3), wanted[np.ix_(places, places)], atol=1e-6)
    assert len(pairs.within(places)) == 3


def test_equal_gallery_vectors_are_exactly_tied_in_every_row() -> None:
    draw = np.random.default_rng(1)
    gallery = draw.normal(size=(301, 67))
    copies = draw.integers(301, size=200)
    gallery[100:300] = gallery[copies % 100]
    rows = CosineSimilarities(draw.normal(size=(301, 67)), gallery).rows(0, 301)
    np.testing.assert_array_equal(rows[:, 100:300], rows[:, copies % 100])


def test_a_matrix_is_turned_and_cut_as_a_whole() -> None:
    matrix = np.arange(16.0).reshape(4, 4)
    pairs = MatrixSimilarities(matrix)
    np.testing.assert_array_equal(pairs.turned().rows(1, 3), matrix.T[1:3])
    np.testing.assert_array_equal(pairs.within(np.array([2, 0])).rows(0, 2), [[10, 8], [2, 0]])


@pytest.mark.parametrize(("count", "width"), [(1, None), (5000, None), (3, 1 << 23), (10_000, 700)])
def test_blocks_cover_every_row_once_and_none_is_too_large(count: int, width: int | None) -> None:
    runs = list(blocks(count, width))
    assert [row for start, stop in runs for row in range(start, stop)] == list(range(count))
    assert all(stop - start == 1 or (stop - start) * (width or count) <= 1 << 22 for start, stop in runs)


def test_latents_without_a_direction_are_refused() -> None:
    with pytest.raises(FeatureError, match="row 1"):
        unit_rows(np.array([[1.0, 0.0], [0.0, 0.0]]))
    with pytest.raises(FeatureError, match="row 0"):
        unit_rows(np.array([[np.nan, 0.0]]))
    with pytest.raises(FeatureError, match="same number"):
        CosineSimilarities(np.ones((3, 2)), np.ones((2, 2)))

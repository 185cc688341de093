"""The sketch of signs and the scan of a large gallery against exact sums in double precision."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from tmr_engine.library import CAPTION, NAME, Gallery
from tmr_engine.search import gallery_scan, sign_bits
from tmr_engine.search.gallery_scan import scan_of
from tmr_engine.search.sign_bits import SignBits, count_bits_by_table

WIDTH = 384
NO_WORDS = np.zeros(20_000)  # of the large gallery's clips


def _vectors(count: int, chance: np.random.Generator) -> np.ndarray:
    """Unit vectors as trained models make them: around centres, with few directions of spread."""
    centres = chance.standard_normal((300, WIDTH))
    spread = chance.standard_normal((24, WIDTH))
    vectors = centres[chance.integers(300, size=count)] + 0.35 * chance.standard_normal((count, 24)) @ spread
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _gallery(vectors: np.ndarray, per_clip: int) -> Gallery:
    """Each clip has `per_clip` texts, the last of them a name."""
    rows = np.arange(len(vectors))
    return Gallery(
        model_id="m",
        generation=1,
        vectors=vectors,
        clip_ids=tuple(f"{number:08}" for number in range(len(vectors) // per_clip)),
        numbers=np.arange(len(vectors) // per_clip),
        rows=rows,
        clips=rows // per_clip,
        kinds=np.where(rows % per_clip == per_clip - 1, NAME, CAPTION).astype(np.int8),
        positions=rows % per_clip,
        missing=0,
    )


@pytest.fixture(scope="module")
def large() -> tuple[Gallery, np.ndarray]:
    chance = np.random.default_rng(3)
    vectors = _vectors(60_100, chance)
    return _gallery(vectors[:60_000], 3), vectors[60_000:]


@pytest.fixture(params=["bitwise_count", "table"])
def counting(request, monkeypatch):
    """Both ways of counting bits: that of NumPy 2, and that of NumPy 1.26."""
    if request.param == "table":
        monkeypatch.setattr(sign_bits, "_count_bits", count_bits_by_table)


def test_bits_are_counted_as_python_counts_them():
    words = np.random.default_rng(0).integers(0, 2**64, size=5000, dtype=np.uint64)
    words[:2] = 0, 2**64 - 1
    assert count_bits_by_table(words).tolist() == [int(word).bit_count() for word in words]


@pytest.mark.parametrize("width", [5, 64, 70, 384])
def test_the_nearest_rows_are_those_whose_signs_differ_least(counting, width):
    chance = np.random.default_rng(width)
    vectors = chance.standard_normal((20_000, width)).astype(np.float32)
    query = chance.standard_normal(width).astype(np.float32)
    mean = vectors.mean(axis=0)
    differing = ((vectors > mean) != (query > mean)).sum(axis=1)
    radius = np.sort(differing)[99]
    assert np.array_equal(SignBits(vectors).nearest(query, 100), np.flatnonzero(differing <= radius))


def test_more_rows_than_there_are_gives_all(counting):
    vectors = np.random.default_rng(1).standard_normal((10, 64)).astype(np.float32)
    assert SignBits(vectors).nearest(vectors[0], 500).tolist() == list(range(10))


def test_of_the_ten_best_clips_ninety_nine_in_a_hundred_are_candidates(large):
    gallery, queries = large
    assert len(gallery.vectors) > gallery_scan.EXACT_ROWS
    scan = scan_of(gallery)
    exact = gallery.vectors.astype(np.float64)
    kept, looked_at = 0, 0
    for query in queries:
        captions = (exact @ query).reshape(-1, 3)[:, :2].max(axis=1)
        best = np.argsort(-captions)[:10]
        candidates = scan.candidates(query, NO_WORDS, exact=False)
        kept += np.isin(best, candidates).sum()
        looked_at += len(candidates)
    assert kept / (10 * len(queries)) >= 0.99
    assert looked_at / len(queries) < len(gallery.clip_ids) / 4


def test_clips_with_the_words_are_candidates_however_far_they_are(large):
    gallery, queries = large
    scan = scan_of(gallery)
    far = np.argsort((gallery.vectors @ queries[0]).reshape(-1, 3).max(axis=1))[:5]
    plain = scan.candidates(queries[0], NO_WORDS, exact=False)
    assert not np.isin(far, plain).any()
    words = NO_WORDS.copy()
    words[far] = 3.0
    found = scan.candidates(queries[0], words, exact=False)
    assert found.tolist() == sorted({*plain.tolist(), *far.tolist()})


def test_exact_means_every_clip(large):
    gallery, queries = large
    assert len(scan_of(gallery).candidates(queries[0], NO_WORDS, exact=True)) == len(gallery.clip_ids)


@pytest.mark.parametrize(
    "some", [np.arange(20_000), np.array([0, 7, 8, 19_999]), np.array([], dtype=np.int64)]
)
def test_scores_are_the_best_cosine_of_each_kind(large, some):
    gallery, queries = large
    words = NO_WORDS.copy()
    words[7] = 10.0
    parts = scan_of(gallery).score(some, queries[1], words)
    cosines = (gallery.vectors.astype(np.float64) @ queries[1].astype(np.float64)).reshape(-1, 3)[some]
    assert np.allclose(parts.caption, cosines[:, :2].max(axis=1), atol=1e-5)
    assert np.allclose(parts.name, cosines[:, 2], atol=1e-5)
    assert np.array_equal(parts.words, np.where(some == 7, 0.5, 0.0))


def test_texts_that_clips_share_count_for_each_of_them():
    vectors = np.eye(4, dtype=np.float32)
    gallery = Gallery(
        model_id="m",
        generation=1,
        vectors=vectors,
        clip_ids=("a", "b", "c"),
        numbers=np.arange(3),
        rows=np.array([2, 0, 2, 1]),
        clips=np.array([0, 1, 1, 2]),
        kinds=np.array([CAPTION, CAPTION, CAPTION, NAME], dtype=np.int8),
        positions=np.array([0, 0, 1, 0]),
        missing=0,
    )
    scan = scan_of(gallery)
    parts = scan.score(np.arange(3), vectors[2], np.zeros(3))
    assert parts.caption.tolist() == [1.0, 1.0, 0.0]
    assert [scan.best_caption(number, vectors[2]) for number in range(3)] == [0, 1, None]


def test_a_scan_is_made_once_for_a_gallery_and_goes_with_it():
    gallery = _gallery(np.eye(6, dtype=np.float32), 3)
    scan = weakref.ref(scan_of(gallery))
    assert scan_of(gallery) is scan()
    del gallery
    gc.collect()
    assert scan() is None

"""The one place where signals are weighed."""

from __future__ import annotations

import numpy as np

from tmr_engine.search.fusion import Parts, Weights, fuse, words_part


def _parts(caption, name, words) -> Parts:
    return Parts(*(np.array(values, dtype=np.float64) for values in (caption, name, words)))


def test_the_score_is_the_weighted_mean_of_meaning_and_words():
    weights = Weights(name=0.5, meaning=2.0, words=1.0)
    scores = fuse(_parts([0.6, 0.1, 0.0], [0.4, 0.8, 0.0], [0.0, 0.9, 1.0]), weights)
    assert np.allclose(scores, [2 * 0.6 / 3, (2 * 0.4 + 0.9) / 3, 1 / 3])


def test_motion_and_facets_count_where_there_are_any():
    parts = _parts([0.6], [0.0], [0.0])
    weights = Weights(name=0.0, meaning=1.0, words=1.0, motion=2.0, facets=4.0)
    assert fuse(parts, weights).tolist() == [0.3]
    told = parts._replace(motion=np.array([0.9]), facets=np.array([0.5]))
    assert np.allclose(fuse(told, weights), (0.6 + 2 * 0.9 + 4 * 0.5) / 8)


def test_the_motion_stands_for_the_caption_of_a_clip_that_has_none():
    weights = Weights(name=1.0, meaning=1.0, words=0.0, motion=0.0, facets=0.0, stand_in=0.5)
    parts = _parts([0.0, 0.3, 0.0, 0.0], [0.1, 0.1, 0.1, 0.7], [0.0] * 4)
    told = parts._replace(motion=np.array([0.8, 0.8, -0.8, 0.8]))
    assert np.allclose(fuse(told, weights), [0.4, 0.3, 0.1, 0.7])
    assert np.allclose(fuse(parts, weights), [0.1, 0.3, 0.1, 0.7])


def test_no_score_is_above_one():
    assert fuse(_parts([1.0], [1.0], [1.0]), Weights()).tolist() == [1.0]


def test_more_of_any_signal_never_lowers_a_score():
    chance = np.random.default_rng(0)
    low = chance.random((3, 500))
    high = low + chance.random((3, 500)) * (1 - low)
    assert (fuse(_parts(*high), Weights()) >= fuse(_parts(*low), Weights())).all()


def test_the_words_part_rises_from_nought_towards_one():
    values = [words_part(bm25) for bm25 in (0.0, 1e-6, 1.0, 10.0, 1e9)]
    assert values == sorted(values)
    assert values[0] == 0.0
    assert values[3] == 0.5
    assert 0.999 < values[-1] <= 1.0

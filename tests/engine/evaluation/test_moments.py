"""Moment retrieval: windows, overlaps, suppression and metrics, by hand and by loops over frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.datasets.made import joints
from tmr_engine.errors import FeatureError
from tmr_engine.evaluation import Answers, moment_metrics, reanchored, windows
from tmr_engine.evaluation.moments import average_precision
from tmr_engine.features import features_to_joints, joints_to_features
from tmr_engine.search.moments import iou, suppress

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), min_size=1, max_size=12)


def overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    """By the frames that the spans hold."""
    one, other = set(range(*a)), set(range(*b))
    return len(one & other) / len(one | other)


@settings(max_examples=60, deadline=None)
@given(SPANS, SPANS)
def test_overlap_is_that_of_sets_of_frames(first: list[tuple[int, int]], second: list) -> None:
    ours = [(start, start + length) for start, length in first]
    others = [(start, start + length) for start, length in second]
    wanted = [[overlap(a, b) for b in others] for a in ours]
    np.testing.assert_allclose(iou(np.array(ours), np.array(others)), wanted)


@settings(max_examples=60, deadline=None)
@given(SPANS, st.integers(0, 1000))
def test_what_is_kept_overlaps_nothing_better_and_what_is_not_does(rows: list, seed: int) -> None:
    spans = np.array([(start, start + length) for start, length in rows])
    scores = np.random.default_rng(seed).normal(size=len(spans))
    kept = suppress(spans, scores, 0.5).tolist()
    assert kept == sorted(kept, key=lambda place: -scores[place])
    for place in range(len(spans)):
        covered = any(
            overlap(tuple(spans[place]), tuple(spans[other])) > 0.5 and scores[other] > scores[place]
            for other in kept
        )
        assert covered == (place not in kept)


def test_windows_move_by_a_quarter_and_the_last_ends_with_the_recording() -> None:
    found = windows(50, 20.0, (1.0, 2.0, 4.0))
    seconds_1 = [(start, start + 20) for start in (0, 5, 10, 15, 20, 25, 30)]
    seconds_2 = [(0, 40), (10, 50)]
    assert [tuple(span) for span in found.tolist()] == seconds_1 + seconds_2
    assert windows(10, 20.0, (1.0,)).tolist() == [[0, 10]]
    assert windows(20, 20.0, (1.0,)).tolist() == [[0, 20]]


def test_recalls_and_precision_are_counted_by_hand() -> None:
    # one moment of 0 to 10: answers overlap it by 0, 0.5 and 1
    late = Answers(np.array([[50, 60], [0, 5], [0, 10]]), np.array([[0, 10]]))
    # two moments: found by the first and the third answer
    two = Answers(np.array([[0, 10], [40, 45], [20, 30]]), np.array([[0, 10], [20, 30]]))
    found = moment_metrics([late, two])
    assert found["R1@0.5"] == 50
    assert found["R5@0.5"] == 100
    assert found["mAP@0.7"] == pytest.approx(100 * (1 / 3 + (1 + 2 / 3) / 2) / 2)
    assert found["mAP@0.3"] == pytest.approx(100 * (1 / 2 + (1 + 2 / 3) / 2) / 2)
    assert found["mAP"] == pytest.approx(np.mean([found[f"mAP@{limit}"] for limit in (0.3, 0.5, 0.7)]))


def test_a_moment_is_found_once_only() -> None:
    twice = Answers(np.array([[0, 10], [0, 9], [20, 30]]), np.array([[0, 10], [20, 30]]))
    assert average_precision(twice, 0.5) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(Answers(np.array([[50, 60]]), np.array([[0, 10]])), 0.5) == 0


def test_a_window_has_the_features_of_a_clip_that_was_recorded_alone() -> None:
    # features of a body that has the reference skeleton's proportions already
    body = features_to_joints(joints_to_features(joints(120, 3)))
    whole = joints_to_features(body)
    window, alone = reanchored(whole, 30, 70), joints_to_features(body[30:71])
    assert window.shape == (40, 263)
    np.testing.assert_allclose(window[:, :67], alone[:, :67], atol=2e-3)
    np.testing.assert_allclose(window[:, 193:259], alone[:, 193:259], atol=2e-3)
    # at the end there is no frame more: one frame less comes out
    assert len(reanchored(whole, len(whole) - 40, len(whole))) == 39


def test_what_cannot_be_looked_for_is_refused() -> None:
    with pytest.raises(FeatureError, match="263"):
        reanchored(np.zeros((10, 251)), 0, 5)
    with pytest.raises(FeatureError, match="two frames"):
        reanchored(np.zeros((10, 263)), 4, 5)
    with pytest.raises(FeatureError, match="no moment"):
        moment_metrics([])

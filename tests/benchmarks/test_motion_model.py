"""What the benchmark of the motion model counts, against closed forms; it decides what ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.motion_model.choices import orders, share_right, sides, wilson
from benchmarks.motion_model.material import Recording, Segment, spread
from benchmarks.motion_model.moments import Take, joined_take, queries
from benchmarks.motion_model.retrieval import (
    CEILING,
    CHANCE,
    alike,
    bounds,
    ceiling,
    chance,
    small_batches,
)
from tests.engine.captioning.bodies import standing
from tmr_engine.captioning.rewrite import mirror
from tmr_engine.features import joints_to_features, mirror_joints


class Letters:
    """A sentence model to which texts are alike that begin with the same letter, and no others are."""

    model_id, width = "letters", 26

    def encode(self, texts):
        rows = np.zeros((len(texts), self.width), np.float32)
        rows[np.arange(len(texts)), [ord(text[0]) - ord("a") for text in texts]] = 1
        return rows


def segment(name: str, part: int, *captions: str, subject: str = "s", source: str = "a", seconds=2.0):
    recording = Recording(name, Path(name), source, subject, "")
    features = joints_to_features(standing(seconds, 20.0))
    return Segment(f"{name} {part}", recording, float(part), part + seconds, captions, features)


@pytest.fixture
def letters(tmp_path, monkeypatch):
    monkeypatch.setenv("TMR_CACHE", str(tmp_path))
    return Letters()


def test_alike_captions_limit_what_a_judge_of_captions_can_expect():
    same = alike(Letters().encode(["a", "a", "a", "b"]))
    assert same.sum(axis=1).tolist() == [3, 3, 3, 1]
    assert ceiling(same, 1) == pytest.approx(100 * (3 / 3 + 1) / 4)
    assert ceiling(same, 5) == 100


def test_chance_counts_every_accepted_item():
    assert chance(np.array([1]), 32, 5) == pytest.approx(100 * 5 / 32)
    # two accepted of four: one draw hits in a half, three draws always
    assert chance(np.array([2]), 4, 1) == pytest.approx(50)
    assert chance(np.array([2]), 4, 3) == pytest.approx(100)


def test_a_judge_of_captions_reaches_the_ceiling_and_a_random_order_chance():
    draw = np.random.default_rng(1)
    texts = [chr(ord("a") + place % 20) for place in range(320)]
    sentences = Letters().encode(texts)
    keys = [f"{place:03}" for place in range(len(texts))]
    kinds = {"lenient": sentences, "strict": None}
    limits = bounds(kinds)
    noise = draw.random((len(texts), len(texts)))
    judge = small_batches(alike(sentences) + 1e-3 * noise, kinds, keys)
    blind = small_batches(noise, kinds, keys)
    for name in ("t2m R@1", "m2t R@1", "t2m R@5", "m2t R@5"):
        assert np.mean(judge[f"{name} lenient"]) == 100
        expected = np.mean(limits[CEILING][f"{name} strict"])
        assert np.mean(judge[f"{name} strict"]) == pytest.approx(expected, abs=1.5)
        for kind in ("lenient", "strict"):
            expected = np.mean(limits[CHANCE][f"{name} {kind}"])
            assert np.mean(blind[f"{name} {kind}"]) == pytest.approx(expected, abs=1.5)
        assert len(blind[f"{name} published"]) == 1


def test_the_interval_of_a_share_is_wilsons():
    # 8 of 10: 0.490 .. 0.943 in the tables
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-3)
    assert wilson(10, 10)[1] == 1.0
    low, high = wilson(50, 100)
    assert low + high == pytest.approx(1.0)


def test_a_tie_is_half_right():
    share = share_right(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]))
    assert share.percent == 62.5
    assert share.low < share.percent < share.high
    assert share.count == 4


def test_subjects_and_their_recordings_take_turns():
    segments = [segment("x1", part, "a", subject="x") for part in (0, 1)]
    segments += [segment("x2", 0, "a", subject="x"), segment("y1", 0, "a", subject="y")]
    assert [one.key for one in spread(segments)] == ["x1 0", "y1 0", "x2 0", "x1 1"]
    assert [one.key for one in spread(segments[::-1])] == ["x1 0", "y1 0", "x2 0", "x1 1"]


def test_pairs_of_sides_are_balanced_and_the_motion_goes_with_the_caption():
    captions = ("a person stands", "a person lifts the left hand", "a person lowers the right hand")
    segments = [segment(f"x{number}", 0, *captions) for number in range(4)]
    segments.append(segment("x9", 0, "a person stands"))
    found = sides(segments, 10)
    assert [choice.text for choice in found] == [captions[1], mirror(captions[1])] * 2
    for number, choice in enumerate(found):
        own = segments[number].joints
        other = mirror_joints(own)
        right, wrong = (own, other) if number % 2 == 0 else (other, own)
        assert np.array_equal(choice.right, right)
        assert np.array_equal(choice.wrong, wrong)
    assert len(sides(segments, 3)) == 3


def test_orders_join_what_differs_and_take_nothing_twice(letters):
    segments = [segment(f"{text}{source}", 0, text, source=source) for text in "ab" for source in "pq"]
    segments.append(segment("long", 0, "c", source="r", seconds=9.5))
    found = orders(segments, letters)
    assert len(found) == 2
    names = [part for choice in found for part in choice.name.split(", then ")]
    assert len(set(names)) == 4
    for choice in found:
        first, second = choice.name.split(", then ")
        assert first[0] != second[0]
        assert first[1] != second[1]
        assert choice.text.index(first[0]) == 0
        assert choice.text.endswith(second[0])
        assert choice.right.shape == choice.wrong.shape


def test_segments_of_a_joined_take_follow_each_other():
    parts = iter([segment(f"x{number}", 0, "a", seconds=4.0) for number in range(10)])
    take = joined_take("t", parts)
    assert take is not None
    assert len(take.joints) >= 600
    assert take.spans[0, 0] == 0
    assert take.spans[-1, 1] == len(take.joints)
    assert np.array_equal(take.spans[1:, 0], take.spans[:-1, 1])
    # 80 frames each, 8 of which two share
    assert np.ptp(take.spans, axis=1).tolist() == [76, *[72] * (len(take.spans) - 2), 76]
    assert joined_take("t", parts) is None, "what is left is too short"


def test_a_caption_that_fits_another_segment_of_the_take_is_no_query(letters):
    chosen = [segment("x", 0, "a"), segment("x", 2, "b", "c"), segment("x", 4, "c"), segment("x", 6, "d")]
    spans = np.array([[0, 40], [40, 80], [80, 120], [120, 160]])
    found = queries(Take("x", "recorded", np.zeros((160, 22, 3)), chosen, spans), letters)
    assert [(query.text, query.span.tolist()) for query in found] == [
        ("a", [0, 40]),
        ("b", [40, 80]),
        ("d", [120, 160]),
    ]

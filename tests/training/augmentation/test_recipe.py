"""Data sets made larger: what is made, what its captions say, and that it is the same after a stop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed; these tests need the training packages")

from tests.engine.datasets.made import joints
from tmr_engine.datasets import Caption, Dataset, Item, MotionPlace
from tmr_engine.errors import TMRError
from tmr_engine.features import JOINT_NAMES, features_to_joints, joints_to_features, mirror_joints
from tmr_engine.training.augmentation.motions import one_after_the_other
from tmr_engine.training.augmentation.recipe import augmented
from tmr_engine.training.config import AugmentationConfig

pytestmark = pytest.mark.torch
WRIST = JOINT_NAMES.index("left_wrist")


def still(frames: int) -> np.ndarray:
    """The reference skeleton at rest, on the ground."""
    return np.repeat(joints(1, 0)[:1], frames, axis=0)


def waving(frames: int) -> np.ndarray:
    """Lifts the left arm straight up and holds it there."""
    motion = still(frames)
    shoulder = motion[0, JOINT_NAMES.index("left_shoulder")]
    share = np.clip(np.arange(frames) / 15, 0, 1)[:, None]
    for name, away in (("left_elbow", 0.26), ("left_wrist", 0.52)):
        joint = JOINT_NAMES.index(name)
        angle = np.pi * share[:, 0]
        motion[:, joint] = shoulder + away * np.stack([np.sin(angle), -np.cos(angle), 0 * angle], axis=1)
    return motion


def walking(frames: int) -> np.ndarray:
    """Steps of 0.6 m, half a second each: one foot stands while the other passes it."""
    motion = still(frames)
    steps = np.arange(frames) / 10
    motion[..., 2] += (0.6 * steps)[:, None]
    for side, phase in (("left", 0.0), ("right", 1.0)):
        hip, knee, ankle, foot = (
            JOINT_NAMES.index(f"{side}_{name}") for name in ("hip", "knee", "ankle", "foot")
        )
        turn = (steps + phase) % 2
        swing = np.clip(turn, 0, 1)  # a step in the air, then one on the ground
        along = (steps + phase - turn) * 0.6 + 1.2 * swing - 0.6 - 0.6 * phase
        lift = 0.12 * np.sin(np.pi * swing)
        for joint in (ankle, foot):
            motion[:, joint, 2] = motion[0, joint, 2] + along
            motion[:, joint, 1] += lift
        motion[:, knee] = (motion[:, hip] + motion[:, ankle]) / 2 + [0, 0, 0.05]
    return motion


CAPTIONS = {
    "wave": ("a person lifts the left arm", "raise your left hand"),
    "walk": ("a person walks forward", "walk ahead"),
    "stand": ("a person stands", "wait"),
}


@pytest.fixture
def dataset() -> Dataset:
    features = {
        "wave": joints_to_features(waving(60)),
        "walk": joints_to_features(walking(60)),
        "stand": joints_to_features(still(40) + 0.001 * np.sin(np.arange(40))[:, None, None]),
    }
    items = [
        Item(key, MotionPlace(Path(key)), tuple(Caption(text) for text in texts))
        for key, texts in CAPTIONS.items()
    ]
    return Dataset("made", "train", items, lambda place: features[place.path.name])


def texts(item: Item) -> list[str]:
    return [caption.text for caption in item.captions]


def test_without_a_wish_the_data_set_stays_itself(dataset: Dataset) -> None:
    assert augmented(dataset, AugmentationConfig(), 1) is dataset


def test_mirrored_motions_follow_the_others_and_their_captions_change_sides(dataset: Dataset) -> None:
    made = augmented(dataset, AugmentationConfig(mirror=True), 1)
    assert made.keys[:3] == dataset.keys
    assert len(made) == 6
    assert len(set(made.keys)) == 6
    for index in range(3):
        np.testing.assert_array_equal(made.features(index), dataset.features(index))
    assert texts(made.items[3]) == ["a person lifts the right arm", "raise your right hand"]
    assert texts(made.items[4]) == list(CAPTIONS["walk"])
    expected = joints_to_features(mirror_joints(features_to_joints(dataset.features(0))))
    np.testing.assert_allclose(made.features(3), expected, atol=1e-5)
    # it is the right hand that rises now
    rise = np.ptp(features_to_joints(made.features(3))[:, [WRIST, WRIST + 1], 1], axis=0)
    assert rise[0] < 0.05
    assert rise[1] > 0.5


def test_at_another_tempo_the_captions_say_so(dataset: Dataset) -> None:
    made = augmented(dataset, AugmentationConfig(tempo=4.0), 1)
    assert len(made) == 3 + 12
    for index in range(3, len(made)):
        source = made.items[index].key.split()[0]
        before = len(dataset.features(list(CAPTIONS).index(source)))
        faster = len(made.features(index)) < before
        word = "quickly" if faster else "slowly"
        assert texts(made.items[index]) == [f"{text} {word}" for text in CAPTIONS[source]]


def test_a_rougher_capture_keeps_its_captions_and_nearly_its_motion(dataset: Dataset) -> None:
    made = augmented(dataset, AugmentationConfig(noise=2.0), 1)
    assert len(made) == 3 + 6
    for index in range(3, len(made)):
        source = made.items[index].key.split()[0]
        assert texts(made.items[index]) == list(CAPTIONS[source])
        after = features_to_joints(made.features(index))
        before = features_to_joints(dataset.features(list(CAPTIONS).index(source)))[: len(after)]
        away = np.linalg.norm((after - after[:, :1]) - (before - before[:, :1]), axis=-1)
        assert 0.001 < np.median(away) < 0.05


def test_two_motions_in_a_row_are_told_in_their_order(dataset: Dataset) -> None:
    made = augmented(dataset, AugmentationConfig(in_a_row=3.0), 1)
    rows = [(made.items[index], index) for index in range(3, len(made))]
    assert len(rows) == 9
    for item, index in rows:
        first = item.key.split()[0]
        others = [key for key in CAPTIONS if key != first]
        ordered, plain = texts(item)
        second = next(key for key in others if CAPTIONS[key][1] in plain)
        assert plain.index(CAPTIONS[first][1]) < plain.index(CAPTIONS[second][1])
        assert any(word in ordered for word in ("then", "after", "next"))
        parts = [features_to_joints(dataset.features(list(CAPTIONS).index(key))) for key in (first, second)]
        expected = joints_to_features(one_after_the_other(*map(np.float64, parts), 20.0))
        np.testing.assert_allclose(made.features(index), expected, atol=1e-5)


def test_the_arms_of_one_motion_are_put_on_the_legs_of_another_where_both_are_halves(
    dataset: Dataset,
) -> None:
    made = augmented(dataset, AugmentationConfig(in_halves=10.0), 1)
    assert len(made) > 3
    for index in range(3, len(made)):
        assert made.items[index].key.startswith("wave in halves")  # only there arms alone do something
        assert all("left" in text and "walk" in text for text in texts(made.items[index]))
        both = features_to_joints(made.features(index))
        assert np.ptp(both[:, WRIST, 1]) > 0.5
        assert np.linalg.norm(np.ptp(both[:, 0, [0, 2]], axis=0)) > 0.3


def test_more_words_leave_the_first_caption_and_the_motions_as_they_are(dataset: Dataset) -> None:
    made = augmented(dataset, AugmentationConfig(paraphrases=3, described=2), 1)
    assert made.keys == dataset.keys
    for index, key in enumerate(CAPTIONS):
        found = texts(made.items[index])
        assert found[:2] == list(CAPTIONS[key])
        assert len(found) == len(set(found)) > 2
    assert any("left" in text for text in texts(made.items[0])[2:])


def test_the_same_seed_makes_the_same_and_another_seed_something_else(dataset: Dataset) -> None:
    config = AugmentationConfig(mirror=True, tempo=2.0, in_a_row=2.0, in_halves=1.0, noise=1.0, paraphrases=1)
    one, again, other = (augmented(dataset, config, seed) for seed in (1, 1, 2))
    assert one.items == again.items
    for index in range(len(one)):
        np.testing.assert_array_equal(one.features(index), again.features(index))
    assert [texts(item) for item in one.items] != [texts(item) for item in other.items]


def test_features_that_are_not_the_263_are_refused() -> None:
    item = Item("a", MotionPlace(Path("a")), (Caption("x"),))
    kit = Dataset("kit", "train", [item], lambda _: np.zeros((40, 251), np.float32), width=251)
    with pytest.raises(TMRError, match="251 numbers"):
        augmented(kit, AugmentationConfig(mirror=True), 1)

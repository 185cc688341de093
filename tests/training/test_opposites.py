"""Items and their opposites: made, shown together with words that go together, told apart by the loss."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tests.engine.datasets.made import joints  # noqa: E402
from tmr_engine.captioning.rewrite import mirror  # noqa: E402
from tmr_engine.datasets import Caption, Dataset, Item, MotionPlace  # noqa: E402
from tmr_engine.features import Statistics, features_to_joints, joints_to_features  # noqa: E402
from tmr_engine.training.augmentation.recipe import augmented  # noqa: E402
from tmr_engine.training.batches import TrainingSet  # noqa: E402
from tmr_engine.training.config import AugmentationConfig  # noqa: E402
from tmr_engine.training.losses import opposites_loss  # noqa: E402
from tmr_engine.training.text_backbone import load_text_backbone  # noqa: E402
from tmr_engine.training.texts import Texts  # noqa: E402

pytestmark = pytest.mark.torch
SIDED = ("a person turns to the left", "a person raises the right arm", "a person bows")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    features = {f"clip{seed}": joints_to_features(joints(50 + 10 * seed, seed)) for seed in range(12)}
    items = [
        Item(
            key,
            MotionPlace(Path(key)),
            (Caption(f"{SIDED[number % 3]} {number} times"), Caption("somebody moves")),
        )
        for number, key in enumerate(features)
    ]
    return Dataset("made", "train", items, lambda place: features[place.path.name])


def test_a_row_in_the_other_order_is_the_opposite_of_the_row(dataset: Dataset) -> None:
    made = augmented(dataset, AugmentationConfig(in_a_row=1.0, reversed=True), seed=3)
    by_key = {item.key: index for index, item in enumerate(made.items)}
    reversed_rows = [item for item in made.items if item.opposite]
    assert reversed_rows
    for item in reversed_rows:
        one, other = by_key[item.opposite], by_key[item.key]
        assert len(made.features(one)) == len(made.features(other))
        ends = [features_to_joints(made.features(index)).astype(float) for index in (one, other)]
        # what the one begins with the other ends with: its speeds, read backwards from the far end, differ
        assert not np.allclose(ends[0][:, 1:] - ends[0][:, :1], ends[1][:, 1:] - ends[1][:, :1], atol=0.01)
        assert len(made.captions(one)) == len(made.captions(other))
        assert made.captions(one)[0].text != made.captions(other)[0].text


@pytest.mark.parametrize("bucketed", [False, True])
def test_opposites_meet_in_a_batch_with_captions_that_go_together(dataset: Dataset, bucketed: bool) -> None:
    made = augmented(dataset, AugmentationConfig(mirror=True), seed=3)
    texts = Texts([c.text for item in made.items for c in item.captions], load_text_backbone())
    training_set = TrainingSet(made, Statistics.of([made.features(0)]), texts)
    met = 0
    for epoch in range(5):
        plan = training_set.plan(
            seed=1, epoch=epoch, batch_size=6, bucketed=bucketed, averaged=1, window_s=0.0, together=True
        )
        assert sorted(item for batch in plan.batches for item in batch) == list(range(24))
        for items in plan.batches:
            pairs = plan.opposites_in(items)
            met += len(pairs)
            for one, other in pairs.tolist():
                shown = [made.captions(items[row])[plan.captions[items[row]][0]].text for row in (one, other)]
                assert shown[0] == mirror(shown[1]) != shown[1]
    # two of three items name a side in one of two captions: 8 x 1/2 pairs an epoch
    assert 5 <= met <= 35


def test_the_loss_is_that_of_the_cosines() -> None:
    text = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    motion = torch.tensor([[3.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    # own: 1 and sqrt(1/2); crossed: sqrt(1/2) and 0
    expected = math.log1p(math.exp(-(1 + math.sqrt(0.5) - math.sqrt(0.5)) / 0.5))
    found = opposites_loss(text, motion, torch.tensor([[0, 1]]), temperature=0.5)
    assert found.item() == pytest.approx(expected, rel=1e-5)
    assert opposites_loss(text, motion, torch.zeros(0, 2, dtype=torch.int64), temperature=0.5).item() == 0.0

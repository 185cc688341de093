"""A share of a data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tmr_engine.datasets import Caption, Dataset, Item, MotionPlace


@pytest.fixture
def dataset() -> Dataset:
    """Of 2,000 items."""
    items = [
        Item(f"clip {number}", MotionPlace(Path(f"{number}.npy")), (Caption("walks"),))
        for number in range(2000)
    ]
    return Dataset("made", "train", items, lambda _: np.zeros((20, 263), np.float32))


@pytest.mark.parametrize("share", [0.125, 0.5, 0.9])
def test_a_share_has_about_so_many_items(dataset: Dataset, share: float) -> None:
    # four standard deviations of a binomial
    room = 4 * np.sqrt(2000 * share * (1 - share))
    assert abs(len(dataset.shared(share)) - 2000 * share) < room


def test_a_smaller_share_is_part_of_a_larger_one_and_all_is_all(dataset: Dataset) -> None:
    small, large = (dataset.shared(share).keys for share in (0.25, 0.5))
    assert set(small) < set(large) < set(dataset.keys)
    assert dataset.shared(1.0).keys == dataset.keys
    assert dataset.shared(0.25).keys == small

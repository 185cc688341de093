"""The data set of segments, and the one that options are chosen by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tmr_engine.annotating.dataset import is_development, write_dataset
from tmr_engine.datasets.text_files import read_rows


@pytest.mark.parametrize(
    ("motion", "split", "chosen"),
    [
        ("cmu_05_03 0.00-2.00", "train", True),
        ("cmu_60_12", "train", True),
        ("cmu_60_11", "train", False),
        ("cmu_07_01", "val", True),
        ("cmu_05_03", "test", False),
    ],
)
def test_options_are_chosen_by_val_and_some_of_train_never_by_test(motion, split, chosen):
    assert is_development(motion, split) is chosen


def test_the_development_data_set_has_no_test_and_loses_nothing_else(shared_dir: Path, tmp_path: Path):
    whole, chosen = tmp_path / "whole", tmp_path / "chosen"
    counts = write_dataset(shared_dir / "data", whole)
    found = write_dataset(shared_dir / "data", chosen, development=True)
    assert set(found) == {"train", "val"}
    assert sum(found.values()) == counts["train"] + counts["val"]
    assert found["val"] > counts["val"]
    columns = frozenset({"id", "split"})
    splits = {row["id"]: row["split"] for row in read_rows(whole / "manifest.csv", columns)}
    for row in read_rows(chosen / "manifest.csv", columns):
        assert splits[row["id"]] != "test"
        assert row["split"] == ("val" if is_development(row["id"], splits[row["id"]]) else "train")

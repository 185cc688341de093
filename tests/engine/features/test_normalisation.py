"""Normalisation against NumPy on all frames at once, and against the published numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tmr_engine.datasets import DatasetError, read_statistics, write_statistics
from tmr_engine.errors import FeatureError
from tmr_engine.features import Statistics


def test_statistics_are_those_of_all_frames_even_far_from_zero() -> None:
    draw = np.random.default_rng(0)
    parts = [draw.normal(1000.0, [1e-2, 5.0, 0.3], (count, 3)) for count in (5, 1, 40)]
    found = Statistics.of(parts)
    every = np.concatenate(parts)
    np.testing.assert_allclose(found.mean, every.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.std, every.std(axis=0, ddof=1), rtol=1e-5)


def test_normalising_equals_the_authors_and_comes_back(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "features" / "stats.npz") as arrays:
        statistics = Statistics(arrays["tmr_humanml3d_mean"], arrays["tmr_humanml3d_std"])
    with np.load(shared_dir / "reference" / "features" / "walk_line.npz") as arrays:
        features = arrays["features"]
    with np.load(shared_dir / "reference" / "pipeline" / "end_to_end.npz") as arrays:
        wanted = arrays["normalised_first_last/walk_line"]
    normal = statistics.normalise(features)
    np.testing.assert_allclose(normal[[0, -1]], wanted, atol=2e-3)
    np.testing.assert_allclose(statistics.denormalise(normal), features, atol=1e-5)


def test_a_dimension_that_never_moves_stays_finite() -> None:
    statistics = Statistics.of([np.ones((4, 2))])
    np.testing.assert_array_equal(statistics.normalise(np.ones((4, 2))), 0.0)


def test_statistics_survive_the_disk(tmp_path: Path) -> None:
    statistics = Statistics(np.arange(3, dtype=np.float32), np.ones(3, dtype=np.float32))
    write_statistics(tmp_path / "stats", statistics)
    read = read_statistics(tmp_path / "stats")
    np.testing.assert_array_equal(read.mean, statistics.mean)
    np.testing.assert_array_equal(read.std, statistics.std)


@pytest.mark.parametrize(
    ("mean", "std"),
    [(np.zeros(3), np.zeros(2)), (np.zeros(2), np.array([1.0, -1.0])), (np.array([np.nan]), np.ones(1))],
)
def test_impossible_statistics_are_refused(mean: np.ndarray, std: np.ndarray) -> None:
    with pytest.raises(FeatureError):
        Statistics(mean, std)


def test_no_frames_and_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeatureError):
        Statistics.of([])
    with pytest.raises(DatasetError, match=r"mean\.npy"):
        read_statistics(tmp_path)
    (tmp_path / "mean.npy").write_bytes(b"rubbish")
    with pytest.raises(DatasetError, match=r"mean\.npy"):
        read_statistics(tmp_path)

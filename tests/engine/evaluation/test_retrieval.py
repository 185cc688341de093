"""Retrieval metrics against the authors' code, and in cases that can be counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tmr_engine.errors import FeatureError
from tmr_engine.evaluation import MatrixSimilarities, retrieval_metrics, small_batch_metrics
from tmr_engine.evaluation.retrieval import ranks

THRESHOLDS = {"normal": None, "threshold_0.95": 0.95, "threshold_0.9": 0.9, "threshold_0.8": 0.8}


def rounded(metrics: dict[str, dict[str, float]]) -> dict[str, float]:
    return {f"{way}/{name}": round(value, 2) for way, row in metrics.items() for name, value in row.items()}


def test_every_protocol_equals_the_authors_metrics(shared_dir: Path) -> None:
    folder = shared_dir / "reference" / "metrics"
    expected = json.loads((folder / "expected.json").read_text())
    compared = 0
    with np.load(folder / "matrices.npz") as arrays:
        for case, protocols in expected.items():
            similarities = arrays[f"{case}/sim"]
            embeddings = arrays[f"{case}/sent_emb"].astype(np.float32)
            for protocol, wanted in protocols.items():
                if protocol in THRESHOLDS:
                    threshold = THRESHOLDS[protocol]
                    found = retrieval_metrics(
                        similarities, sentence_embeddings=embeddings, threshold=threshold
                    )
                elif protocol == "guo":
                    found = small_batch_metrics(similarities, [str(key) for key in arrays[f"{case}/keyids"]])
                else:
                    continue
                figures = {key: value for key, value in wanted.items() if not key.endswith("len")}
                assert rounded(found) == pytest.approx(figures, abs=1e-9), (case, protocol)
                compared += 1
    assert compared >= 30


def test_figures_are_not_rounded(shared_dir: Path) -> None:
    folder = shared_dir / "reference" / "metrics"
    expected = json.loads((folder / "expected.json").read_text())
    with np.load(folder / "matrices.npz") as arrays:
        for case, protocols in expected.items():
            metrics = retrieval_metrics(arrays[f"{case}/sim"])
            found = {f"{way}/{name}": value for way, row in metrics.items() for name, value in row.items()}
            wanted = {
                key: value for key, value in protocols["normal_unrounded"].items() if not key.endswith("len")
            }
            assert found == pytest.approx(wanted, rel=1e-14, abs=0), case


class Watched(MatrixSimilarities):
    """Similarities that note which pairs are taken together."""

    def __init__(self, matrix: np.ndarray) -> None:
        super().__init__(matrix)
        self.taken: list[np.ndarray] = []

    def within(self, places: np.ndarray) -> MatrixSimilarities:
        self.taken.append(places)
        return super().within(places)


def test_small_batches_are_the_authors(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "metrics" / "matrices.npz") as arrays:
        cases = [name.split("/")[0] for name in arrays.files if name.endswith("/keyids")]
        assert len(cases) == 5
        for case in cases:
            keys = [str(key) for key in arrays[f"{case}/keyids"]]
            similarities = Watched(arrays[f"{case}/sim"])
            small_batch_metrics(similarities, keys)
            names = sorted(keys)
            wanted = [[names[n] for n in batch] for batch in arrays[f"{case}/guo_batches_of_sorted_index"]]
            assert [[keys[n] for n in batch] for batch in similarities.taken] == wanted


def test_ranks_equal_the_authors_ranks(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "metrics" / "matrices.npz") as arrays:
        cases = {name.split("/")[0] for name in arrays.files}
        for case in cases:
            similarities = arrays[f"{case}/sim"]
            np.testing.assert_array_equal(ranks(similarities), arrays[f"{case}/t2m_cols"])
            np.testing.assert_array_equal(ranks(similarities.T), arrays[f"{case}/m2t_cols"])


def test_perfect_order_hits_everything() -> None:
    metrics = retrieval_metrics(np.eye(12))
    assert metrics["t2m"] == {"R01": 100, "R02": 100, "R03": 100, "R05": 100, "R10": 100, "MedR": 1}


def test_reversed_order_is_counted_by_hand() -> None:
    # row i likes column (3 - i) best: in rows 1 and 2 the diagonal shares the second place
    similarities = -np.abs(np.arange(4)[None] - (3 - np.arange(4))[:, None]).astype(float)
    places = ranks(similarities)
    np.testing.assert_array_equal(places, [3.0, 1.5, 1.5, 3.0])
    metrics = retrieval_metrics(similarities)
    assert metrics["t2m"]["R01"] == 0
    assert metrics["t2m"]["R02"] == 50
    assert metrics["t2m"]["MedR"] == 3.25


def test_tied_places_are_averaged() -> None:
    np.testing.assert_array_equal(ranks(np.zeros((5, 5))), np.full(5, 2.0))


def test_a_caption_as_good_as_the_query_counts_with_a_threshold() -> None:
    similarities = np.array([[0.1, 0.9, 0.0], [0.0, 0.9, 0.1], [0.0, 0.0, 0.5]])
    captions = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    strict = retrieval_metrics(similarities)["t2m"]["R01"]
    lenient = retrieval_metrics(similarities, sentence_embeddings=captions, threshold=0.95)["t2m"]["R01"]
    assert strict == pytest.approx(200 / 3)
    assert lenient == 100


def test_small_batches_do_not_depend_on_the_order_of_the_files() -> None:
    generator = np.random.default_rng(3)
    similarities = generator.normal(size=(70, 70))
    keys = [f"{index:03d}" for index in range(70)]
    order = generator.permutation(70)
    shuffled = similarities[np.ix_(order, order)]
    assert small_batch_metrics(shuffled, [keys[index] for index in order]) == small_batch_metrics(
        similarities, keys
    )


def test_wrong_input_is_refused_plainly() -> None:
    with pytest.raises(FeatureError, match="square"):
        retrieval_metrics(np.zeros((3, 4)))
    with pytest.raises(FeatureError, match="not finite"):
        retrieval_metrics(np.full((3, 3), np.nan))
    with pytest.raises(FeatureError, match="sentence embeddings"):
        retrieval_metrics(np.zeros((3, 3)), threshold=0.95)
    with pytest.raises(FeatureError, match="do not fill"):
        small_batch_metrics(np.zeros((3, 3)), ["a", "b", "c"])

"""The four protocols against the authors' figures and against a count over all pairs."""

from __future__ import annotations

import itertools
import json
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tmr_engine.errors import FeatureError
from tmr_engine.evaluation import (
    PROTOCOLS,
    CosineSimilarities,
    MatrixSimilarities,
    Pairs,
    dissimilar_subset,
    run_protocol,
)
from tmr_engine.evaluation.retrieval import Captions, ranks

REFERENCE = {
    "all": "normal",
    "threshold": "threshold_0.95",
    "dissimilar": "subset_rows_3_to_22",
    "small_batches": "guo",
}


def figures(result: dict) -> dict[str, float]:
    return {f"{way}/{name}": round(value, 2) for way in ("t2m", "m2t") for name, value in result[way].items()}


def counted(similarities: np.ndarray, right: np.ndarray) -> dict[str, float]:
    """Metrics of one way by counting over every pair, with the specification's rule for ties."""
    places = []
    for row, accepted in zip(similarities, right, strict=True):
        best = max(value for value, is_right in zip(row, accepted, strict=True) if is_right)
        better = sum(1 for value in row if value > best)
        equal = sum(1 for value in row if value == best)
        places.append(better + (equal - 1) / 2)
    recalls = {f"R{k:02d}": 100 * sum(p < k for p in places) / len(places) for k in (1, 2, 3, 5, 10)}
    return recalls | {"MedR": statistics.median(places) + 1}


@pytest.mark.parametrize("case", ["n64", "n64_ties", "n300", "n500", "n500_ties"])
def test_every_protocol_has_the_figures_of_the_authors_code(shared_dir: Path, case: str) -> None:
    folder = shared_dir / "reference" / "metrics"
    expected = json.loads((folder / "expected.json").read_text())[case]
    with np.load(folder / "matrices.npz") as arrays:
        keys = [str(key) for key in arrays[f"{case}/keyids"]]
        pairs = Pairs(
            keys,
            MatrixSimilarities(arrays[f"{case}/sim"]),
            arrays[f"{case}/sent_emb"].astype(np.float32),
            dissimilar=keys[3:23],
        )
    for protocol, name in REFERENCE.items():
        if name in expected:
            wanted = {key: value for key, value in expected[name].items() if not key.endswith("len")}
            assert figures(run_protocol(pairs, protocol)) == pytest.approx(wanted, abs=1e-9), protocol


def test_lenient_ranks_are_those_of_the_authors_code(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "metrics" / "matrices.npz") as arrays:
        for case in {name.split("/")[0] for name in arrays.files}:
            captions = Captions(arrays[f"{case}/sent_emb"].astype(np.float32), 0.95)
            similarities = arrays[f"{case}/sim"]
            np.testing.assert_array_equal(ranks(similarities, captions), arrays[f"{case}/t2m_cols_thr0.95"])
            np.testing.assert_array_equal(ranks(similarities.T, captions), arrays[f"{case}/m2t_cols_thr0.95"])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 14), st.integers(0, 10_000))
def test_strict_and_lenient_figures_are_those_of_a_count_over_all_pairs(count: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    # few different values and few different captions: many ties, many accepted items
    similarities = (draw.integers(-3, 4, (count, count)) / 4).astype(np.float32)
    sentences = np.eye(4, dtype=np.float32)[draw.integers(4, size=count)]
    pairs = Pairs([f"{n:02d}" for n in range(count)], MatrixSimilarities(similarities), sentences)
    own, alike = np.eye(count, dtype=bool), sentences @ sentences.T > 0.9
    for protocol, right in (("all", own), ("threshold", alike)):
        found = run_protocol(pairs, protocol)
        assert found["t2m"] == pytest.approx(counted(similarities, right))
        assert found["m2t"] == pytest.approx(counted(similarities.T, right.T))


def test_protocols_say_what_they_accept_and_how_large_the_gallery_is() -> None:
    draw = np.random.default_rng(0)
    latents, sentences = draw.normal(size=(70, 8)), draw.normal(size=(70, 5))
    sentences /= np.linalg.norm(sentences, axis=1, keepdims=True)
    keys = [f"{n}" for n in range(70)]
    pairs = Pairs(keys, CosineSimilarities(latents, latents), sentences, dissimilar=["3", "5", "absent"])
    found = {name: run_protocol(pairs, name) for name in PROTOCOLS}
    assert {name: row["gallery"] for name, row in found.items()} == {
        "all": 70, "threshold": 70, "dissimilar": 2, "small_batches": 32,
    }  # fmt: skip
    assert {row["accepts"] for name, row in found.items() if name != "threshold"} == {"own motion"}
    assert found["threshold"]["accepts"] == "motions of like captions"
    assert found["dissimilar"]["subset"] == "published"
    assert all(row["t2m"]["R01"] == 100 for row in found.values())


def test_the_chosen_subset_is_spread_as_widely_as_half_the_best_possible() -> None:
    # Gonzalez' bound: the farthest-first choice is at least half as widely spread as the best one
    draw = np.random.default_rng(4)
    for _ in range(10):
        points = draw.normal(size=(9, 3))
        points /= np.linalg.norm(points, axis=1, keepdims=True)

        def spread(places: tuple[int, ...], points: np.ndarray = points) -> float:
            return min(
                float(np.linalg.norm(points[a] - points[b])) for a, b in itertools.combinations(places, 2)
            )

        chosen = dissimilar_subset(points, 4)
        assert list(chosen) == sorted(set(chosen.tolist()))
        best = max(spread(places) for places in itertools.combinations(range(9), 4))
        assert spread(tuple(chosen.tolist())) >= best / 2


def test_a_subset_larger_than_the_split_is_the_split() -> None:
    np.testing.assert_array_equal(dissimilar_subset(np.eye(5), 100), np.arange(5))


def test_captions_that_are_the_same_are_not_both_chosen() -> None:
    points = np.repeat(np.eye(3), 4, axis=0)
    assert sorted(place // 4 for place in dissimilar_subset(points, 3)) == [0, 1, 2]


def test_what_cannot_be_run_is_refused_plainly() -> None:
    pairs = Pairs(["a", "b"], MatrixSimilarities(np.eye(2)), np.eye(2), dissimilar=["c"])
    with pytest.raises(FeatureError, match="nonsense"):
        run_protocol(pairs, "nonsense")
    with pytest.raises(FeatureError, match="dissimilar subset"):
        run_protocol(pairs, "dissimilar")
    with pytest.raises(FeatureError, match="do not fill"):
        run_protocol(pairs, "small_batches")

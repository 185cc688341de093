"""The retrieval figures of curves.csv, counted once more from the networks that the run saved."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tests.engine.datasets.made import humanml3d  # noqa: E402
from tmr_engine.datasets import Dataset, load_dataset  # noqa: E402
from tmr_engine.model import load_checkpoint  # noqa: E402
from tmr_engine.training.config import config_of  # noqa: E402
from tmr_engine.training.train import train  # noqa: E402

pytestmark = pytest.mark.torch
HELD_OUT = 12


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Of the held-out clips, three have one caption and two another."""
    folder = humanml3d(tmp_path / "made", train=9, val=HELD_OUT)
    keys = (folder / "val.txt").read_text(encoding="utf-8").split()
    for key in keys[:3]:
        (folder / "texts" / f"{key}.txt").write_text("someone walks#x#0.0#0.0\n", encoding="utf-8")
    for key in keys[5:7]:
        (folder / "texts" / f"{key}.txt").write_text("someone jumps up high#x#0.0#0.0\n", encoding="utf-8")
    return folder


def means(run: Path, held_out: Dataset) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Unit means of captions and motions, each clip alone, and the captions."""
    loaded = load_checkpoint(run)
    captions = [held_out.captions(index)[0].text for index in range(len(held_out))]
    motions = []
    for index in range(len(held_out)):
        x = torch.from_numpy(loaded.statistics.normalise(held_out.features(index)))[None]
        motions.append(loaded.encode_motion(x, torch.tensor([x.shape[1]]))[0][0].double().numpy())
    texts = loaded.encode_sentences(captions).double().numpy()
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (texts, np.stack(motions))]
    return unit[0], unit[1], captions


def test_the_figures_are_those_of_the_saved_networks_and_equal_captions_are_tied(
    dataset: Path, tmp_path: Path
) -> None:
    table = {
        "data": {"dataset": str(dataset)},
        "model": {"latent_dim": 16, "ff_size": 32, "num_layers": 2, "num_heads": 2},
        "training": {"folder": str(tmp_path / "run"), "epochs": 2, "precision": "float32", "device": "cpu"},
    }
    train(config_of(table, "test"))
    with (tmp_path / "run" / "curves.csv").open(newline="", encoding="utf-8") as file:
        *_, last = csv.DictReader(file)

    texts, motions, captions = means(tmp_path / "run", load_dataset(dataset, "val"))
    same = np.array([[one == other for other in captions] for one in captions])
    assert same.sum() == HELD_OUT + 6 + 2
    similarities = texts @ motions.T
    own = np.diag(similarities)
    # a motion has tied captions, a caption has no tied motions: each motion is another one
    ranks = {
        "t2m": (similarities > own[:, None]).sum(axis=1),
        "m2t": ((similarities > own) & ~same).sum(axis=0) + (same.sum(axis=0) - 1) / 2,
    }
    # motions whose caption means the same are as good as the own one
    best = np.where(same, similarities, -1).max(axis=1)
    lenient = (similarities > best[:, None]).sum(axis=1)
    for name, places in {"v_strict_t2m": ranks["t2m"], "v_strict_m2t": ranks["m2t"]}.items():
        assert float(last[f"{name}/MedR"]) == pytest.approx(np.median(places) + 1)
        for k in (1, 2, 3, 5, 10):
            assert float(last[f"{name}/R{k:02d}"]) == pytest.approx(100 * np.mean(places < k)), (name, k)
    assert float(last["v_t2m/R01"]) >= 100 * np.mean(lenient < 1) - 1e-9
    assert not np.array_equal(ranks["m2t"], np.floor(ranks["m2t"])), "some captions must be tied"

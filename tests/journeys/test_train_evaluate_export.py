"""A researcher's journey: a data set of one's own is learned, measured and served, each step a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="torch is not installed; this journey needs the training packages"
)
from tests.engine.datasets.made import humanml3d  # noqa: E402
from tmr_engine.datasets import load_dataset  # noqa: E402
from tmr_engine.model import load_checkpoint  # noqa: E402
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER  # noqa: E402
from tmr_engine.model.tmr import load_tmr  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.slow]
HELD_OUT = 6
RECALLS = ("R01", "R02", "R03", "R05", "R10")
CONFIG = """
[data]
dataset = {dataset}

[model]
latent_dim = 16
ff_size = 32
num_layers = 2
num_heads = 2

[training]
folder = {folder}
epochs = 2
batch_size = 4
device = "cpu"
precision = "float32"
"""


@dataclass(frozen=True)
class Journey:
    """What the three commands printed, and where they wrote."""

    dataset: Path
    run: Path
    bundle: Path
    trained: dict[str, Any]
    evaluated: dict[str, Any]
    exported: dict[str, Any]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the model is not built; run `make model`")
    folder = tmp_path_factory.mktemp("journey")
    dataset, run, bundle = (
        humanml3d(folder / "made", train=10, val=HELD_OUT),
        folder / "run",
        folder / "bundle",
    )
    config = CONFIG.format(dataset=json.dumps(str(dataset)), folder=json.dumps(str(run)))
    (folder / "tiny.toml").write_text(config, encoding="utf-8")

    def tmr(*words: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "tmr_engine", *words, "--json"],
            env=os.environ | {"TMR_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"},
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)  # refuses anything beside the one object
        return found

    return Journey(
        dataset,
        run,
        bundle,
        trained=tmr("train", "tiny.toml"),
        evaluated=tmr("evaluate", "run"),
        exported=tmr("export-model", "run", "bundle"),
    )


def test_training_ends_with_the_figures_of_its_last_epoch(journey: Journey) -> None:
    assert Path(journey.trained["folder"]) == journey.run
    epoch = journey.trained["epoch"]
    assert epoch["epoch"] == 1
    assert np.isfinite(list(epoch.values())).all()
    assert 1 <= epoch["v_strict_t2m/MedR"] <= HELD_OUT


def test_evaluation_measures_the_test_split_of_what_was_learned_from(journey: Journey) -> None:
    report = journey.evaluated
    held_out = (journey.dataset / "test.txt").read_text(encoding="utf-8").split()
    assert (report["split"], report["dataset"], report["run"]) == ("test", "made", "run")
    assert report["pairs"] == len(held_out) == HELD_OUT
    assert report["left_out"] == []
    rows = {row["task"]: row for row in report["rows"]}
    assert {"all", "threshold", "dissimilar", "captions"} <= set(rows)
    assert rows["all"]["accepts"] != rows["threshold"]["accepts"]
    (written,) = (journey.run / "evaluation").iterdir()
    assert json.loads(written.read_text(encoding="utf-8")) == report


def test_every_rank_is_one_that_the_gallery_has(journey: Journey) -> None:
    rows = {row["task"]: row for row in journey.evaluated["rows"]}
    for way in ("t2m", "m2t"):
        for protocol in ("all", "threshold"):
            figures = rows[protocol][way]
            recalls = [figures[name] for name in RECALLS]
            assert recalls == sorted(recalls)
            queries = np.array(recalls) * HELD_OUT / 100
            np.testing.assert_allclose(queries, np.round(queries), atol=1e-9)
            assert figures["R10"] == 100, "a gallery of six has no tenth place"
            assert 1 <= figures["MedR"] <= HELD_OUT
        # who accepts more finds something earlier
        assert rows["threshold"][way]["R01"] >= rows["all"][way]["R01"]
        assert rows["threshold"][way]["MedR"] <= rows["all"][way]["MedR"]


def test_the_bundle_gives_the_latents_of_the_run(journey: Journey) -> None:
    assert journey.bundle.parent / journey.exported["folder"] == journey.bundle
    assert set(journey.exported["files"]) <= {path.name for path in journey.bundle.iterdir()}
    served, checkpoint = load_tmr(journey.bundle), load_checkpoint(journey.run)
    assert served.model_id == journey.exported["model_id"]
    held_out = load_dataset(journey.dataset, "test")
    parts = [checkpoint.statistics.normalise(held_out.features(index)) for index in range(HELD_OUT)]
    lengths = [len(part) for part in parts]
    x = np.zeros((HELD_OUT, max(lengths), held_out.width), np.float32)
    for row, part in zip(x, parts, strict=True):
        row[: len(part)] = part
    captions = [held_out.captions(index)[0].text for index in range(HELD_OUT)]
    pairs = {
        "motions": (
            served.encode_motion(x, lengths)[0],
            checkpoint.encode_motion(torch.from_numpy(x), torch.tensor(lengths))[0].numpy(),
        ),
        "sentences": (served.encode_sentences(captions), checkpoint.encode_sentences(captions).numpy()),
    }
    for name, (found, wanted) in pairs.items():
        # the bundle holds weights in half precision: three digits
        np.testing.assert_allclose(found, wanted, atol=0.01, rtol=0, err_msg=name)
        assert np.abs(wanted).max() > 0.1

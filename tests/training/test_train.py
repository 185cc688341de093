"""Whole runs: what they leave on disk, that they learn, go on after a kill, and agree over processes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from safetensors.numpy import load_file  # noqa: E402

from tmr_engine.datasets import load_dataset  # noqa: E402
from tmr_engine.training.config import ConfigError, RunConfig, config_of  # noqa: E402
from tmr_engine.training.networks import ActorStyleDecoder, ActorStyleEncoder, NetworkSize  # noqa: E402
from tmr_engine.training.train import TrainingError, Watch, train  # noqa: E402

pytestmark = pytest.mark.torch
SIZE = {"latent_dim": 16, "ff_size": 32, "num_layers": 2, "num_heads": 2}


def config(dataset: Path | str, folder: Path, **sections: dict) -> RunConfig:
    table = {
        "data": {"dataset": str(dataset), **sections.get("data", {})},
        "model": SIZE | sections.get("model", {}),
        "text": sections.get("text", {}),
        "loss": sections.get("loss", {}),
        "training": {
            "folder": str(folder), "epochs": 2, "batch_size": 8, "precision": "float32", "device": "cpu",
            **sections.get("training", {}),
        },
    }  # fmt: skip
    return config_of(table, "test")


def rows(folder: Path, name: str = "steps.csv") -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_folder_holds_what_its_contract_says(made_set: Path, tmp_path: Path) -> None:
    last = train(config(made_set, tmp_path / "run"))
    run = tmp_path / "run"
    table = json.loads((run / "config.json").read_text())
    assert (table["format"], table["version"]) == ("tmr-run", 1)
    assert (table["motion_width"], table["text_width"], table["fps"]) == (263, 384, 20.0)
    assert table["config"]["model"] == SIZE | {"dropout": 0.1}
    mean = np.load(run / "stats" / "mean.npy")
    dataset = load_dataset(made_set, "train")
    frames = np.concatenate([dataset.features(index) for index in range(len(dataset))])
    np.testing.assert_allclose(mean, frames.mean(axis=0), atol=1e-5)
    size = NetworkSize(**table["config"]["model"])
    for name, module in {
        "motion_encoder": ActorStyleEncoder(263, size),
        "text_encoder": ActorStyleEncoder(384, size),
        "motion_decoder": ActorStyleDecoder(263, size),
    }.items():
        weights = load_file(run / "last_weights" / f"{name}.safetensors")
        wanted = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
        assert {key: array.shape for key, array in weights.items()} == wanted
    assert len(rows(run)) == 2 * 3
    curves = rows(run, "curves.csv")
    assert [row["epoch"] for row in curves] == ["0", "1"]
    assert float(curves[-1]["v_loss"]) == last["v_loss"]
    assert {"v_t2m/R01", "v_m2t/MedR", "v_strict_t2m/R10"} <= set(curves[0])


def test_the_epoch_mean_is_that_of_its_steps_by_pairs(made_set: Path, tmp_path: Path) -> None:
    train(config(made_set, tmp_path / "run", training={"epochs": 1}))
    steps, (epoch,) = rows(tmp_path / "run"), rows(tmp_path / "run", "curves.csv")
    mean = sum(float(row["recons"]) * pairs for row, pairs in zip(steps, (8, 8, 5), strict=True)) / 21
    assert float(epoch["recons"]) == pytest.approx(mean, rel=1e-9)


def real_clips(folder: Path, count: int) -> Path:
    """A manifest of clips of the demo library, every one with a sentence of its own."""
    demo = load_dataset("demo", "all")
    folder.mkdir()
    manifest, captions, used = ["id,file,take,split"], ["id,caption"], set()
    for index, item in enumerate(demo.items):
        if len(used) == count:
            break
        text = item.captions[1].text.replace('"', "'")
        # idle clips show much the same thing; short ones are quick to learn
        if text not in used and "idle" not in item.key and 20 <= len(demo.features(index)) <= 50:
            used.add(text)
            manifest.append(f"{len(used)},{item.motion.path},{item.motion.take},train")
            captions.append(f'{len(used)},"{text}"')
    assert len(used) == count
    (folder / "manifest.csv").write_text("\n".join(manifest), encoding="utf-8")
    (folder / "captions.csv").write_text("\n".join(captions), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_one_batch_of_32_real_clips_is_learned_by_heart(tmp_path: Path) -> None:
    run = config(
        real_clips(tmp_path / "clips", 32),
        tmp_path / "run",
        data={"val_split": "train", "shortest_s": 0.0},
        model={"latent_dim": 64, "ff_size": 128, "num_layers": 2, "num_heads": 4, "dropout": 0.0},
        # the clips whose captions mean the same are to be told apart too
        loss={"threshold": 1.0, "contrastive": 3.0},
        training={"epochs": 160, "batch_size": 32, "learning_rate": 4e-3, "validate_epochs": 160},
    )
    last = train(run)
    assert last["v_strict_t2m/R01"] == last["v_strict_m2t/R01"] == 100.0
    assert last["recons"] < 0.5 * float(rows(tmp_path / "run")[0]["recons"])


EVERYTHING = {
    "loss": {"queue": 20, "shuffled_events": True, "hard_negatives": True, "valid_frames_only": True},
    "training": {
        "captions_averaged": 2,
        "bucketed": True,
        "epochs": 5,
        "checkpoint_steps": 2,
        "averaging": 0.9,
    },
}


def as_toml(run: RunConfig) -> str:
    lines = []
    for section, values in run.as_table().items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines)


def start(arguments: list[str], *, processes: int = 1) -> subprocess.Popen[bytes]:
    launcher = ["-m", "tmr_engine"]
    if processes > 1:
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", *launcher]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *launcher, "train", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_run_begins_with_another_and_only_the_networks_that_are_named_learn(
    made_set: Path, tmp_path: Path
) -> None:
    train(config(made_set, tmp_path / "first", loss={"reconstruction": 0.0}))
    begun = {"begin_with": str(tmp_path / "first"), "networks": ["motion_decoder"]}
    train(config(made_set, tmp_path / "second", training=begun))
    for name in ("motion_encoder", "text_encoder", "motion_decoder"):
        one, other = (
            load_file(tmp_path / run / "last_weights" / f"{name}.safetensors") for run in ("first", "second")
        )
        same = all(np.array_equal(one[key], other[key]) for key in one)
        assert same == (name != "motion_decoder")
    for name in ("mean", "std"):
        files = (tmp_path / run / "stats" / f"{name}.npy" for run in ("first", "second"))
        assert np.array_equal(*map(np.load, files))


@pytest.mark.parametrize(
    "training", [{"networks": ["motion_decoder"]}, {"begin_with": "run", "networks": ["decoder"]}]
)
def test_networks_that_cannot_be_chosen_are_refused(tmp_path: Path, training: dict) -> None:
    with pytest.raises(ConfigError, match=r"training\.networks"):
        config("demo", tmp_path, training=training)


@pytest.mark.slow
def test_a_run_killed_in_the_middle_of_an_epoch_goes_on_bit_for_bit(made_set: Path, tmp_path: Path) -> None:
    for name in ("whole", "killed"):
        run = config(made_set, tmp_path / name, **EVERYTHING)
        (tmp_path / f"{name}.toml").write_text(as_toml(run), encoding="utf-8")
    whole = start([str(tmp_path / "whole.toml")])
    _, errors = whole.communicate(timeout=300)
    assert whole.returncode == 0, errors.decode()
    wanted = rows(tmp_path / "whole")
    assert len(wanted) == 15

    killed = start([str(tmp_path / "killed.toml")])
    steps = tmp_path / "killed" / "steps.csv"
    deadline = time.monotonic() + 300
    while not (steps.is_file() and steps.read_text(encoding="utf-8").count("\n") > 5):
        assert time.monotonic() < deadline
        assert killed.poll() is None, killed.communicate()[1].decode()
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert len(rows(tmp_path / "killed")) < 15
    checkpoint = load_file(tmp_path / "killed" / "checkpoints" / "last.safetensors")
    assert checkpoint["place"][1] > 0, "the checkpoint must stand in the middle of an epoch"

    resumed = start([str(tmp_path / "killed.toml"), "--resume"])
    _, errors = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, errors.decode()
    assert rows(tmp_path / "killed") == wanted
    for network in ("motion_encoder", "text_encoder", "motion_decoder"):
        one, other = (
            load_file(tmp_path / name / "last_weights" / f"{network}.safetensors")
            for name in ("whole", "killed")
        )
        for key, array in one.items():
            np.testing.assert_array_equal(other[key], array)
    for one, other in zip(
        rows(tmp_path / "whole", "curves.csv"), rows(tmp_path / "killed", "curves.csv"), strict=True
    ):
        assert {k: v for k, v in one.items() if k != "seconds_since_start"} == {
            k: v for k, v in other.items() if k != "seconds_since_start"
        }


def test_a_run_killed_before_its_first_checkpoint_begins_anew(made_set: Path, tmp_path: Path) -> None:
    one_epoch = {"training": {"epochs": 1}}
    train(config(made_set, tmp_path / "whole", **one_epoch))
    run = config(made_set, tmp_path / "killed", **one_epoch)
    (tmp_path / "killed.toml").write_text(as_toml(run), encoding="utf-8")
    dying = """
import os, signal, sys
from tmr_engine.training.config import read_config
from tmr_engine.training.train import Watch, train

def die(done, steps, losses):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)

train(read_config(sys.argv[1]), watch=Watch(step=die))
"""
    killed = subprocess.run(
        [sys.executable, "-c", dying, str(tmp_path / "killed.toml")], check=False, timeout=300
    )
    assert killed.returncode == -signal.SIGKILL
    assert [row["step"] for row in rows(tmp_path / "killed")] == ["1", "2"]
    assert not (tmp_path / "killed" / "checkpoints" / "last.safetensors").exists()

    # what a kill between the row of an epoch and its checkpoint leaves
    (tmp_path / "killed" / "curves.csv").write_bytes((tmp_path / "whole" / "curves.csv").read_bytes())
    train(run, resume=True)
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")
    assert len(rows(tmp_path / "killed", "curves.csv")) == 1


@pytest.mark.slow
def test_two_processes_take_the_steps_that_one_takes(made_set: Path, tmp_path: Path) -> None:
    """21 clips in batches of 8: the last batch has 5, so the processes hold unequal parts."""
    options = {**EVERYTHING, "model": {"dropout": 0.0}, "data": {"val_split": ""}}
    for processes in (1, 2):
        run = config(made_set, tmp_path / f"run{processes}", **options)
        path = tmp_path / f"{processes}.toml"
        path.write_text(as_toml(run), encoding="utf-8")
        started = start([str(path), "--set", "training.epochs=2"], processes=processes)
        _, errors = started.communicate(timeout=300)
        assert started.returncode == 0, errors.decode()
    one, two = rows(tmp_path / "run1"), rows(tmp_path / "run2")
    assert len(one) == len(two) == 6
    for a, b in zip(one, two, strict=True):
        for name in ("recons", "kl", "latent", "contrastive", "loss"):
            assert float(b[name]) == pytest.approx(float(a[name]), rel=2e-4), (a["step"], name)


@pytest.mark.parametrize(
    "options",
    [
        {"loss": {"form": "margin"}},
        {"loss": {"reconstruction": 0.0}},
        {"loss": {"threshold": 1.0}},
        {"training": {"precision": "bfloat16"}},
        {"data": {"window_s": 1.0}},
        {"data": {"val_split": ""}},
    ],
    ids=str,
)
def test_an_option_alone_trains(made_set: Path, tmp_path: Path, options: dict) -> None:
    options = {**options, "training": {"epochs": 1} | options.get("training", {})}
    last = train(config(made_set, tmp_path / "run", **options))
    assert np.isfinite(list(last.values())).all()


def test_a_tuned_text_model_moves_and_is_kept(made_set: Path, tmp_path: Path) -> None:
    from tmr_engine.training.text_backbone import load_text_backbone

    options = {"text": {"tune": True, "tune_learning_rate": 1e-3}, "training": {"epochs": 1}}
    train(config(made_set, tmp_path / "run", **options))
    tuned = load_file(tmp_path / "run" / "last_weights" / "text_backbone.safetensors")
    original = load_text_backbone().network.state_dict()
    assert tuned.keys() == original.keys()
    name = "encoder.layer.0.attention.self.query.weight"
    assert not np.allclose(tuned[name], original[name].numpy(), atol=1e-5)


def test_a_folder_that_holds_a_run_is_not_overwritten(made_set: Path, tmp_path: Path) -> None:
    run = config(made_set, tmp_path / "run", training={"epochs": 1})
    train(run)
    with pytest.raises(ConfigError, match="--resume"):
        train(run)
    changed = config(made_set, tmp_path / "run", training={"epochs": 1}, loss={"temperature": 0.2})
    with pytest.raises(ConfigError, match=r"loss\.temperature is 0\.2"):
        train(changed, resume=True)
    longer = config(made_set, tmp_path / "run", training={"epochs": 2})
    assert train(longer, resume=True)["epoch"] == 1


def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_checkpoint(
    made_set: Path, tmp_path: Path
) -> None:
    options = {"training": {"learning_rate": 1e18, "checkpoint_steps": 1, "epochs": 3}}
    with pytest.raises(TrainingError, match="learning rate"):
        train(config(made_set, tmp_path / "run", **options))
    held = load_file(tmp_path / "run" / "checkpoints" / "last.safetensors")
    assert held["place"][2] == len(rows(tmp_path / "run"))


def test_what_was_left_out_is_noted(tmp_path: Path) -> None:
    from tests.engine.datasets.made import humanml3d

    folder = humanml3d(tmp_path / "made", train=9)
    (folder / "new_joints" / "000003.npy").write_bytes(b"rubbish")
    notes: list[str] = []
    train(config(folder, tmp_path / "run", training={"epochs": 1}), watch=Watch(note=notes.append))
    assert any("8 motions" in note for note in notes)
    assert any("000003" in note for note in notes)

"""Configurations: what is taken, what is refused and in which words, and that ours are valid."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tmr_engine.training.config import CONFIGS, ConfigError, check_same, config_of, read_config

pytestmark = pytest.mark.torch
SMALLEST = '[data]\ndataset = "demo"\n[training]\nfolder = "run"\n'


def written(folder: Path, text: str) -> str:
    path = folder / "run.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_what_is_left_out_is_as_published(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, SMALLEST))
    model, loss, training = config.model, config.loss, config.training
    assert (model.latent_dim, model.ff_size, model.num_layers, model.num_heads, model.dropout) == (
        256, 1024, 6, 4, 0.1,
    )  # fmt: skip
    assert (loss.reconstruction, loss.kl, loss.latent, loss.contrastive) == (1.0, 1e-5, 1e-5, 0.1)
    assert (loss.temperature, loss.threshold) == (0.1, 0.8)
    assert (training.learning_rate, training.weight_decay, training.batch_size, training.epochs) == (
        1e-4, 0.01, 32, 500,
    )  # fmt: skip
    assert (config.data.shortest_s, config.data.longest_s) == (2.0, 10.0)


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.toml")))
def test_configurations_that_come_with_the_engine_are_valid(name: str) -> None:
    assert read_config(name).training.folder.startswith("runs/")


def test_values_are_replaced_from_the_command_line(tmp_path: Path) -> None:
    path = written(tmp_path, SMALLEST)
    overrides = ["training.epochs=3", "loss.queue = 64", "data.dataset=elsewhere", "loss.hard_negatives=true"]
    config = read_config(path, [*overrides, "training.learning_rate=1e-3", 'data.val_split=""'])
    assert config.training.epochs == 3
    assert config.loss.queue == 64
    assert config.loss.hard_negatives is True
    assert config.data.dataset == ("elsewhere",)
    assert config.training.learning_rate == 1e-3
    assert config.data.val_split == ""


def test_a_configuration_survives_json(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, SMALLEST), ['data.dataset=["demo", "other"]'])
    assert config_of(config.as_table(), "config.json") == config


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("training.epoch=3", "Did you mean training.epochs"),
        ("trainin.epochs=3", "no setting trainin"),
        ("training.epochs=0", "from 1 to"),
        ("training.epochs=2.5", "must be a whole number"),
        ("training.epochs=true", "must be a whole number"),
        ("training.learning_rate=fast", "must be a number"),
        ("training.learning_rate=-1", "from 0"),
        ("training.learning_rate=nan", "from 0"),
        ("training.precision=float16", "none of auto, float32, bfloat16"),
        ("loss.threshold=1.5", "from 0.5 to 1"),
        ("loss.shuffled_events=1", "true or false"),
        ("model.num_heads=3", "does not divide"),
        ("model.latent_dim=100000000", "from 2 to 8192"),
        ("data.longest_s=1", "less than data.shortest_s"),
        ("data.dataset=[]", "a text or a list"),
        ("epochs=3", "section.key=value"),
        ("training.epochs", "section.key=value"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(tmp_path: Path, override: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_config(written(tmp_path, SMALLEST), [override])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[data]\ndataset = "demo"\n', "folder is missing"),
        ('[training]\nfolder = "run"\n', "dataset is missing"),
        ("data = 3\n", "must be a section"),
        ("[data\n", "not TOML"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_config(written(tmp_path, text))


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="humanml3d"):
        read_config("nosuch")


def test_margin_excludes_what_needs_infonce(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="infonce"):
        read_config(written(tmp_path, SMALLEST), ["loss.form=margin", "loss.queue=10"])


def test_only_what_changes_no_number_may_differ_on_resume(tmp_path: Path) -> None:
    path = written(tmp_path, SMALLEST)
    held = read_config(path)
    check_same(read_config(path, ["training.epochs=7", "training.checkpoint_steps=2"]), held, "run")
    for override in ("training.seed=7", "model.dropout=0.2", "loss.kl=1", "data.window_s=3"):
        with pytest.raises(ConfigError, match="was begun with"):
            check_same(read_config(path, [override]), held, "run")

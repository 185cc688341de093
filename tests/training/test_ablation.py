"""A grid of runs: its table counted by hand, what is trained again after a stop, what is refused."""

from __future__ import annotations

import csv
import json
import statistics
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")

from tmr_engine.cli import main
from tmr_engine.training.ablation import SUITES, ablate, read_suite
from tmr_engine.training.config import CONFIGS, ConfigError, RunConfig, config_of, read_config
from tmr_engine.training.train import Watch, train

pytestmark = pytest.mark.torch


def base(dataset: Path, **training: Any) -> RunConfig:
    table = {
        "data": {"dataset": str(dataset)},
        "model": {"latent_dim": 16, "ff_size": 16, "num_layers": 1, "num_heads": 2},
        "training": {
            "folder": "unused", "epochs": 1, "batch_size": 16, "precision": "float32", "device": "cpu",
            **training,
        },
    }  # fmt: skip
    return config_of(table, "test")


def suite_file(folder: Path, *cells: str) -> str:
    path = folder / "small.toml"
    rows = [f'[[cells]]\nname = "cell {number}"\nset = {cell}\n' for number, cell in enumerate(cells)]
    path.write_text('title = "Small"\n' + "\n".join(rows), encoding="utf-8")
    return str(path)


class Counting:
    """`train`, which remembers what it was asked for and may be stopped."""

    def __init__(self, stops_at: int = -1) -> None:
        self.folders: list[str] = []
        self._stops_at = stops_at

    def __call__(self, config: RunConfig, *, resume: bool, watch: Watch) -> dict[str, float]:
        if len(self.folders) == self._stops_at:

            def stop(done: int, _total: int, _losses: object) -> None:
                if done == 1:
                    raise KeyboardInterrupt

            watch = Watch(step=stop)
        self.folders.append(Path(config.training.folder).name)
        return train(config, resume=resume, watch=watch)


def test_every_bundled_suite_fits_every_bundled_configuration() -> None:
    suites = [read_suite(path.stem) for path in SUITES.glob("*.toml")]
    assert {"losses", "threshold", "temperature", "weight", "batch_size"} <= {one.name for one in suites}
    for path in CONFIGS.glob("*.toml"):
        config = read_config(path.stem)
        for suite in suites:
            for cell in suite.cells:
                table = config.as_table()
                for key, value in cell.settings.items():
                    section, _, name = key.partition(".")
                    assert name in table[section], (suite.name, key)
                    table[section][name] = value
                config_of(table, suite.name)


def test_a_stopped_grid_goes_on_and_has_the_table_of_one_that_was_not(made_set: Path, tmp_path: Path) -> None:
    suite = read_suite(
        suite_file(tmp_path, "{}", '{ "loss.reconstruction" = 0.0 }', '{ "loss.form" = "margin" }')
    )
    # a checkpoint after every step; stopped in the middle of the third of six cells
    config = base(made_set, checkpoint_steps=1)
    stopped = Counting(stops_at=2)
    with pytest.raises(KeyboardInterrupt):
        ablate(suite, config, tmp_path / "a", seeds=(1, 2), training=stopped)
    partial = json.loads((tmp_path / "a" / "small.json").read_text())
    assert [len(row["seeds"]) for row in partial["rows"]] == [1, 1, 0]

    again = Counting()
    table = ablate(suite, config, tmp_path / "a", seeds=(1, 2), training=again)
    assert stopped.folders[:2] == ["base_seed1", "loss.reconstruction=0.0_seed1"]
    assert again.folders == [
        "loss.form=margin_seed1",
        "base_seed2",
        "loss.reconstruction=0.0_seed2",
        "loss.form=margin_seed2",
    ]
    whole = ablate(suite, config, tmp_path / "b", seeds=(1, 2))
    assert table == whole
    assert (tmp_path / "a" / "small.md").read_text() == (tmp_path / "b" / "small.md").read_text()

    none = Counting()
    assert ablate(suite, config, tmp_path / "a", seeds=(1, 2), training=none) == whole
    assert none.folders == []


def test_mean_and_spread_are_those_of_the_runs_last_epochs(made_set: Path, tmp_path: Path) -> None:
    suite = read_suite(suite_file(tmp_path, "{}"))
    table = ablate(suite, base(made_set), tmp_path / "out", seeds=(1, 2))
    losses = []
    for seed in (1, 2):
        with (tmp_path / "out" / f"base_seed{seed}" / "curves.csv").open(newline="") as file:
            losses.append(float(list(csv.DictReader(file))[-1]["v_loss"]))
    figure = table["rows"][0]["figures"]["v_loss"]
    assert losses[0] != losses[1]
    assert figure["mean"] == pytest.approx(sum(losses) / 2)
    assert figure["spread"] == pytest.approx(statistics.stdev(losses))
    text = (tmp_path / "out" / "small.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| cell 0")]
    assert len(rows) == 1
    assert "±" in rows[0]
    assert "strict t2m R01" in text
    assert "lenient m2t MedR" in text


def test_a_cell_that_changes_nothing_is_the_base(made_set: Path, tmp_path: Path) -> None:
    suite = read_suite(suite_file(tmp_path, "{}", '{ "loss.temperature" = 0.1 }'))
    counting = Counting()
    table = ablate(suite, base(made_set), tmp_path / "out", seeds=(1,), training=counting)
    assert counting.folders == ["base_seed1"]
    assert table["rows"][0]["figures"] == table["rows"][1]["figures"]
    assert table["rows"][0]["figures"]["v_loss"]["spread"] is None


def test_a_longer_grid_goes_on_from_the_shorter_one(made_set: Path, tmp_path: Path) -> None:
    suite = read_suite(suite_file(tmp_path, "{}"))
    ablate(suite, base(made_set), tmp_path / "out", seeds=(1,))
    ablate(suite, base(made_set, epochs=2), tmp_path / "out", seeds=(1,))
    with (tmp_path / "out" / "base_seed1" / "curves.csv").open(newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1"]


def test_what_does_not_fit_is_refused_before_anything_is_trained(made_set: Path, tmp_path: Path) -> None:
    config, out = base(made_set), tmp_path / "out"
    unknown = read_suite(suite_file(tmp_path, "{}", '{ "loss.temprature" = 1.0 }'))
    with pytest.raises(ConfigError, match="temperature"):
        ablate(unknown, config, out)
    fits = read_suite(suite_file(tmp_path, "{}"))
    with pytest.raises(ConfigError, match="different"):
        ablate(fits, config, out, seeds=(1, 1))
    assert not out.exists()
    ablate(fits, config, out, seeds=(1,))
    with pytest.raises(ConfigError, match="learning_rate"):
        ablate(fits, base(made_set, learning_rate=0.5), out, seeds=(1,))
    with pytest.raises(ConfigError, match="no such suite"):
        read_suite("nothing")
    for text in ("cells = 3", "[[cells]]\nname = 'a'", "[[cells]]\nname='a'\nset={seed=1}", "a = = b"):
        (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"bad\.toml"):
            read_suite(str(tmp_path / "bad.toml"))


def test_the_command_prints_the_table(
    made_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"data.dataset": made_set, "training.epochs": 1, "training.device": "cpu", "model.ff_size": 16}
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    suite = suite_file(tmp_path, '{ "model.latent_dim" = 16 }')
    call = ["ablate", suite, "demo", *words, "--seeds", "7", "--out", str(tmp_path / "out")]
    assert main([*call, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["table"]["rows"][0]["seeds"] == [7]
    assert main(call) == 0
    assert "| cell 0 | 1 |" in capsys.readouterr().out

"""`tmr train` as it is called: what it prints, and what it says where it cannot."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tmr_engine.cli import main


@pytest.mark.torch
def test_a_run_from_the_command_line_prints_its_last_epoch(
    made_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
    settings = {
        "data.dataset": str(made_set),
        "training.folder": str(tmp_path / "run"),
        "training.epochs": 1,
        "training.device": "cpu",
        "model.latent_dim": 16,
        "model.ff_size": 16,
    }
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    assert main(["train", "demo", "--json", *words]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found["folder"] == str(tmp_path / "run")
    assert found["epoch"]["epoch"] == 0
    assert "21 motions" in shown.err

    assert main(["train", "demo", *words]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(["train", "demo", "--resume", *words, "--set", "training.epochs=2"]) == 0


def test_without_torch_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in list(sys.modules):
        if name.startswith("tmr_engine.training"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["train", "demo"]) == 2
    assert "[train]" in capsys.readouterr().err

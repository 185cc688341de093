"""The engine's process: which Python, what surrounds it, how its end is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from blender_addon.engine.process import EngineError, EngineProcess, blender_python, engine_command

ROOT = Path(__file__).resolve().parents[3]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def blender_folder(tmp_path, monkeypatch):
    """A Blender's Python folder without an interpreter; Blender itself is the running program."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "blender"))
    (tmp_path / "blender").touch()
    return tmp_path


@pytest.mark.parametrize("name", [f"python{VERSION}", "python3", "python.exe"])
def test_the_python_beside_blender_is_taken_and_never_blender_itself(blender_folder, name):
    (blender_folder / "bin" / name).touch()
    assert blender_python() == blender_folder / "bin" / name


def test_a_blender_without_python_is_said_with_what_helps(blender_folder):
    with pytest.raises(EngineError, match="Blender's own Python is missing") as refused:
        blender_python()
    assert refused.value.where == str(blender_folder / "bin")
    assert refused.value.fix


def test_nothing_of_the_users_python_gets_into_the_engine(tmp_path):
    for name in ("numpy.py", "json.py", "tmr_engine.py", "sitecustomize.py", "usercustomize.py"):
        (tmp_path / name).write_text("raise SystemExit('code of somebody else')", encoding="utf-8")
    numpy_folder = Path(np.__file__).resolve().parents[1]
    command = engine_command(Path(sys.executable), ROOT, numpy_folder, tmp_path / "engine.log")
    hostile = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONHOME": "", "PYTHONIOENCODING": "latin-1"}
    process = EngineProcess(command, tmp_path, hostile)
    try:
        assert process.stdout.readline().startswith(b'{"kind":"hello"')
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.kill(os.getpid(), 9)", "it was ended by signal 9"),
        ("import sys; sys.exit(7)", "its exit status is 7"),
        ("raise RuntimeError('no more room')", "RuntimeError: no more room"),
        (r"import sys; sys.stderr.buffer.write(b'caf\xe9\n' * 9000); sys.exit(1)", "caf\ufffd"),
    ],
)
def test_how_a_process_ended_is_said_in_a_few_words(tmp_path, program, said):
    process = EngineProcess([sys.executable, "-c", program], tmp_path)
    assert process.stdout.read() == b""
    process.stop(30)
    assert process.why_it_ended() == said


def test_stopping_and_killing_a_dead_process_is_no_event(tmp_path):
    process = EngineProcess([sys.executable, "-c", ""], tmp_path)
    process.send(b"x" * 2**20)
    for _ in range(2):
        process.stop(30)
        process.kill()
    assert process.why_it_ended() == "its exit status is 0"

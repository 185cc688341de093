"""Runs test scripts inside every Blender that the checkout has.

A script is a Python file with `run(request: dict) -> dict`, run by a Blender's own Python into which the zip
that users get was installed by Blender's extension system (`installed.part` gives its modules). Starting a
Blender costs a second or more, so one run does many checks and a test looks at its part of the answer; equal
runs are made once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import build_addon

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
VERSIONS = ("4.2", "4.5", "5.0", "5.2")
TIME_LIMIT_S = 240.0


@dataclass(frozen=True)
class Blender:
    """One of the Blenders.

    Args:
        version: "4.5".
        python: its Python, which has `bpy`.
        scratch: an empty folder.
    """

    version: str
    python: Path
    scratch: Path

    def run(
        self, script: Path, request: dict[str, Any] | None = None, addon: Path | None = None
    ) -> dict[str, Any]:
        """What the script's `run(request)` returned; when it raised, the test fails with its output.

        Args:
            script: run inside the Blender, in a user folder of its own.
            request: JSON values.
            addon: a zip to install before.
        """
        number = len(list(self.scratch.iterdir()))
        folder = self.scratch / str(number)
        (folder / "settings").mkdir(parents=True)
        (folder / "request.json").write_text(json.dumps(request or {}), encoding="utf-8")
        command = [self.python, "-P", HERE / "inside.py", script, folder, *([addon] if addon else [])]
        (folder / "temporary").mkdir()
        environment = os.environ | {
            "BLENDER_USER_RESOURCES": str(folder / "settings"),
            "TMPDIR": str(folder / "temporary"),
            "PYTHONUTF8": "1",
        }
        with (folder / "log.txt").open("wb") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
            try:
                child.wait(TIME_LIMIT_S)
            except subprocess.TimeoutExpired:
                pytest.fail(f"{script.name} took longer than {TIME_LIMIT_S:g} s in Blender {self.version}")
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait()
        answer = folder / "result.json"
        if not answer.is_file():
            tail = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")[-3000:]
            pytest.fail(f"{script.name} failed in Blender {self.version}:\n{tail}")
        return json.loads(answer.read_text(encoding="utf-8"))


@pytest.fixture(scope="session", params=VERSIONS)
def blender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Blender:
    """Each Blender of the checkout in turn; skipped with a reason where it is not set up."""
    python = ROOT / ".blender" / request.param / "bin" / "python"
    if not python.exists():
        pytest.skip(f"Blender {request.param} is not set up here (make blenders)")
    return Blender(request.param, python, tmp_path_factory.mktemp(f"blender-{request.param}"))


@pytest.fixture(scope="session")
def one_blender(tmp_path_factory: pytest.TempPathFactory) -> Blender:
    """The Blender that commands use by themselves, for what needs no other; skipped with a reason without."""
    for version in ("4.5", *reversed(VERSIONS)):
        python = ROOT / ".blender" / version / "bin" / "python"
        if python.exists():
            return Blender(version, python, tmp_path_factory.mktemp("one-blender"))
    pytest.skip("no Blender is set up here (make blenders)")


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that users get, built once for all workers of a session."""
    missing = build_addon.missing_parts("full")
    if missing:
        pytest.skip("; ".join(missing))
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    out, lock = folder / "extension.zip", folder / "extension.lock"
    try:
        lock.mkdir()
    except FileExistsError:  # another worker builds it, or has done so
        limit = time.monotonic() + TIME_LIMIT_S
        while not out.exists():
            assert time.monotonic() < limit, "the worker that builds the zip did not finish"
            time.sleep(0.1)
    else:
        build_addon.write_zip("full", out)
    return out


Runs = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def run_once(blender: Blender, extension_zip: Path) -> Runs:
    """`run_once(script, **request)`: `Blender.run` with the zip installed, once for equal requests."""
    answers: dict[tuple[str, str], dict[str, Any]] = {}

    def run(script: Path, **request: Any) -> dict[str, Any]:
        key = (str(script), json.dumps(request, sort_keys=True))
        if key not in answers:
            answers[key] = blender.run(script, request, extension_zip)
        return answers[key]

    return run

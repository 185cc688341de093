"""Clients of engines: the real one, and small ones that misbehave."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from blender_addon.engine.client import EngineClient
from blender_addon.engine.process import EngineProcess, engine_command

if not Path("/proc/self/stat").exists():
    collect_ignore_glob = ["test_*.py"]  # whether a process is left is looked up in /proc

ROOT = Path(__file__).resolve().parents[3]
NUMPY_FOLDER = Path(np.__file__).resolve().parents[1]
PATIENCE_S = 30  # far beyond what anything takes; a test that waits so long has failed

# what every small engine begins with; RUN says which start of it this is
PRELUDE = """
import json, os, sys, time

RUN = int(sys.argv[1])
out = sys.stdout.buffer

def write(data):
    out.write(data)
    out.flush()

def say(**message):
    write(json.dumps(message).encode() + b"\\n")

def hear():
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit()
    return json.loads(line)

def hello(protocol=1):
    say(kind="hello", protocol=protocol, engine="0", methods=[])

def serve():
    while True:
        request = hear()
        if request["kind"] == "request":
            say(kind="result", id=request["id"], values={"run": RUN, "method": request["method"]})

"""


class Clock:
    """A clock that stands still until a test moves it."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Asked:
    """What came of a request."""

    results: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    progress: list = field(default_factory=list)

    @property
    def ends(self) -> int:
        return len(self.results) + len(self.errors)


@dataclass
class Bench:
    """A client, the processes it started, and what it logged."""

    client: EngineClient
    clock: Clock
    processes: list[EngineProcess]
    logs: list[str]
    asked: list[Asked] = field(default_factory=list)

    def ask(self, method: str = "work", **keywords) -> Asked:
        asked = Asked()
        params = keywords.pop("params", {})
        self.client.request(
            method,
            params,
            asked.results.append,
            asked.errors.append,
            on_progress=asked.progress.append,
            **keywords,
        )
        self.asked.append(asked)
        return asked

    def poll_until(self, done: Callable[[], bool]) -> None:
        """Polls as Blender's timer does. The patience is real time: the client's clock may stand still."""
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, f"nothing came: {self.client.status}, {self.logs}"
            self.client.poll(wait_s=0.02)

    def answer(self, asked: Asked):
        """The result of a request."""
        self.poll_until(lambda: asked.ends > 0)
        assert asked.errors == []
        return asked.results[0]

    def refusal(self, asked: Asked):
        """The error of a request."""
        self.poll_until(lambda: asked.ends > 0)
        assert asked.results == []
        return asked.errors[0]


class ProcessTable:
    """Who runs, looked up in /proc. A zombie, which is all that may be left of an orphan, runs no more."""

    def runs(self, pid: int) -> bool:
        return self._state_and_group(pid)[0] not in ("", "Z")

    def members(self, group: int) -> list[int]:
        """The processes of a group."""
        pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        return [pid for pid in pids if self._state_and_group(pid)[1] == group]

    def wait_for_the_end_of(self, *pids: int) -> None:
        end = time.monotonic() + PATIENCE_S
        while any(self.runs(pid) for pid in pids):
            assert time.monotonic() < end, "a process is left"
            time.sleep(0.02)

    @staticmethod
    def _state_and_group(pid: int) -> tuple[str, int]:
        try:
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return "", 0
        state, _, group = status.rpartition(")")[2].split()[:3]
        return state, int(group)


def engine_threads() -> list[threading.Thread]:
    """The threads that feed and hear engines; a reader ends only when all who hold the pipe are dead."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("tmr-engine")]


@pytest.fixture
def process_table() -> ProcessTable:
    return ProcessTable()


@pytest.fixture
def make_bench(process_table):
    """Makes clients around a way to start a process; when the test ends, nothing they started may be left.

    A request never gets two ends, whatever the engine does.
    """
    benches: list[Bench] = []

    def make(start: Callable[[int], EngineProcess]) -> Bench:
        processes: list[EngineProcess] = []
        logs: list[str] = []
        clock = Clock()

        def launch() -> EngineProcess:
            processes.append(start(len(processes) + 1))
            return processes[-1]

        client = EngineClient(launch, clock=clock, on_log=lambda level, text: logs.append(f"{level}: {text}"))
        benches.append(Bench(client, clock, processes, logs))
        return benches[-1]

    yield make
    for bench in benches:
        bench.client.stop()
        assert not any(process_table.runs(process.pid) for process in bench.processes)
        assert all(asked.ends <= 1 for asked in bench.asked)
    for thread in engine_threads():
        thread.join(PATIENCE_S)
    assert engine_threads() == []


@pytest.fixture
def small_engine(make_bench, tmp_path):
    """Makes a client of an engine whose program is given; it begins with PRELUDE."""

    def make(program: str) -> Bench:
        script = tmp_path / "small_engine.py"
        script.write_text(PRELUDE + textwrap.dedent(program), encoding="utf-8")
        return make_bench(lambda run: EngineProcess([sys.executable, str(script), str(run)], tmp_path))

    return make


@pytest.fixture
def real_engine(make_bench, tmp_path):
    """A client of the engine as the add-on starts it, with a cache of its own."""
    command = engine_command(Path(sys.executable), ROOT, NUMPY_FOLDER, tmp_path / "engine.log")
    environment = os.environ | {"TMR_CACHE": str(tmp_path / "cache")}
    return make_bench(lambda _run: EngineProcess(command, tmp_path, environment))

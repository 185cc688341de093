"""Killed at any moment, an indexing run loses nothing and does nothing twice.

The first tests end a forked process before each of its SQL statements and each step of writing a
vector file in turn; the last one kills the real command with its reading processes by the clock.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from tmr_engine.library import Library, indexing, schema, vectors
from tmr_engine.library.reading import Job, Reading, read_job

from .making import StandInEncoder, write_walk
from .states import assert_whole, contents

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


class InThisProcess:
    """Reads as ReadingPool does, without processes, whose start would take most of the time of a kill."""

    def __init__(self, _count: int, *, limit_s: float) -> None:
        self.limit_s = limit_s

    def __enter__(self) -> InThisProcess:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def readings(self, jobs: Iterable[Job], _cancelled: Callable[[], bool]) -> Iterator[Reading]:
        return map(read_job, jobs)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many transactions for few files, and a rewrite of the vector file whenever a row is dead."""
    monkeypatch.setattr(indexing, "ReadingPool", InThisProcess)
    monkeypatch.setattr(indexing, "_BATCH_FILES", 2)
    monkeypatch.setattr(vectors, "_MIN_DEAD_ROWS", 0)


def index(folder: Path, motions: Path, encoder: StandInEncoder) -> None:
    library = Library.open(folder, create=True)
    library.index([motions], encoder, workers=1)
    library.close()


def count_down_to_death(moments: int) -> Callable[..., None]:
    """Something to call at every moment; the process dies at the last of them."""
    left = [moments]

    def moment(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return moment


def is_killed_after(moments: int, run: Callable[[], None]) -> bool:
    """Runs in a process of its own that is killed before the given SQL statement or step of a vector file."""
    child = os.fork()
    if child == 0:
        try:
            moment = count_down_to_death(moments)
            connect, fsync = sqlite3.connect, os.fsync

            def traced(*args: object, **options: object) -> sqlite3.Connection:
                connection = connect(*args, **options)
                connection.set_trace_callback(moment)
                return connection

            def late(handle: int) -> None:
                moment()
                fsync(handle)

            def opened(*args: object) -> object:
                moment()
                return open(*args)

            schema.sqlite3.connect, os.fsync = traced, late
            vectors.open = opened  # shadows the built-in function in that module
            run()
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def captions(folder: Path, rows: Sequence[str]) -> None:
    (folder / "captions.csv").write_text("\n".join(["file,text", *rows]) + "\n", encoding="utf-8")


@pytest.fixture
def five(motions: Path) -> Path:
    for name in ("crawl", "dance", "hop", "jump", "kick"):
        write_walk(motions / f"{name}.bvh", seconds=0.1, speed_mps=len(name))
    captions(motions, ["crawl,on all fours", "dance,a slow dance", "hop,on one leg", "kick,a high kick"])
    return motions


def assert_survives_every_kill(before: Path | None, motions: Path, tmp_path: Path, least: int) -> None:
    """A run that starts from the library `before` ends the same however it is killed and resumed."""
    encoder = StandInEncoder()

    def fresh(name: str) -> Path:
        if before is not None:
            shutil.copytree(before, tmp_path / name)
        return tmp_path / name

    index(fresh("reference"), motions, encoder)
    reference = contents(tmp_path / "reference", encoder)
    moments = 0
    while True:
        folder = fresh(f"run{moments}")
        if not is_killed_after(moments, lambda folder=folder: index(folder, motions, StandInEncoder())):
            break
        if (folder / schema.FILE_NAME).is_file():
            Library.open(folder).close()  # finishes a schema that was cut short
            assert_whole(folder, encoder)
        index(folder, motions, StandInEncoder())
        assert_whole(folder, encoder)
        assert contents(folder, encoder) == reference
        shutil.rmtree(folder)
        moments += 1
    assert moments > least


def test_a_first_run_survives_a_kill_at_every_moment(five: Path, tmp_path: Path):
    assert_survives_every_kill(None, five, tmp_path, least=100)


def test_a_later_run_survives_a_kill_at_every_moment(five: Path, tmp_path: Path):
    before = tmp_path / "before"
    index(before, five, StandInEncoder())
    ids = {clip.path.stem: clip.id for clip in Library.open(before).clips()}
    write_walk(five / "crawl.bvh", seconds=0.2)
    (five / "dance.bvh").rename(five / "waltz.bvh")
    (five / "hop.bvh").unlink()
    write_walk(five / "roll.bvh", seconds=0.1)
    captions(five, ["crawl,like a child", "waltz,a slow dance", "kick,a high kick"])
    assert_survives_every_kill(before, five, tmp_path, least=100)
    after = {clip.path.stem: clip.id for clip in Library.open(tmp_path / "reference").clips()}
    assert after["waltz"] == ids["dance"]
    assert {name: after[name] for name in ("crawl", "jump", "kick")} == {
        name: ids[name] for name in ("crawl", "jump", "kick")
    }


REAL_RUN = """
import sys
from pathlib import Path
from tests.engine.library.making import StandInEncoder
from tmr_engine.library import Library

if __name__ == "__main__":
    motions, folder = map(Path, sys.argv[1:])
    library = Library.open(folder, create=True)
    report = library.index([motions], StandInEncoder(), workers=2)
    print(report.added, report.unchanged, len(report.failed))
"""


def children_of(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in listed.read_text(encoding="ascii").split()]


def is_running(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
def test_real_processes_killed_by_the_clock_leave_no_orphans_and_a_whole_library(
    motions: Path, library_folder: Path, tmp_path: Path, encoder: StandInEncoder
):
    letters = "abcdefghij"
    names = [f"{first}{second}" for first in letters for second in letters]
    for name in names:
        write_walk(motions / f"walk_{name}.bvh", seconds=2)
    script = tmp_path / "run.py"
    script.write_text(REAL_RUN, encoding="utf-8")
    command = [sys.executable, str(script), str(motions), str(library_folder)]
    root = Path(__file__).resolve().parents[3]
    environment = os.environ | {"PYTHONPATH": str(root)}
    moments = random.Random(4)
    done = 0
    for _ in range(8):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.4, 1.6))
        children = children_of(process.pid) if process.poll() is None else []
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
        while any(map(is_running, children)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(is_running, children))
        if (library_folder / schema.FILE_NAME).is_file():
            assert_whole(library_folder, encoder)
            found = len(Library.open(library_folder))
            assert found >= done
            done = found
    last = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert last.stdout.split() == [str(len(names) - done), str(done), "0"]
    index(tmp_path / "reference", motions, encoder)
    assert contents(library_folder, encoder) == contents(tmp_path / "reference", encoder)

"""Reading processes: a file that crashes or hangs its reader costs that file alone."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from tmr_engine.errors import LibraryError
from tmr_engine.library.reading import Job, Reading
from tmr_engine.library.workers import ReadingPool


def odd_reader(job: Job) -> Reading:
    """Stands for a reader with every fault, by the name of the file."""
    if job.path.name == "crash":
        os._exit(9)
    if job.path.name == "hang":
        time.sleep(1000)
    if job.path.name == "bug":
        raise ValueError("a bug in a reader")
    if job.path.name == "print":
        print("this must not reach the owner's standard output", flush=True)
    if job.path.name.startswith("large"):
        return Reading(job.path, "x" * len(job.known_hash))
    return Reading(job.path, f"{os.getpid()}")


def read(names: list[str], count: int, limit_s: float = 30.0) -> dict[str, Reading]:
    jobs = [Job(Path(name), "", ()) for name in names]
    with ReadingPool(count, limit_s=limit_s, work=odd_reader) as pool:
        readings = list(pool.readings(jobs, lambda: False))
    assert len(readings) == len(names)
    return {str(reading.path): reading for reading in readings}


@pytest.mark.parametrize("count", [1, 2])
def test_every_file_is_read_once_whatever_the_number_of_processes(count: int):
    names = [f"file{number}" for number in range(50)]
    found = read(names, count)
    assert set(found) == set(names)
    assert not any(reading.reason for reading in found.values())
    processes = {reading.content_hash for reading in found.values()}
    assert len(processes) == count
    assert str(os.getpid()) not in processes


def test_jobs_and_readings_larger_than_a_pipe_do_not_wait_for_each_other():
    jobs = [Job(Path(f"large{number}"), "x" * 2_000_000, ()) for number in range(20)]
    found: list[Reading] = []

    def read_all() -> None:
        with ReadingPool(1, limit_s=30.0, work=odd_reader) as pool:
            found.extend(pool.readings(jobs, lambda: False))

    reader = threading.Thread(target=read_all, daemon=True)
    reader.start()
    reader.join(60.0)
    assert [len(reading.content_hash) for reading in found] == [2_000_000] * 20


@pytest.mark.parametrize(
    ("name", "reason"), [("crash", r"crashed on this file (9)"), ("bug", r"crashed on this file (1)")]
)
def test_a_file_that_ends_its_reader_is_told_and_the_others_are_read(name: str, reason: str):
    found = read(["a", "b", name, "c", "d", name + "2"], 1)
    assert reason in found[name].reason
    assert [other for other, reading in found.items() if reading.reason] == [name]


def test_a_file_that_hangs_its_reader_is_given_up_and_the_others_are_read():
    found = read(["a", "hang", "b", "c"], 1, limit_s=0.5)
    assert "took more than" in found["hang"].reason
    assert [other for other, reading in found.items() if reading.reason] == ["hang"]


def test_a_reader_that_is_killed_from_outside_is_replaced():
    jobs = [Job(Path(f"file{number}"), "", ()) for number in range(40)]
    with ReadingPool(1, limit_s=30, work=odd_reader) as pool:
        readings = pool.readings(jobs, lambda: False)
        first = next(readings)
        os.kill(int(first.content_hash), 9)
        rest = list(readings)
    assert {reading.path for reading in (first, *rest)} == {job.path for job in jobs}
    assert sum(bool(reading.reason) for reading in rest) <= 1


def test_what_a_reader_prints_stays_out_of_the_owners_standard_output(capfd: pytest.CaptureFixture[str]):
    read(["print"], 1)
    assert capfd.readouterr().out == ""


def test_cancelling_ends_a_pool_at_once_even_while_a_file_hangs():
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    jobs = [Job(Path("hang"), "", ())]
    started = time.monotonic()
    with ReadingPool(1, limit_s=1000, work=odd_reader) as pool:
        assert list(pool.readings(jobs, stop.is_set)) == []
    assert time.monotonic() - started < 30


def test_a_python_that_cannot_start_itself_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("multiprocessing.spawn._python_exe", os.fsencode(sys.executable) + b"-missing")
    with (
        ReadingPool(1, limit_s=30, work=odd_reader) as pool,
        pytest.raises(LibraryError, match="reading processes cannot be started"),
    ):
        list(pool.readings([Job(Path("a"), "", ())], lambda: False))

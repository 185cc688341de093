"""`tmr index` as a person and a program run it: a fresh process, real files, the product's own model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.library.making import write_walk
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER

pytestmark = pytest.mark.skipif(
    not (DEFAULT_FOLDER / "weights.safetensors").is_file(), reason="the model is not built; run `make model`"
)

LETTERS = "abcdefghijklmnopqrstuvw"
COMMAND = [sys.executable, "-m", "tmr_engine", "index"]


def tmr_index(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def heeded_interrupts() -> Iterator[None]:
    """A shell starts what runs in the background with SIGINT ignored, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def motions(tmp_path: Path) -> Path:
    folder = tmp_path / "a" / "b" / "c" / "motions"
    write_walk(folder / "walks" / "SlowWalk.bvh", speed_mps=0.5)
    write_walk(folder / "walks" / "TurnLeft.bvh", turn_deg=90)
    write_walk(folder / "runs" / "Run01.bvh", speed_mps=3)
    (folder / "broken.bvh").write_text("HIERARCHY\nROOT Hips\n{\n", encoding="ascii")
    (folder / "captions.csv").write_text(
        "file,start,end,text\nSlowWalk,,,a person strolls along\nTurnLeft,0.5,1.5,the middle of a turn\n",
        encoding="utf-8",
    )
    return folder


def test_the_answer_is_one_json_object_and_follows_the_folder(motions: Path, tmp_path: Path):
    library = tmp_path / "library"
    first = tmr_index(motions, "--library", library, "--json")
    assert (first.returncode, first.stderr) == (0, "")
    answer = json.loads(first.stdout)
    counts = ("added", "updated", "unchanged", "removed", "clips")
    assert [answer[name] for name in counts] == [3, 0, 0, 0, 4]
    (failure,) = answer["failed"]
    assert failure["path"] == str(motions / "broken.bvh")
    assert "broken.bvh" in failure["reason"]
    assert failure["reason"].endswith(".")
    assert answer["seconds"] > 0

    write_walk(motions / "broken.bvh")
    write_walk(motions / "walks" / "SlowWalk.bvh", speed_mps=0.7)
    (motions / "runs" / "Run01.bvh").unlink()
    second = json.loads(tmr_index(motions, "--library", library, "--json", "--workers", 2).stdout)
    assert [second[name] for name in counts] == [0, 2, 1, 1, 4]
    assert second["failed"] == []
    third = json.loads(tmr_index(motions, "--library", library, "--json").stdout)
    assert [third[name] for name in counts] == [0, 0, 3, 0, 4]


def test_for_people_the_counts_are_a_line_and_failures_are_named(motions: Path, tmp_path: Path):
    done = tmr_index(motions, "--library", tmp_path / "library")
    assert done.returncode == 0
    assert "3 added, 0 updated, 0 unchanged, 0 removed, 1 left out" in done.stdout
    assert "broken.bvh" in done.stderr


def test_a_folder_that_is_not_there_is_refused_in_one_object(tmp_path: Path):
    done = tmr_index(tmp_path / "nowhere", "--library", tmp_path / "library", "--json")
    assert done.returncode == 2
    assert "no such file or folder" in json.loads(done.stdout)["error"]["what"]


@pytest.mark.usefixtures("heeded_interrupts")
@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT and SIGKILL")
@pytest.mark.parametrize(("ending", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_run_that_is_ended_is_gone_on_with(
    motions: Path, tmp_path: Path, ending: signal.Signals, status: int
):
    pairs = [first + second for first in LETTERS for second in LETTERS]
    for pair in pairs:
        write_walk(motions / "many" / f"walk_{pair}.bvh", seconds=1)
    library = tmp_path / "library"
    command = [*COMMAND, str(motions), "--library", str(library), "--json", "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and not list(library.glob("vectors-*")) and time.monotonic() < deadline:
            time.sleep(0.01)  # the first transaction is being written
        process.send_signal(ending)
        printed, _ = process.communicate(timeout=60)
    assert (process.returncode, printed) == (status, "")
    answer = json.loads(tmr_index(motions, "--library", library, "--json").stdout)
    assert answer["added"] + answer["unchanged"] == len(pairs) + 3
    assert answer["clips"] == len(pairs) + 4
    assert answer["updated"] == answer["removed"] == 0
    again = json.loads(tmr_index(motions, "--library", library, "--json").stdout)
    assert again["unchanged"] == len(pairs) + 3

"""The client beside the real engine, started as the add-on starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from blender_addon.engine.client import State
from tmr_engine.motion import arrays

ROOT = Path(__file__).resolve().parents[3]
FILES = 40

# joints as (name, offset in cm); each hangs on the one whose number it names
JOINTS = """Hips -1 0 95 0
Spine 0 0 20 0
Neck 1 0 35 0
Head 2 0 10 0
LeftArm 1 18 30 0
LeftForeArm 4 28 0 0
LeftHand 5 25 0 0
RightArm 1 -18 30 0
RightForeArm 7 -28 0 0
RightHand 8 -25 0 0
LeftUpLeg 0 9 -3 0
LeftLeg 10 0 -42 0
LeftFoot 11 0 -42 0
RightUpLeg 0 -9 -3 0
RightLeg 13 0 -42 0
RightFoot 14 0 -42 0"""


def bvh(step_cm: float, frames: int = 61, fps: int = 30) -> str:
    """A body that slides forward, `step_cm` a frame."""
    rows = [line.split() for line in JOINTS.splitlines()]
    children = {
        number: [n for n, row in enumerate(rows) if int(row[1]) == number] for number in range(-1, 16)
    }

    def joint(number: int) -> str:
        name, parent, *offset = rows[number]
        place = "Xposition Yposition Zposition " if parent == "-1" else ""
        kind = "ROOT" if parent == "-1" else "JOINT"
        inside = "".join(map(joint, children[number])) or "End Site\n{\nOFFSET 0 5 0\n}\n"
        channels = f"CHANNELS {6 if place else 3} {place}Zrotation Xrotation Yrotation"
        return f"{kind} {name}\n{{\nOFFSET {' '.join(offset)}\n{channels}\n{inside}}}\n"

    # the first frame is no rest pose to be left out: the arms hang a little
    turns = ["0"] * (3 * len(rows))
    turns[3 * 4], turns[3 * 7] = "-60", "60"
    motion = "".join(f"0 95 {step_cm * frame:.3f} {' '.join(turns)}\n" for frame in range(frames))
    return f"HIERARCHY\n{joint(0)}MOTION\nFrames: {frames}\nFrame Time: {1 / fps:.7f}\n{motion}"


@pytest.fixture
def motions(tmp_path):
    folder = tmp_path / "motions"
    folder.mkdir()
    for number in range(FILES):
        name = "cartwheel" if number == 7 else f"slide forward {number:02}"
        (folder / f"{name}.bvh").write_text(bvh(1 + number), encoding="ascii")
    return folder


@pytest.fixture
def library(tmp_path):
    return str(tmp_path / "library")


def test_folders_are_indexed_searched_and_fetched_through_the_pipe(real_engine, motions, library):
    indexing = real_engine.ask("library.index", params={"library": library, "paths": [str(motions)]})
    report = real_engine.answer(indexing).values
    assert (report["added"], report["clips"], report["failed"]) == (FILES, FILES, [])
    assert indexing.progress[-1].done == indexing.progress[-1].total == FILES

    params = {"library": library, "text": "cartwheel", "top": 3}
    found = real_engine.answer(real_engine.ask("library.search", params=params)).values["results"]
    assert Path(found[0]["path"]).name == "cartwheel.bvh"

    result = real_engine.answer(
        real_engine.ask("motion.fetch", params={"library": library, "clip": found[0]["clip"]})
    )
    fetched = arrays.motion_from_arrays(
        result.arrays | {name: np.array(value) for name, value in result.values.items()}
    )
    assert len(fetched) == 61
    assert fetched.fps == pytest.approx(30, abs=1e-3)
    assert fetched.skeleton.names == tuple(line.split()[0] for line in JOINTS.splitlines())
    assert np.allclose(fetched.root_translation[:, 2], 0.08 * np.arange(61), atol=1e-5)  # 8 cm a frame


def test_an_engine_that_is_killed_while_it_indexes_is_replaced_and_nothing_is_lost_or_left(
    real_engine, motions, library, process_table
):
    asked = real_engine.ask("library.index", params={"library": library, "paths": [str(motions)]})
    real_engine.poll_until(lambda: asked.progress != [] or asked.ends > 0)
    group = process_table.members(real_engine.processes[0].pid)
    os.kill(real_engine.processes[0].pid, signal.SIGKILL)
    assert real_engine.answer(asked).values["clips"] == FILES
    info = real_engine.answer(real_engine.ask("library.info", params={"library": library})).values
    assert (info["files"], info["clips"]) == (FILES, FILES)
    assert len(real_engine.processes) == 2
    process_table.wait_for_the_end_of(*group)


def test_an_engine_that_is_killed_while_idle_is_replaced_at_the_next_question(real_engine, library, motions):
    ask = {"library": library, "paths": [str(motions / "slide forward 00.bvh")]}
    real_engine.answer(real_engine.ask("library.index", params=ask))
    os.kill(real_engine.processes[0].pid, signal.SIGKILL)
    info = real_engine.answer(real_engine.ask("library.info", params={"library": library})).values
    assert info["clips"] == 1


def test_an_error_comes_with_a_code_a_sentence_and_what_fixes_it(real_engine, tmp_path):
    nowhere = str(tmp_path / "nowhere")
    error = real_engine.refusal(
        real_engine.ask("library.search", params={"library": nowhere, "text": "walk"})
    )
    assert error.code == "library"
    assert error.where == nowhere
    assert error.what == "there is no library in this folder"
    assert error.fix.startswith("Index motion files into it first")
    assert error.sentence.startswith(f"{nowhere}: there is no library in this folder.")
    assert real_engine.refusal(real_engine.ask("dance")).code == "unknown-method"
    assert len(real_engine.processes) == 1


def test_indexing_that_is_cancelled_makes_room_for_the_next_question(real_engine, motions, library):
    ask = {"library": library, "paths": [str(motions)]}
    gone = real_engine.ask("library.index", params=ask)
    real_engine.poll_until(lambda: gone.progress != [] or gone.ends > 0)
    real_engine.client.cancel(1)
    report = real_engine.answer(real_engine.ask("library.index", params=ask)).values
    assert report["added"] + report["unchanged"] == report["clips"] == FILES
    assert len(real_engine.processes) == 1


def test_the_engine_ends_in_good_order_when_the_client_stops(real_engine, tmp_path):
    real_engine.client.start()
    real_engine.poll_until(lambda: real_engine.client.state is State.READY)
    real_engine.client.stop()
    assert real_engine.processes[0].why_it_ended() == "its exit status is 0"
    log = (tmp_path / "engine.log").read_text(encoding="utf-8")
    assert "engine 0" in log
    assert "Traceback" not in log


HOST = """
import os, sys
from pathlib import Path
import numpy as np
from blender_addon.engine.client import EngineClient, State
from blender_addon.engine.process import EngineProcess, engine_command

folder = Path(sys.argv[1])
numpy_folder = Path(np.__file__).resolve().parents[1]
command = engine_command(Path(sys.executable), Path.cwd(), numpy_folder, folder / "engine.log")
client = EngineClient(lambda: EngineProcess(command, folder))
client.start()
while client.state is not State.READY:
    client.poll(wait_s=0.05)
print(client._process.pid, flush=True)
sys.stdin.read()
"""


def test_the_engine_ends_when_blender_is_killed(tmp_path, process_table):
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with host:
        engine = int(host.stdout.readline())
        assert process_table.runs(engine)
        host.kill()
    process_table.wait_for_the_end_of(engine)

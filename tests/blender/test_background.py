"""Finding a Blender, driving it, and what comes back when it refuses, crashes or hangs."""

import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.blender.conftest import HERE
from tmr_engine.blender import BlenderCommand, find_blender, retarget_file, run_background
from tmr_engine.cli import main
from tmr_engine.errors import BlenderError, RetargetError
from tmr_engine.motion import Motion, Skeleton, rotation


def program(folder: Path, name: str, text: str) -> Path:
    """An executable that prints a text."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


posix = pytest.mark.skipif(os.name != "posix", reason="writes a shell script")


@posix
def test_the_blender_that_the_user_names_comes_first(monkeypatch, tmp_path):
    named = program(tmp_path, "my-blender", "echo Blender 4.5.3 LTS")
    monkeypatch.setenv("TMR_BLENDER", str(named))
    assert find_blender() == BlenderCommand(str(named), is_module=False)


def test_a_python_may_be_named_instead_of_a_blender(monkeypatch):
    monkeypatch.setenv("TMR_BLENDER", sys.executable)
    assert find_blender() == BlenderCommand(sys.executable, is_module=True)


@posix
def test_a_blender_on_the_path_is_found(monkeypatch, tmp_path):
    program(tmp_path, "blender", "echo Blender 5.1.0")
    monkeypatch.delenv("TMR_BLENDER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_blender() == BlenderCommand(str(tmp_path / "blender"), is_module=False)


@posix
def test_a_blender_that_is_too_old_is_named_with_both_versions(monkeypatch, tmp_path):
    monkeypatch.setenv("TMR_BLENDER", str(program(tmp_path, "old", "echo Blender 3.4.1")))
    with pytest.raises(BlenderError, match=r"Blender 3\.4, 4\.2 or later is needed"):
        find_blender()


def test_a_file_that_is_no_program_is_said_not_to_start(monkeypatch, tmp_path):
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    monkeypatch.setenv("TMR_BLENDER", str(tmp_path / "notes.txt"))
    with pytest.raises(BlenderError, match="does not start"):
        find_blender()


@posix
def test_a_crash_comes_back_with_the_last_words(tmp_path):
    crash = program(tmp_path, "crash", "echo the sky is falling\nexit 11")
    with pytest.raises(BlenderError, match=r"status 11 .* the sky is falling"):
        run_background("retarget", {}, blender=BlenderCommand(str(crash), is_module=True))


@posix
def test_a_hanging_blender_is_ended_with_all_that_it_started(tmp_path):
    left = tmp_path / "left"
    hang = program(tmp_path, "hang", f"echo started\n(sleep 2; touch {left}) &\nsleep 60")
    with pytest.raises(BlenderError, match=r"did not finish in 0\.5 seconds"):
        run_background("retarget", {}, blender=BlenderCommand(str(hang), is_module=True), timeout_s=0.5)
    subprocess.run(["sleep", "2.2"], check=True)
    assert not left.exists()


def test_a_rig_of_an_unknown_kind_is_refused_before_a_blender_starts(tmp_path):
    (tmp_path / "rig.max").write_bytes(b"")
    with pytest.raises(RetargetError, match=r"\.max is no rig"):
        retarget_file(standing_still(), tmp_path / "rig.max", tmp_path / "out.blend")


def standing_still() -> Motion:
    skeleton = Skeleton(("hips",), np.array([-1]), np.zeros((1, 3)), rotation.identity(1))
    return Motion(skeleton, np.zeros((2, 3)), rotation.identity(2, 1), 30.0)


def write_bvh_figure(path: Path) -> None:
    """A T-posed person of 15 joints whose left arm goes up within two seconds."""
    joints = [
        ("Hips", "", (0, 95, 0)),
        ("Spine", "Hips", (0, 12, 0)),
        ("Chest", "Spine", (0, 18, 0)),
        ("Neck", "Chest", (0, 22, 0)),
        ("Head", "Neck", (0, 10, 0)),
    ]
    for side, sign in (("Left", 1), ("Right", -1)):
        joints += [
            (f"{side}UpLeg", "Hips", (sign * 9, -3, 0)),
            (f"{side}Leg", f"{side}UpLeg", (0, -42, 0)),
            (f"{side}Foot", f"{side}Leg", (0, -42, 0)),
            (f"{side}Arm", "Chest", (sign * 18, 17, 0)),
            (f"{side}ForeArm", f"{side}Arm", (sign * 28, 0, 0)),
            (f"{side}Hand", f"{side}ForeArm", (sign * 25, 0, 0)),
        ]
    ends = {"Head": (0, 18, 0), "LeftFoot": (0, -6, 14), "RightFoot": (0, -6, 14)}
    ends |= {"LeftHand": (9, 0, 0), "RightHand": (-9, 0, 0)}
    order, lines = [], ["HIERARCHY"]

    def write(name: str, offset: tuple[int, int, int], depth: int) -> None:
        order.append(name)
        places = "Xposition Yposition Zposition " if depth == 0 else ""
        lines.append(f"{'ROOT' if depth == 0 else 'JOINT'} {name}")
        lines.append("{\nOFFSET " + " ".join(map(str, offset)))
        lines.append(f"CHANNELS {6 if depth == 0 else 3} {places}Zrotation Xrotation Yrotation")
        for child, parent, place in joints:
            if parent == name:
                write(child, place, depth + 1)
        if name in ends:
            lines.append("End Site\n{\nOFFSET " + " ".join(map(str, ends[name])) + "\n}")
        lines.append("}")

    write("Hips", (0, 95, 0), 0)
    lines += ["MOTION", "Frames: 61", "Frame Time: 0.0333333"]
    for frame in range(61):
        turns = [(1.5 * frame, 0, 0) if name == "LeftArm" else (0, 0, 0) for name in order]
        lines.append("0 95 0 " + " ".join(f"{a} {b} {c}" for a, b, c in turns))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def journey(tmp_path, one_blender, monkeypatch):
    """A clip, and a rig made by script in a .blend."""
    monkeypatch.setenv("TMR_BLENDER", str(one_blender.python))
    write_bvh_figure(tmp_path / "reach up.bvh")
    rig = tmp_path / "rig.blend"
    run_background("make_mannequin", {"out": str(rig)})
    return tmp_path


@pytest.mark.blender
def test_retarget_writes_a_blend_with_the_action_at_frame_1(journey, capsys, one_blender):
    out = journey / "out.blend"
    status = main(["retarget", str(journey / "reach up.bvh"), str(journey / "rig.blend"), str(out), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert status == 0
    assert report["mapping"]["left_upper_arm"] == "upper_arm.L"
    assert report["unmapped"] == []
    shown = one_blender.run(
        HERE / "scripts" / "look.py", {"blend": str(out), "bone": "forearm.L", "from": "upper_arm.L"}
    )
    assert shown["first"] == 1
    assert shown["directions"][0] == pytest.approx(
        [1, 0, 0], abs=0.01
    )  # the clip's T-pose, on an A-posed rig
    assert shown["directions"][-1] == pytest.approx([0, 0, 1], abs=0.01)  # and the arm straight up at its end
    assert shown["notes"]["tmr_clip"] == "reach up.bvh"


@pytest.mark.blender
def test_a_background_blender_leaves_nothing_in_the_temporary_folder(journey, monkeypatch):
    temporary = journey / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)  # the folder that this process looked up before
    run_background("make_mannequin", {"out": str(journey / "another.blend")})
    assert list(temporary.iterdir()) == []


@pytest.mark.blender
def test_a_refused_rig_ends_with_status_2_a_reason_and_no_file(journey, capsys):
    quadruped = journey / "not a rig.glb"
    quadruped.write_bytes(b"glTF but not really")
    out = journey / "never.blend"
    status = main(["retarget", str(journey / "reach up.bvh"), str(quadruped), str(out), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert status == 2
    assert "not a rig.glb" in answer["error"]["sentence"]
    assert not [path for path in journey.iterdir() if "never" in path.name]


@pytest.mark.blender
def test_a_rig_that_is_no_person_is_refused_and_what_was_there_stays(journey, capsys, one_blender):
    rig, out = journey / "no arms.blend", journey / "out.blend"
    one_blender.run(HERE / "scripts" / "save_rig.py", {"path": str(rig), "arms": False})
    out.write_bytes(b"an older result")
    before = sorted(journey.iterdir())
    status = main(["retarget", str(journey / "reach up.bvh"), str(rig), str(out), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert status == 2
    assert answer["error"]["code"] == "retarget"
    assert "arms" in answer["error"]["sentence"]
    assert out.read_bytes() == b"an older result"
    assert sorted(journey.iterdir()) == before


@pytest.mark.blender
def test_the_engine_in_the_zip_retargets_with_blenders_own_python(tmp_path, blender, extension_zip):
    with zipfile.ZipFile(extension_zip) as archive:
        archive.extractall(tmp_path / "extension")
    write_bvh_figure(tmp_path / "reach up.bvh")
    rig, out = tmp_path / "rig.blend", tmp_path / "out.blend"
    blender.run(HERE / "scripts" / "save_rig.py", {"path": str(rig), "arms": True})
    done = subprocess.run(
        [blender.python, "-m", "tmr_engine", "retarget", tmp_path / "reach up.bvh", rig, out, "--json"],
        cwd=tmp_path / "extension",
        env=os.environ | {"TMR_BLENDER": str(blender.python), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["mapping"]["right_lower_leg"] == "shin.R"
    shown = blender.run(
        HERE / "scripts" / "look.py", {"blend": str(out), "bone": "forearm.L", "from": "upper_arm.L"}
    )
    assert shown["directions"][-1] == pytest.approx([0, 0, 1], abs=0.01)


@pytest.mark.blender
def test_libraries_of_a_rig_are_found_from_where_the_result_lies(journey, shared_dir, one_blender):
    out = journey / "elsewhere" / "out.blend"
    out.parent.mkdir()
    rig = shared_dir / "rigs" / "var_library_override.blend"
    assert main(["retarget", str(journey / "reach up.bvh"), str(rig), str(out)]) == 0
    shown = one_blender.run(
        HERE / "scripts" / "look.py", {"blend": str(out), "bone": "forearm.L", "from": "upper_arm.L"}
    )
    assert shown["missing"] == []


@pytest.mark.blender
def test_a_contact_sheet_shows_the_asked_frames_side_by_side(journey, one_blender):
    out, sheet = journey / "out.blend", journey / "sheet.png"
    assert main(["retarget", str(journey / "reach up.bvh"), str(journey / "rig.blend"), str(out)]) == 0
    shown = run_background(
        "render_sheet", {"blend": str(out), "out": str(sheet), "frames": 3, "size": [64, 80]}
    )
    assert shown["frames"][0] == 1
    assert len(shown["frames"]) == 3
    header = sheet.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", header[16:24]) == (4 * 64, 80)  # rows of four
    assert [path.name for path in journey.glob("sheet*")] == ["sheet.png"]

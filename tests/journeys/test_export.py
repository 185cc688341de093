"""A researcher takes clips out: `tmr export`, read back by a few lines of forward kinematics in the test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tmr_engine.cli import main
from tmr_engine.features import HUMANML3D, JOINT_NAMES
from tmr_engine.library import demo_library


def bvh_positions(path: Path) -> tuple[list[str], list[int], np.ndarray, float]:
    """Names, parents, (T, J, 3) world positions and fps of a BVH whose joints all turn in Z X Y."""
    names, parents, offsets, stack = [], [], [], []
    head, _, motion = path.read_text().partition("MOTION")
    at_end = False
    for line in head.splitlines():
        words = line.split()
        if words[:1] in (["ROOT"], ["JOINT"]):
            parents.append(stack[-1] if stack else -1)
            names.append(words[1])
        elif words[:1] == ["End"]:
            at_end = True
        elif words[:1] == ["{"]:
            stack.append(-2 if at_end else len(names) - 1)
        elif words[:1] == ["}"]:
            at_end = False
            stack.pop()
        elif words[:1] == ["OFFSET"] and not at_end:
            offsets.append([float(word) for word in words[1:]])
        elif words[:1] == ["CHANNELS"]:
            assert words[-3:] == ["Zrotation", "Xrotation", "Yrotation"]
    lines = motion.strip().splitlines()
    frame_time = float(lines[1].split()[-1])
    values = np.array([line.split() for line in lines[2:]], dtype=float)
    assert len(values) == int(lines[0].split()[-1])
    turns = values[:, 3:].reshape(len(values), len(names), 3)
    places = np.zeros((len(values), len(names), 3))
    world: list[Rotation] = []
    for joint, parent in enumerate(parents):
        turn = Rotation.from_euler("ZXY", turns[:, joint], degrees=True)
        world.append(turn if parent < 0 else world[parent] * turn)
        places[:, joint] = (
            values[:, :3] if parent < 0 else places[:, parent] + world[parent].apply(offsets[joint])
        )
    return names, parents, places, 1.0 / frame_time


def export(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict]:
    capsys.readouterr()
    status = main(["export", *words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_clip_of_the_library_comes_out_on_the_22_joints(tmp_path, capsys) -> None:
    library = demo_library()
    for clip in library.clips()[::60]:
        out = tmp_path / f"{clip.id}.bvh"
        status, report = export(capsys, clip.id, str(out))
        assert status == 0
        assert report["clip"] == clip.id
        assert report["credit"] == clip.credit
        names, parents, places, fps = bvh_positions(out)
        assert sorted(names) == sorted(report["joints"]) == sorted(JOINT_NAMES)
        tree = {
            name: names[parent] if parent >= 0 else "" for name, parent in zip(names, parents, strict=True)
        }
        assert tree == {
            name: JOINT_NAMES[parent] if parent >= 0 else ""
            for name, parent in zip(JOINT_NAMES, HUMANML3D.parents.tolist(), strict=True)
        }
        motion = library.load(clip.id)
        assert len(places) == len(motion) == report["frames"]
        assert fps == pytest.approx(motion.fps, rel=1e-4)
        rise = places[:, names.index("head"), 1] - places[:, names.index("left_ankle"), 1]
        assert 0.2 < np.median(np.abs(rise)) < 2.0  # metres


def test_the_source_option_keeps_the_skeleton(tmp_path, capsys) -> None:
    clip = demo_library().clips()[0]
    out = tmp_path / "own.bvh"
    status, _ = export(capsys, clip.id, str(out), "--source")
    assert status == 0
    motion = demo_library().load(clip.id)
    names, _, places, _ = bvh_positions(out)
    order = [names.index(name.replace(" ", "_")) for name in motion.skeleton.names]
    np.testing.assert_allclose(places[:, order], motion.world[0], atol=2e-5)


def test_samples_of_many_conventions_keep_their_joints(shared_dir, tmp_path, capsys) -> None:
    pairs = {"left_knee": "LeftLeg", "right_wrist": "RightHand", "head": "Head", "left_shoulder": "LeftArm"}
    seen = 0
    for path in sorted((shared_dir / "motions").glob("*.bvh")):
        expected = np.load(path.with_suffix(".expected.npz"))
        theirs = list(expected["joint_names"])
        if not set(pairs.values()) <= set(theirs):
            continue
        out = tmp_path / path.name
        assert export(capsys, str(path), str(out))[0] == 0
        names, _, places, _ = bvh_positions(out)
        wanted = expected["positions"][-len(places) :]  # a leading rest-pose frame is left out
        for ours, name in pairs.items():
            apart = np.linalg.norm(places[:, names.index(ours)] - wanted[:, theirs.index(name)], axis=-1)
            assert apart.max() < 0.01, (path.name, ours)
        seen += 1
    assert seen >= 8


@pytest.mark.parametrize("options", [[], ["--source"]])
def test_a_refusal_writes_nothing(tmp_path, capsys, options) -> None:
    prop = tmp_path / "prop.bvh"
    prop.write_text("not a motion")
    status, answer = export(capsys, str(prop), str(tmp_path / "out.bvh"), *options)
    assert status == 2
    assert "prop.bvh" in answer["error"]["sentence"]
    assert not (tmp_path / "out.bvh").exists()


def test_only_bvh_is_written(tmp_path, capsys) -> None:
    clip = demo_library().clips()[0]
    status, answer = export(capsys, clip.id, str(tmp_path / "out.fbx"))
    assert status == 2
    assert "only BVH" in answer["error"]["sentence"]
    assert list(tmp_path.iterdir()) == []

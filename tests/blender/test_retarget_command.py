"""`tmr retarget` with its options: what the answer says, and what Blender measures of the result."""

from __future__ import annotations

import json
import os

import pytest

from tests.blender.test_background import write_bvh_figure
from tmr_engine.blender import run_background
from tmr_engine.cli import main

pytestmark = pytest.mark.blender


@pytest.fixture
def retarget(tmp_path, monkeypatch, capsys, one_blender):
    """Runs `tmr retarget` on a clip of two seconds with more words; gives status, answer and the file."""
    monkeypatch.setenv("TMR_BLENDER", str(one_blender.python))
    write_bvh_figure(tmp_path / "reach up.bvh")
    rig, out = tmp_path / "rig.blend", tmp_path / "out.blend"
    run_background("make_mannequin", {"out": str(rig)})

    def run(*words: str):
        capsys.readouterr()
        status = main(["retarget", str(tmp_path / "reach up.bvh"), str(rig), str(out), "--json", *words])
        return status, json.loads(capsys.readouterr().out), out

    return run


def test_the_answer_holds_the_mapping_how_sure_it_is_and_measures(retarget):
    status, answer, out = retarget()
    assert status == 0
    assert out.is_file()
    assert answer["mapping"]["left_hand"] == "hand.L"
    assert isinstance(answer["mapping"]["spine"], list)
    assert answer["twist"] == {}
    assert 0.9 < answer["confidence"] <= 1.0
    assert "refused" not in answer
    found = answer["measures"]
    assert found["limb_direction_deg"]["median"] < 1.0
    assert found["slide_target_mm_s"]["mean"] < 5.0
    assert found["penetration_mm"]["max"] < 10.0
    assert found["contact_recall"] > 0.95
    assert found["flips"] == 0


def test_without_the_lock_limbs_point_exactly_where_the_clip_points_them(retarget):
    _, answer, _ = retarget("--foot-lock", "0")
    assert answer["measures"]["limb_direction_deg"]["max"] < 0.05


def test_range_stretch_mirror_loop_and_in_place_reach_the_solver(retarget):
    status, answer, _ = retarget("--range", "0.5:1.5", "--stretch", "2", "--mirror", "--in-place")
    assert status == 0
    fps = 24  # of a new scene
    assert answer["frames"] == [1, 1 + 2 * fps]
    # the clip lifts its left arm, so the mirrored one its right: measured against the mirrored clip
    assert answer["measures"]["limb_direction_deg"]["median"] < 1.0
    status, answer, _ = retarget("--loop")
    assert answer["frames"][1] < 2 * fps + 1


def test_bones_that_share_a_twist_are_told_with_their_place_along_the_limb(
    retarget, tmp_path, shared_dir, capsys
):
    rig, out = shared_dir / "rigs" / "ue_manny_made.blend", tmp_path / "manny.blend"
    assert main(["retarget", str(tmp_path / "reach up.bvh"), str(rig), str(out), "--json"]) == 0
    twist = json.loads(capsys.readouterr().out)["twist"]
    names = {bone for bones in twist.values() for bone, _ in bones}
    assert {"upperarm_twist_01_l", "lowerarm_twist_01_r", "thigh_twist_01_l", "calf_twist_02_r"} <= names
    assert all(0.0 <= share < 1.0 for bones in twist.values() for _, share in bones)


def test_an_armature_that_is_refused_says_why_and_writes_nothing(retarget, tmp_path, shared_dir, capsys):
    horse, never = shared_dir / "rigs" / "nonhuman_horse.glb", tmp_path / "never.blend"
    status = main(["retarget", str(tmp_path / "reach up.bvh"), str(horse), str(never), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert status == 2
    assert "legs" in answer["refused"]
    assert not [name for name in os.listdir(tmp_path) if "never" in name]


@pytest.mark.parametrize(
    "words", [("--range", "2"), ("--range", "b:a"), ("--foot-lock", "3"), ("--range", "2:1")]
)
def test_options_that_mean_nothing_are_refused_before_anything_is_written(retarget, words):
    status, answer, out = retarget(*words)
    assert status == 2
    assert "error" in answer
    assert not out.exists()

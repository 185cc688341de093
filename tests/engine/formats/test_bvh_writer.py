"""BVH out: what is written reads back as the same motion, whole or not at all."""

import os

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import read_motion, write_bvh
from tmr_engine.formats.bvh_writer import euler_zxy
from tmr_engine.motion import Motion, rotation

from .made import bvh_text, moving_rows, person


@pytest.fixture
def walk(tmp_path) -> Motion:
    path = tmp_path / "walk.bvh"
    path.write_text(bvh_text(person(), moving_rows(person(), 40, degrees=70), "0.016667"))
    return read_motion(path)


def test_written_motion_reads_back_the_same(walk, tmp_path):
    write_bvh(walk, tmp_path / "out.bvh")
    back = read_motion(tmp_path / "out.bvh")
    assert back.fps == walk.fps
    assert back.warnings == ()
    order = [back.skeleton.names.index(name) for name in walk.skeleton.names]
    np.testing.assert_allclose(back.world[0][:, order], walk.world[0], atol=1e-6)
    turned = rotation.angle_between(back.world[1][:, order], walk.world[1])
    assert turned.max() < 1e-6


def test_motion_of_any_format_can_be_written(shared_dir, tmp_path):
    for name in ("walk_joints22_20fps.npy", "samples/mesh2motion_addon_2025-11.glb", "cmu_02_01_first60.amc"):
        motion = read_motion(shared_dir / "motions" / name)
        write_bvh(motion, tmp_path / "out.bvh")
        back = read_motion(tmp_path / "out.bvh")
        order = [back.skeleton.names.index(joint) for joint in motion.skeleton.names]
        np.testing.assert_allclose(back.world[0][:, order], motion.world[0], atol=1e-5)


def test_angles_turn_back_into_the_rotation_everywhere():
    turns = Rotation.random(2000, rng=np.random.default_rng(3))
    quats = turns.as_quat()[:, [3, 0, 1, 2]]
    again = Rotation.from_euler("ZXY", euler_zxy(quats), degrees=True)
    assert (turns.inv() * again).magnitude().max() < 1e-7


@pytest.mark.parametrize("pitch", [90.0, -90.0])
@pytest.mark.parametrize("roll", [-170.0, -30.0, 0.0, 75.0])
def test_angles_turn_back_into_the_rotation_where_x_is_a_quarter_turn(pitch, roll):
    turn = Rotation.from_euler("ZXY", [20.0, pitch, roll], degrees=True)
    again = Rotation.from_euler("ZXY", euler_zxy(turn.as_quat()[[3, 0, 1, 2]]), degrees=True)
    assert (turn.inv() * again).magnitude() < 1e-6


def test_angles_do_not_jump_by_whole_turns_from_frame_to_frame(tmp_path):
    path = tmp_path / "turn.bvh"
    rows = moving_rows(person(), 60, degrees=1)
    rows[:, 5] = np.linspace(0, 720, 60)
    path.write_text(bvh_text(person(), rows))
    write_bvh(read_motion(path), tmp_path / "out.bvh")
    lines = (tmp_path / "out.bvh").read_text().splitlines()
    numbers = np.array([line.split() for line in lines[lines.index("MOTION") + 3 :]], dtype=float)
    assert np.abs(np.diff(numbers[:, 3:], axis=0)).max() < 30


def test_failure_in_the_middle_leaves_the_old_file_and_nothing_beside_it(walk, tmp_path, monkeypatch):
    target = tmp_path / "out.bvh"
    target.write_text("precious")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MotionFileError, match="No space left"):
        write_bvh(walk, target)
    assert target.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.bvh", "walk.bvh"]


def test_folder_that_is_not_there_is_named(walk, tmp_path):
    with pytest.raises(MotionFileError, match="nowhere"):
        write_bvh(walk, tmp_path / "nowhere" / "out.bvh")

"""BVH of many conventions against positions that another reader and Blender agree on (../shared)."""

from pathlib import Path

import numpy as np
import pytest

from tmr_engine.formats import read_motion
from tmr_engine.formats.body import find_body, shows_human, stature

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "motions"
FILES = sorted(FOLDER.glob("*.bvh"))
LEFT_OUT = {"wave_right_cm_yup_YXZ_60_xsens.bvh": 1}  # its README: "first frame is the T-pose"


@pytest.mark.usefixtures("shared_dir")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_positions_are_the_expected_ones_in_metres_and_y_up(path):
    expected = np.load(path.with_suffix(".expected.npz"))
    motion = read_motion(path)
    left_out = LEFT_OUT.get(path.name, 0)
    order = [motion.skeleton.names.index(name) for name in expected["joint_names"].tolist()]
    positions = motion.world[0][:, order]
    assert positions.shape == expected["positions"][left_out:].shape
    assert np.abs(positions - expected["positions"][left_out:]).max() < 1e-4
    assert motion.fps == pytest.approx(float(expected["fps"]), abs=1e-3)
    assert motion.source.start_s == pytest.approx(left_out / motion.fps)
    assert motion.warnings == ()


@pytest.mark.usefixtures("shared_dir")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rest_pose_shows_a_person_standing_on_the_floor(path):
    skeleton = read_motion(path).skeleton
    rest, _ = skeleton.rest_pose
    body = find_body(skeleton.parents.tolist(), skeleton.offsets)
    assert body is not None
    assert shows_human(body, rest)
    assert rest[:, 1].min() == pytest.approx(0.0, abs=1e-9)
    head = next(joint for joint, name in enumerate(skeleton.names) if name.lower() == "head")
    assert rest[head, 1] > 1.2


def test_cgspeed_file_is_inches_and_its_t_pose_is_left_out(shared_dir):
    motion = read_motion(shared_dir / "motions/samples/cmu_12_01_cgspeed.bvh")
    assert len(motion) == 524 - 1
    assert motion.source.start_s == pytest.approx(1 / 120)
    assert motion.fps == 120
    assert 0.8 < np.median(motion.root_translation[:, 1]) < 1.0  # a walk: hips 0.9 m up


def test_daz_file_has_its_own_unit_and_takes_a_frame_rate_from_the_user(shared_dir):
    from tmr_engine.formats import ReadOptions

    path = shared_dir / "motions/samples/salsa_61_10_daz_wrong_frametime.bvh"
    motion = read_motion(path)
    parents = motion.skeleton.parents.tolist()
    assert 1.5 < stature(parents, motion.skeleton.offsets) < 1.85
    assert motion.source.start_s > 0  # the T-pose, smeared over the first frames, is left out
    assert len(motion) > 1185
    assert motion.fps == 120
    assert read_motion(path, options=ReadOptions(fps=60)).fps == 60


@pytest.mark.parametrize(
    ("name", "frames"), [("iclone_02_03_hip_offset.bvh", 86), ("iclone_07_01_rootbone_zup.bvh", 157)]
)
def test_iclone_root_bone_is_folded_into_hips_that_are_a_metre_up(shared_dir, name, frames):
    motion = read_motion(shared_dir / "motions/samples" / name)
    assert len(motion) == frames
    assert motion.skeleton.names[0] == "CC_Base_Hip"
    assert 0.9 < np.median(motion.root_translation[:, 1]) < 1.2
    head = motion.world[0][:, motion.skeleton.names.index("CC_Base_Head"), 1]
    assert 1.4 < np.median(head) < 1.8
    rest, _ = motion.skeleton.rest_pose
    assert rest[motion.skeleton.names.index("CC_Base_Head"), 1] > 1.4  # the file's zero pose lies on its back

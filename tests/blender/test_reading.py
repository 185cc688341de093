"""FBX and USD files, read by each background Blender."""

from pathlib import Path

import numpy as np
import pytest

from tests.blender.conftest import HERE
from tmr_engine.blender import BlenderCommand, read_with_blender
from tmr_engine.errors import MotionFileError

pytestmark = pytest.mark.blender


@pytest.fixture
def command(blender):
    return BlenderCommand(str(blender.python), is_module=True)


@pytest.fixture(scope="session")
def exported(run_once, blender):
    files = {kind: str(blender.scratch / f"mover.{kind}") for kind in ("usda", "fbx")}
    return files, run_once(HERE / "scripts" / "export.py", **files)["places"]


def to_y_up(places):
    x, y, z = np.moveaxis(np.asarray(places), -1, 0)
    return np.stack([x, z, -y], axis=-1)


@pytest.mark.parametrize("kind", ["usda", "fbx"])
def test_what_blender_exported_is_read_back_where_it_was(exported, command, kind):
    files, places = exported
    (motion, *_) = read_with_blender(Path(files[kind]), blender=command)
    assert motion.fps == 25.0
    assert len(motion) == 25
    positions = motion.world[0]
    # USD has no room for a dot in a joint's name
    named = {name.replace("_L", ".L").replace("_R", ".R"): j for j, name in enumerate(motion.skeleton.names)}
    assert {"hips", "upper_arm.L", "toe.R"} <= set(named)
    for frame, wanted in places.items():
        for bone, joint in named.items():
            if bone in wanted:
                assert positions[int(frame) - 1, joint] == pytest.approx(to_y_up(wanted[bone]), abs=2e-4), (
                    bone
                )


def test_an_fbx_at_120_frames_a_second_under_a_null_keeps_every_key(shared_dir, command):
    (motion,) = read_with_blender(shared_dir / "motions/samples/cmu_07_01_blender_zup.fbx", blender=command)
    assert motion.fps == 120.0
    assert len(motion) == 317
    assert motion.skeleton.names[0] == "Hips"
    positions = motion.world[0]
    up = positions[:, motion.skeleton.index("Head")] - positions[:, motion.skeleton.index("LeftFoot")]
    assert np.all(up[:, 1] > 0.9 * np.linalg.norm(up, axis=1))  # upright with Y up


def test_an_fbx_in_centimetres_with_pre_rotations_comes_in_metres_and_upright(shared_dir, command):
    (motion,) = read_with_blender(shared_dir / "motions/samples/cmu_85_04_neo_yup.fbx", blender=command)
    assert motion.fps == 30.0
    assert len(motion) == 617
    heights = motion.world[0][..., 1]
    assert -0.05 < heights.min() < 0.05  # the feet touch the floor
    assert 1.4 < heights.max() < 2.0


@pytest.mark.parametrize(
    "junk", ["", "; FBX 7.4.0 project file", "Kaydara FBX Binary  \x00\x1a\x00 cut short"]
)
def test_a_damaged_fbx_is_refused_in_one_sentence(tmp_path, junk, one_blender):
    path = tmp_path / "damaged.fbx"
    path.write_text(junk, encoding="utf-8")
    with pytest.raises(MotionFileError, match="cannot read it"):
        read_with_blender(path, blender=BlenderCommand(str(one_blender.python), is_module=True))

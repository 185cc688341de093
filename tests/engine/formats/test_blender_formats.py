"""FBX and USD go to a background Blender; what comes back is treated as any motion."""

from dataclasses import replace

import numpy as np
import pytest

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import blender, can_read, read_motion, read_motions

from .made import bvh_text, moving_rows, person


@pytest.fixture
def by_blender(tmp_path, monkeypatch):
    """Has the reader meet a Blender that answers with the given motions."""
    path = tmp_path / "clip.fbx"
    path.write_bytes(b"Kaydara FBX Binary  \x00")

    def answer(motions):
        monkeypatch.setattr(blender, "read_with_blender", lambda _path: motions)
        return path

    return answer


def motion_of(tmp_path, scale=1.0, rows=None):
    path = tmp_path / "source.bvh"
    path.write_text(bvh_text(person(), moving_rows(person(), 40) if rows is None else rows))
    motion = read_motion(path)
    skeleton = replace(motion.skeleton, offsets=motion.skeleton.offsets * scale)
    return replace(motion, skeleton=skeleton, root_translation=motion.root_translation * scale)


@pytest.mark.parametrize("suffix", [".fbx", ".FBX", ".usd", ".usda", ".usdc"])
def test_suffix_is_known(suffix):
    assert can_read("clip" + suffix)


def test_believable_body_keeps_the_importers_metres(by_blender, tmp_path):
    motion = motion_of(tmp_path, 0.8)
    found = read_motions(by_blender([motion]))[0]
    np.testing.assert_allclose(found.world[0], motion.world[0])
    assert found.source.path.endswith("clip.fbx")


def test_giant_is_brought_to_metres_by_its_unit(by_blender, tmp_path):
    motion = motion_of(tmp_path, 0.45 / 0.0254)
    found = read_motions(by_blender([motion]))[0]
    np.testing.assert_allclose(found.world[0], motion.world[0] * 0.0254 / 0.45, atol=1e-9)


def test_rest_pose_that_is_a_crouched_frame_is_replaced(by_blender, tmp_path):
    rows = moving_rows(person(), 40, degrees=10)
    motion = motion_of(tmp_path, rows=rows)
    crouched = motion.rotations[0].copy()
    for name in ("LeftLeg", "RightLeg", "LeftForeArm", "RightForeArm"):
        crouched[motion.skeleton.names.index(name)] = [np.cos(0.9), np.sin(0.9), 0, 0]
    motion = replace(motion, skeleton=replace(motion.skeleton, rest_rotations=crouched))
    found = read_motions(by_blender([motion]))[0]
    knee = [
        found.skeleton.rest_pose[0][found.skeleton.names.index(f"Left{n}")] for n in ("UpLeg", "Leg", "Foot")
    ]
    thigh, shin = knee[1] - knee[0], knee[2] - knee[1]
    assert thigh @ shin / np.linalg.norm(thigh) / np.linalg.norm(shin) > 0.9


def test_blenders_refusal_names_the_file_once(tmp_path, monkeypatch):
    path = tmp_path / "clip.usda"
    path.write_text("#usda 1.0")

    def refuse(asked):
        raise MotionFileError("there is no skeleton in it", where=str(asked))

    monkeypatch.setattr(blender, "read_with_blender", refuse)
    with pytest.raises(MotionFileError) as caught:
        read_motions(path)
    assert str(caught.value) == f"{path}: there is no skeleton in it."


@pytest.mark.blender
@pytest.mark.parametrize(
    ("name", "keys", "fps"), [("cmu_07_01_blender_zup.fbx", 317, 120), ("cmu_85_04_neo_yup.fbx", 617, 30)]
)
def test_fbx_sample_stands_upright_in_metres(shared_dir, name, keys, fps):
    motion = read_motion(shared_dir / "motions/samples" / name)
    assert motion.fps == fps
    assert keys - 1 <= len(motion) <= keys
    head = motion.world[0][..., 1].max(axis=1)
    assert 1.4 < head.max() < 2.0  # one walks, the other comes up from the floor for a moment
    assert -0.1 < np.median(motion.world[0][..., 1].min(axis=1)) < 0.2

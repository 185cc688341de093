"""AMASS and SMPL poses, against closed forms and, with a made body model, against smplx itself."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import ReadOptions, read_motion
from tmr_engine.formats.smpl_body import neutral_skeleton


def save(tmp_path, **arrays):
    path = tmp_path / "take.npz"
    np.savez(path, **arrays)
    return path


def standing_poses(frames: int, width: int = 156) -> np.ndarray:
    """Poses of a body that stands upright in a Z-up world, as AMASS has it."""
    poses = np.zeros((frames, width))
    poses[:, 0] = np.pi / 2
    return poses


def test_z_up_world_of_amass_comes_out_y_up(tmp_path):
    trans = np.stack([np.zeros(5), -np.linspace(0, 1, 5), np.full(5, 0.96)], axis=-1)
    motion = read_motion(save(tmp_path, poses=standing_poses(5), trans=trans, mocap_framerate=120.0))
    assert motion.fps == 120
    assert len(motion.skeleton) == 52
    np.testing.assert_allclose(
        motion.root_translation, np.stack([trans[:, 0], trans[:, 2], -trans[:, 1]], axis=-1), atol=1e-12
    )
    head = motion.world[0][:, motion.skeleton.names.index("head")] - motion.root_translation
    assert (head[:, 1] > 0.5).all()
    assert (
        motion.world[0][:, motion.skeleton.names.index("left_foot"), 2] > motion.root_translation[:, 2]
    ).all()


def test_y_up_world_of_other_tools_stays_y_up(tmp_path):
    trans = np.tile([0.0, 0.96, 0.0], (4, 1))
    motion = read_motion(save(tmp_path, poses=np.zeros((4, 165)), trans=trans, mocap_frame_rate=30))
    np.testing.assert_allclose(motion.root_translation, trans)
    assert len(motion.skeleton) == 55


def test_sample_walks_upright_on_the_floor(shared_dir):
    motion = read_motion(shared_dir / "motions/walk_amass_like_60fps.npz")
    assert (len(motion), motion.fps) == (120, 60)
    positions = motion.world[0]
    assert np.abs(positions[..., 1].min(axis=1)).max() < 0.15
    assert 1.4 < np.median(positions[..., 1].max(axis=1)) < 1.8


@pytest.mark.parametrize(("width", "joints"), [(72, 24), (156, 52), (165, 55)])
def test_neutral_skeleton_is_an_adult_in_a_t_pose(width, joints):
    skeleton = neutral_skeleton(width)
    rest, _ = skeleton.rest_pose
    at = {name: rest[joint] for joint, name in enumerate(skeleton.names)}
    assert len(skeleton) == joints
    assert 1.4 < at["head"][1] < 1.65
    assert rest[:, 1].min() == pytest.approx(0.0, abs=1e-12)
    assert at["left_wrist"][0] > 0.6
    assert at["left_wrist"][1] == pytest.approx(at["left_shoulder"][1])
    assert at["left_foot"][2] > at["left_ankle"][2]
    for name, place in at.items():
        if name.startswith("left_"):
            np.testing.assert_allclose(at[name.replace("left_", "right_")], place * [-1, 1, 1], atol=1e-12)


def test_poses_in_parts_are_put_together(tmp_path):
    rng = np.random.default_rng(1)
    poses = rng.normal(size=(3, 165)) * 0.1
    trans = np.zeros((3, 3))
    whole = read_motion(save(tmp_path, poses=poses, trans=trans, fps=30), options=ReadOptions(up="Y"))
    parts = {"root_orient": poses[:, :3], "pose_body": poses[:, 3:66], "pose_jaw": poses[:, 66:69]}
    parts |= {"pose_eye": poses[:, 69:75], "pose_hand": poses[:, 75:]}
    apart = read_motion(save(tmp_path, trans=trans, fps=30, **parts), options=ReadOptions(up="Y"))
    np.testing.assert_allclose(apart.rotations, whole.rotations)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"poses": np.zeros((4, 155))}, "a frame has one of 72, 156, 165 numbers"),
        ({"poses": np.zeros((0, 156)), "trans": np.zeros((0, 3))}, "no frame"),
        ({"trans": np.zeros((3, 3))}, "4 poses need"),
        ({"poses": np.full((4, 156), np.nan)}, "not finite"),
        ({"poses": np.full((4, 156), "a")}, "not real numbers"),
        ({"poses": np.zeros((4, 156), complex)}, "not real numbers"),
        ({"poses": np.array([{"a": 1}], dtype=object)}, "pickled Python objects"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path, changes, message):
    arrays = {"poses": standing_poses(4), "trans": np.zeros((4, 3)), "mocap_framerate": 60.0} | changes
    with pytest.raises(MotionFileError, match=message):
        read_motion(save(tmp_path, **arrays))


def test_missing_frame_rate_is_told(tmp_path):
    motion = read_motion(save(tmp_path, poses=standing_poses(4), trans=np.zeros((4, 3))))
    assert motion.fps == 30
    assert "no frame rate" in motion.warnings[0]


def test_archive_that_unpacks_to_far_more_than_it_holds_is_refused(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, poses=np.zeros((200_000, 156)), trans=np.zeros((200_000, 3)))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(MotionFileError, match="times its size"):
        read_motion(path)


def made_model(folder, joints: int = 52, vertices: int = 60) -> dict[str, np.ndarray]:
    """A body model of random numbers in SMPL-H's own layout; nobody's body."""
    rng = np.random.default_rng(7)
    template = neutral_skeleton(156)
    weights = rng.random((joints, vertices))
    arrays = {
        "v_template": rng.normal(size=(vertices, 3)),
        "shapedirs": rng.normal(size=(vertices, 3, 16)) * 0.1,
        "posedirs": np.zeros((vertices, 3, 9 * (joints - 1)), np.float16),
        "J_regressor": weights / weights.sum(axis=1, keepdims=True),
        "weights": (rng.random((vertices, joints)) == 0).astype(float) + 1.0 / joints,
        "kintree_table": np.stack([template.parents, np.arange(joints)]),
        "f": np.zeros((1, 3), dtype=np.int64),
        "hands_meanl": np.zeros(45),
        "hands_meanr": np.zeros(45),
        "hands_componentsl": np.eye(45),
        "hands_componentsr": np.eye(45),
    }
    (folder / "smplh").mkdir(parents=True)
    np.savez(folder / "smplh" / "SMPLH_FEMALE.npz", **arrays)
    return arrays


def test_joints_of_a_body_model_are_its_regressor_on_the_shaped_template(tmp_path):
    arrays = made_model(tmp_path / "models")
    betas = np.linspace(-1, 1, 16)
    path = save(
        tmp_path,
        poses=np.zeros((2, 156)),
        trans=np.array([[0, 0, 0], [1, 2, 3]], dtype=float),
        betas=betas,
        gender=np.array(b"female"),
        mocap_framerate=60.0,
    )
    motion = read_motion(path, options=ReadOptions(body_models=tmp_path / "models", up="Y"))
    joints = arrays["J_regressor"] @ (arrays["v_template"] + arrays["shapedirs"] @ betas)
    np.testing.assert_allclose(motion.world[0][0], joints, atol=1e-9)
    np.testing.assert_allclose(motion.world[0][1], joints + [1, 2, 3], atol=1e-9)


@pytest.mark.torch
def test_posed_joints_are_those_of_smplx(tmp_path):
    torch, smplx = pytest.importorskip("torch"), pytest.importorskip("smplx")
    made_model(tmp_path / "models", vertices=6890)  # smplx picks landmarks by their index in SMPL's mesh
    rng = np.random.default_rng(2)
    poses, trans, betas = rng.normal(size=(6, 156)) * 0.4, rng.normal(size=(6, 3)), rng.normal(size=10)
    path = save(tmp_path, poses=poses, trans=trans, betas=betas, gender="female", mocap_framerate=60.0)
    motion = read_motion(path, options=ReadOptions(body_models=tmp_path / "models", up="Y"))
    model = smplx.create(
        tmp_path / "models", "smplh", gender="female", ext="npz", use_pca=False, flat_hand_mean=True,
        num_betas=10, batch_size=6, dtype=torch.float64,
    )  # fmt: skip
    as_tensor = torch.tensor
    posed = model(
        betas=as_tensor(np.tile(betas, (6, 1))),
        global_orient=as_tensor(poses[:, :3]),
        body_pose=as_tensor(poses[:, 3:66]),
        left_hand_pose=as_tensor(poses[:, 66:111]),
        right_hand_pose=as_tensor(poses[:, 111:]),
        transl=as_tensor(trans),
    )
    np.testing.assert_allclose(motion.world[0], posed.joints[:, :52].detach().numpy(), atol=1e-6)


def test_missing_body_model_names_what_was_looked_for(tmp_path):
    path = save(tmp_path, poses=standing_poses(2), trans=np.zeros((2, 3)), fps=30, gender="male")
    with pytest.raises(MotionFileError, match=r"no male SMPL-H model.*SMPLH_MALE\.npz"):
        read_motion(path, options=ReadOptions(body_models=tmp_path))


def test_rotations_are_the_exponential_of_the_poses(tmp_path):
    poses = np.random.default_rng(4).normal(size=(5, 72))
    motion = read_motion(
        save(tmp_path, poses=poses, trans=np.zeros((5, 3)), fps=30), options=ReadOptions(up="Y")
    )
    expected = Rotation.from_rotvec(poses.reshape(-1, 3))
    found = Rotation.from_quat(motion.rotations.reshape(-1, 4)[:, [1, 2, 3, 0]])
    assert (expected.inv() * found).magnitude().max() < 1e-9

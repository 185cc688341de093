"""HumanML3D arrays: positions come back, and the fitted rotations turn the way a body does."""

import numpy as np
import pytest

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import ReadOptions, read_motion
from tmr_engine.formats.fitting import fit_rotations
from tmr_engine.formats.smpl_body import neutral_skeleton
from tmr_engine.motion import rotation
from tmr_engine.motion.skeleton import forward_kinematics


def posed(angles: dict[str, np.ndarray], frames: int, yaw: np.ndarray | None = None):
    """Positions and world rotations of the neutral body, some joints turned by rotation vectors (T, 3)."""
    skeleton = neutral_skeleton()
    local = rotation.identity(frames, len(skeleton))
    for name, vectors in angles.items():
        local[:, skeleton.names.index(name)] = rotation.from_axis_angle(np.asarray(vectors, dtype=float))
    if yaw is not None:
        local[:, 0] = rotation.about_axis("Y", yaw)
    root = np.tile([0.0, 0.95, 0.0], (frames, 1))
    return skeleton, *forward_kinematics(skeleton, root, local)


def around(axis: str, degrees: np.ndarray) -> np.ndarray:
    vectors = np.zeros((len(degrees), 3))
    vectors[:, "XYZ".index(axis)] = np.radians(degrees)
    return vectors


def test_positions_of_a_sample_come_back(shared_dir):
    path = shared_dir / "motions/walk_joints22_20fps.npy"
    motion = read_motion(path)
    assert motion.fps == 20
    np.testing.assert_allclose(motion.world[0], np.load(path), atol=1e-4)


def test_files_rotations_do_not_jump(shared_dir):
    motion = read_motion(shared_dir / "motions/walk_joints22_20fps.npy")
    steps = rotation.angle_between(motion.rotations[1:], motion.rotations[:-1])
    assert np.degrees(steps.max()) < 15  # a walk at 20 fps: the knee is the fastest


def test_rest_pose_is_the_t_pose_whatever_the_clip_does():
    bends = {"left_shoulder": around("Z", np.full(8, -70.0)), "right_shoulder": around("Z", np.full(8, 70.0))}
    skeleton, positions, _ = posed(bends, 8, yaw=np.linspace(0, 3, 8))
    rest, _ = fit_rotations(neutral_skeleton(), positions, 20.0).skeleton.rest_pose
    expected, _ = skeleton.rest_pose
    np.testing.assert_allclose(rest, expected, atol=0.02)


def test_turning_on_the_spot_is_a_turn_of_the_root_alone():
    yaw = np.linspace(0, 2 * np.pi, 30)
    _, positions, _ = posed({}, 30, yaw)
    motion = fit_rotations(neutral_skeleton(), positions, 20.0)
    assert rotation.angle_between(motion.rotations[:, 0], rotation.about_axis("Y", yaw)).max() < 1e-6
    rest = motion.rotations[:, 1:]
    assert rotation.angle_between(rest, rotation.identity(*rest.shape[:2])).max() < 1e-5


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("twist", [-60.0, 0.0, 50.0])
def test_bent_elbow_tells_the_twist_of_the_upper_arm(side, twist):
    frames = 6
    sign = 1.0 if side == "left" else -1.0
    bend = np.full(frames, -70.0 * sign)  # forward
    angles = {f"{side}_shoulder": around("X", np.full(frames, twist)), f"{side}_elbow": around("Y", bend)}
    skeleton, positions, world = posed(angles, frames)
    motion = fit_rotations(neutral_skeleton(), positions, 20.0)
    for name in (f"{side}_shoulder", f"{side}_elbow"):
        joint = skeleton.names.index(name)
        assert np.degrees(rotation.angle_between(motion.world[1][:, joint], world[:, joint]).max()) < 6


def test_bent_knee_tells_the_twist_of_the_thigh():
    frames = 6
    angles = {"left_hip": around("Y", np.full(frames, 30.0)), "left_knee": around("X", np.full(frames, 60.0))}
    skeleton, positions, world = posed(angles, frames)
    motion = fit_rotations(neutral_skeleton(), positions, 20.0)
    for name in ("left_hip", "left_knee"):
        joint = skeleton.names.index(name)
        assert np.degrees(rotation.angle_between(motion.world[1][:, joint], world[:, joint]).max()) < 6


def test_arm_that_straightens_out_does_not_flip():
    bend = np.concatenate([np.linspace(-60, 0, 40), np.linspace(0, -60, 40)])
    _, positions, _ = posed({"left_elbow": around("Y", bend), "left_shoulder": around("Z", bend)}, 80)
    noise = np.random.default_rng(0).normal(scale=0.001, size=positions.shape)
    motion = fit_rotations(neutral_skeleton(), positions + noise, 20.0)
    steps = rotation.angle_between(motion.rotations[1:], motion.rotations[:-1])
    shoulder = motion.skeleton.names.index("left_shoulder")
    assert np.degrees(steps[:, shoulder : shoulder + 1].max()) < 20


def test_features_give_the_positions_that_they_were_made_of(tmp_path):
    from tmr_engine.features import features_to_joints

    features = np.zeros((10, 263))
    rest, _ = neutral_skeleton().rest_pose
    features[:, 2] = 0.05  # metres a frame along +Z
    features[:, 3] = rest[0, 1]
    features[:, 4:67] = (rest[1:] - [0, 0, 0]).reshape(-1)
    np.save(tmp_path / "vecs.npy", features)
    motion = read_motion(tmp_path / "vecs.npy")
    walked = np.array([[0, 0, 0.05 * frame] for frame in range(10)])
    np.testing.assert_allclose(motion.world[0], rest + walked[:, None], atol=1e-4)
    np.testing.assert_allclose(features_to_joints(features), motion.world[0], atol=1e-4)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((5, 21, 3)), r"\(5, 21, 3\)"),
        (np.zeros((5, 262)), "263"),
        (np.zeros((5, 22, 3)), "0 m large"),
        (np.random.default_rng(0).normal(size=(5, 22, 3)) * 1000, "not in metres"),
        (np.full((5, 22, 3), np.nan), "not finite"),
        (np.zeros((0, 22, 3)), "no frame"),
        (np.array(3.0), r"\(\)"),
    ],
)
def test_other_arrays_are_refused(tmp_path, array, message):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(MotionFileError, match=message):
        read_motion(tmp_path / "a.npy")


def test_header_that_claims_terabytes_is_refused_before_they_are_asked_for(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((5, 22, 3)))
    content = (tmp_path / "a.npy").read_bytes().replace(b"(5, 22, 3), }      ", b"(5000000000, 22, 3)")
    content = content.replace(b"22, 3)  ", b"22, 3)} ")
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(MotionFileError, match="header"):
        read_motion(tmp_path / "a.npy")


def test_positions_in_another_unit_are_read_with_the_users_unit(tmp_path):
    rest, _ = neutral_skeleton().rest_pose
    np.save(tmp_path / "a.npy", np.tile(rest * 100, (4, 1, 1)))
    motion = read_motion(tmp_path / "a.npy", options=ReadOptions(unit_m=0.01))
    np.testing.assert_allclose(motion.world[0][0], rest, atol=1e-6)

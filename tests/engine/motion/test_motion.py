"""Skeletons, forward kinematics, cutting and resampling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from tmr_engine.errors import MotionFileError
from tmr_engine.motion import Motion, Skeleton, Source, rotation
from tmr_engine.motion.arrays import arrays_from_motion, motion_from_arrays
from tmr_engine.motion.resample import resample, sample_times

PARENTS = [-1, 0, 1, 1, 0, 4]


def made(frames: int = 31, fps: float = 30.0) -> Motion:
    """A smooth motion of six joints: each turns about its own axis, the root goes along a line."""
    random = np.random.default_rng(1)
    names = tuple(f"joint{number}" for number in range(len(PARENTS)))
    offsets, axes = random.normal(size=(2, len(PARENTS), 3))
    skeleton = Skeleton(names, np.array(PARENTS), offsets, rotation.identity(len(PARENTS)))
    time = np.arange(frames) / fps
    turns = rotation.from_axis_angle(time[:, None, None] * axes)
    root = np.array([0.0, 1.0, 0.0]) + time[:, None] * [0.5, 0.0, 1.5]
    return Motion(skeleton, root, turns, fps, Source("walk.bvh", "a take", 2.0, 2.0 + time[-1]), ("odd",))


def test_world_places_are_products_of_matrices_down_the_tree():
    motion = made()
    positions, rotations = motion.world
    turns = np.roll(motion.rotations, -1, axis=-1)
    for frame in (0, 7, 30):
        matrices: list[np.ndarray] = []
        for joint, parent in enumerate(PARENTS):
            local = np.eye(4)
            local[:3, :3] = Rotation.from_quat(turns[frame, joint]).as_matrix()
            local[:3, 3] = motion.skeleton.offsets[joint] if joint else motion.root_translation[frame]
            matrices.append(local if parent < 0 else matrices[parent] @ local)
        expected = np.stack(matrices)
        np.testing.assert_allclose(positions[frame], expected[:, :3, 3], atol=1e-12)
        found = Rotation.from_quat(np.roll(rotations[frame], -1, axis=-1)).as_matrix()
        np.testing.assert_allclose(found, expected[:, :3, :3], atol=1e-12)


def test_the_rest_pose_stands_at_the_root_offset():
    skeleton = made().skeleton
    positions, _ = skeleton.rest_pose
    for joint, parent in enumerate(PARENTS):
        above = positions[parent] if parent >= 0 else 0.0
        np.testing.assert_allclose(positions[joint], above + skeleton.offsets[joint], atol=1e-12)


def test_children_and_levels_follow_the_parents():
    skeleton = made().skeleton
    assert skeleton.children == ((1, 4), (2, 3), (), (), (5,), ())
    assert [level.tolist() for level in skeleton.levels] == [[0], [1, 4], [2, 3, 5]]


@pytest.mark.parametrize(
    ("names", "parents", "message"),
    [
        ((), [], "no joint"),
        (("a", "b"), [-1], "do not fit"),
        (("a", "b"), [-1, -1], "exactly one root"),
        (("a", "b"), [0, 0], "exactly one root"),
        (("a", "b"), [-1, 1], "before its parent"),
        (("a", "a"), [-1, 0], "same name"),
    ],
)
def test_a_skeleton_that_cannot_be_is_refused(names: tuple[str, ...], parents: list[int], message: str):
    count = len(parents)
    with pytest.raises(MotionFileError, match=message):
        Skeleton(names, np.array(parents, int), np.zeros((count, 3)), rotation.identity(count))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"root_translation": np.zeros((0, 3)), "rotations": rotation.identity(0, 6)}, "no frame"),
        ({"root_translation": np.zeros((31, 2))}, "root translation"),
        ({"rotations": rotation.identity(31, 5)}, "rotations are"),
        ({"root_translation": np.full((31, 3), np.nan)}, "not finite"),
        ({"rotations": np.full((31, 6, 4), np.inf)}, "not finite"),
        ({"fps": 0.0}, "not a frame rate"),
        ({"fps": float("nan")}, "not a frame rate"),
    ],
)
def test_a_motion_that_cannot_be_is_refused(changes: dict, message: str):
    motion = made()
    parts = {
        "skeleton": motion.skeleton,
        "root_translation": motion.root_translation,
        "rotations": motion.rotations,
        "fps": 30.0,
    }
    with pytest.raises(MotionFileError, match=message):
        Motion(**(parts | changes))


def test_a_cut_keeps_both_ends_and_the_times_of_the_file():
    motion = made()
    part = motion.cut(0.2, 0.5)
    np.testing.assert_array_equal(part.root_translation, motion.root_translation[6:16])
    np.testing.assert_array_equal(part.rotations, motion.rotations[6:16])
    assert (part.source.start_s, part.source.end_s) == pytest.approx((2.2, 2.5))
    assert part.duration_s == pytest.approx(0.3)
    assert (part.source.path, part.source.take) == ("walk.bvh", "a take")


@pytest.mark.parametrize(("start", "end", "frames"), [(-5, 50, 31), (0.5, 0.1, 1), (9, 12, 1), (0, 0, 1)])
def test_a_cut_beyond_the_ends_is_clamped(start: float, end: float, frames: int):
    assert len(made().cut(start, end)) == frames


@pytest.mark.parametrize("fps", [24.0, 23.976, 60.0, 120.0, 7.0])
def test_resampling_reads_the_motion_at_the_times_of_the_new_frames(fps: float):
    motion = made()
    result = resample(motion, fps)
    times = np.arange(len(result)) / fps
    assert times[-1] <= motion.duration_s + 1e-9 < times[-1] + 1 / fps + 1e-9
    np.testing.assert_allclose(
        result.root_translation, [0.0, 1.0, 0.0] + times[:, None] * [0.5, 0.0, 1.5], atol=1e-12
    )
    for joint in range(len(PARENTS)):
        keys = Rotation.from_quat(np.roll(motion.rotations[:, joint], -1, axis=-1))
        theirs = Slerp(np.arange(len(motion)) / motion.fps, keys)(np.minimum(times, motion.duration_s))
        ours = Rotation.from_quat(np.roll(result.rotations[:, joint], -1, axis=-1))
        np.testing.assert_allclose((ours * theirs.inv()).magnitude(), 0.0, atol=1e-7)


def test_resampling_to_the_same_rate_changes_nothing():
    motion = made()
    assert resample(motion, 30.0) is motion


@pytest.mark.parametrize(
    ("duration", "fps", "frames"),
    [(2.0, 30, 61), (0.0, 30, 1), (1 / 3, 120, 41), (0.99, 10, 10), (1, 24, 25)],
)
def test_the_last_frame_is_kept_where_it_falls_on_the_end(duration: float, fps: float, frames: int):
    assert len(sample_times(duration, fps)) == frames


def test_a_motion_survives_as_arrays():
    motion = made()
    back = motion_from_arrays(arrays_from_motion(motion))
    assert (back.source, back.warnings, back.fps) == (motion.source, motion.warnings, motion.fps)
    assert back.skeleton.names == motion.skeleton.names
    np.testing.assert_array_equal(back.world[0], motion.world[0])


@pytest.mark.parametrize("name", ["names", "parents", "rotations", "fps", "range_s", "warnings"])
def test_arrays_without_one_of_them_are_refused(name: str):
    arrays = arrays_from_motion(made())
    del arrays[name]
    with pytest.raises(MotionFileError, match=f"array '{name}' of a motion is missing"):
        motion_from_arrays(arrays)

"""Clips as bare arrays, and any skeleton as the 22 joints of the features."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tmr_engine.canonical import smpl_joints
from tmr_engine.datasets import load_dataset
from tmr_engine.datasets.clip_arrays import ClipArrays
from tmr_engine.errors import MotionFileError
from tmr_engine.features import HUMANML3D
from tmr_engine.formats import ReadOptions, read_motion
from tmr_engine.motion.resample import resample


def by_matrices(arrays: dict[str, np.ndarray], parents: list[int]) -> np.ndarray:
    """World positions (T, J, 3), a joint and a frame at a time, with rotation matrices."""
    quats = arrays["quat"].astype(np.float64)
    quats /= np.linalg.norm(quats, axis=-1, keepdims=True)
    frames, count = quats.shape[:2]
    turns, places = np.empty((frames, count, 3, 3)), np.empty((frames, count, 3))
    for j, p in enumerate(parents):
        x, y, z, w = np.moveaxis(quats[:, j], -1, 0)
        local = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
            ]
        ).transpose(2, 0, 1)
        turns[:, j] = local if p < 0 else turns[:, p] @ local
        places[:, j] = arrays["root"] if p < 0 else places[:, p] + turns[:, p] @ arrays["offsets"][j]
    return places


@pytest.mark.parametrize("clip", ["cmu_02_01", "hdm05", "kaykit", "deepmimic", "mesh2motion"])
def test_clips_of_the_reference_material_stand_where_their_arrays_say(shared_dir: Path, clip: str) -> None:
    data = shared_dir / "data"
    path = next(path for path in sorted((data / "clips").iterdir()) if path.name.startswith(clip))
    with np.load(path) as file:
        arrays = dict(file)
    parents = json.loads((data / "skeletons.json").read_text())[str(arrays["skeleton"])]["parents"]
    motion = ClipArrays(data / "skeletons.json").read(path, "", ReadOptions())
    np.testing.assert_allclose(motion.world[0], by_matrices(arrays, parents), atol=1e-6)
    assert motion.fps == float(arrays["fps"])


def test_the_reference_set_has_its_stated_splits(shared_dir: Path) -> None:
    everything = (0.0, math.inf)
    counts = [
        len(load_dataset(shared_dir / "data", split, limits=everything)) for split in ("train", "val", "test")
    ]
    assert counts == [412, 33, 99]


def test_knees_ankles_and_elbows_of_every_clip_are_the_joints_that_people_named(shared_dir: Path) -> None:
    """Clips in which nobody ever stands too: lying, crawling, swimming."""
    data = shared_dir / "data"
    skeletons = json.loads((data / "skeletons.json").read_text())
    reader = ClipArrays(data / "skeletons.json")
    limbs = [4, 5, 7, 8, 18, 19]
    for path in sorted((data / "clips").iterdir()):
        with np.load(path) as file:
            table = skeletons[str(file["skeleton"])]
        motion = reader.read(path, "", ReadOptions())
        named = [table["joints"].index(table["smpl22"][limb]) for limb in limbs]
        found = smpl_joints(motion)[:, limbs]
        np.testing.assert_allclose(found, motion.world[0][:, named], atol=1e-6, err_msg=path.stem)


def made(folder: Path, **changes: np.ndarray) -> Path:
    (folder / "skeletons.json").write_text(json.dumps({"two": {"joints": ["a", "b"], "parents": [-1, 0]}}))
    quats = np.zeros((3, 2, 4), np.int16)
    quats[..., 3] = 32767
    arrays = {
        "quat": quats,
        "root": np.zeros((3, 3), np.float32),
        "offsets": np.array([[0, 0, 0], [0, 1, 0]], np.float32),
        "fps": np.float64(60),
        "skeleton": np.array("two"),
    }
    np.savez(
        folder / "clip.npz", **{key: value for key, value in (arrays | changes).items() if value is not None}
    )
    return folder / "clip.npz"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quat": None}, "no quat"),
        ({"quat": np.zeros((3, 3, 4), np.int16)}, "2 joints"),
        ({"skeleton": np.array("three")}, "three"),
        ({"root": np.zeros((2, 3))}, "rotations"),
        ({"root": np.full((3, 3), np.nan)}, "not finite"),
        ({"fps": np.float64(0)}, "frame"),
        ({"offsets": np.zeros((2, 2))}, "offsets"),
        ({"offsets": np.array([{}], dtype=object)}, "pickled"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, changes: dict, words: str) -> None:
    path = made(tmp_path, **changes)
    with pytest.raises(MotionFileError, match=words):
        ClipArrays(tmp_path / "skeletons.json").read(path, "", ReadOptions())


@pytest.mark.parametrize(
    "name", ["walk_cm_yup_ZXY_30.bvh", "walk_m_zup_YXZ_23976.bvh", "walk_inch_yup_ZYX_120.bvh"]
)
def test_one_walk_in_several_conventions_has_the_same_joints(shared_dir: Path, name: str) -> None:
    """The files show one walk on skeletons of other names, spines, units, axes and rates."""
    reference = read_motion(shared_dir / "motions" / "walk_m_yup_XYZ_60.bvh")
    wanted = smpl_joints(resample(reference, 20.0))
    found = smpl_joints(resample(read_motion(shared_dir / "motions" / name), 20.0))
    frames = min(len(wanted), len(found))
    relative = [joints[:frames] - joints[:frames, :1] for joints in (found, wanted)]
    apart = np.abs(relative[0] - relative[1]).max(axis=(0, 2))
    toes = [10, 11]
    assert np.delete(apart, toes).max() < 0.02
    assert apart[toes].max() < 0.04  # one of the files ends at the ankles, so its toes are guessed


def test_joints_of_every_demo_skeleton_make_a_body() -> None:
    """Limbs keep their length and toes point ahead, on skeletons without toes or clavicles too."""
    dataset = load_dataset("demo", "test")
    folders = {item.motion.path: item for item in dataset.items}
    assert len(folders) == 3
    for item in folders.values():
        joints = smpl_joints(read_motion(item.motion.path, item.motion.take))
        lengths = np.linalg.norm(joints[:, 1:] - joints[:, HUMANML3D.parents[1:]], axis=-1)
        limbs = [place - 1 for place in (4, 5, 7, 8, 10, 11, 18, 19, 20, 21)]
        assert np.ptp(lengths[:, limbs], axis=0).max() < 1e-3
        assert lengths.max() < 1.0
        first = joints[0]
        across = first[1] - first[2] + first[16] - first[17]
        ahead = np.cross(across, [0.0, 1.0, 0.0])
        toes = first[10] - first[7] + first[11] - first[8]
        assert toes @ ahead > 0

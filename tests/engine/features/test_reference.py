"""Features against arrays that the authors' own code made (tolerances: ../shared/reference/README.md)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tmr_engine.features import (
    HUMANML3D,
    canonical_joints,
    features_to_joints,
    features_to_joints_by_rotation,
    joints_to_features,
    kit_skeleton,
    mirror_joints,
    uniform_joints,
)

CLIPS = [
    "walk_line", "walk_circle", "spin", "jump", "lie_down_roll", "cartwheel", "random_smooth", "still",
    "short_T2", "short_T3", "short_T4", "short_T5", "backwards_float32", "real_012314",
]  # fmt: skip
TOLERANCES = {(0, 1): 5e-5, (1, 3): 2e-5, (3, 4): 1e-5, (4, 67): 1e-4, (193, 259): 2e-5}


@pytest.fixture(params=CLIPS)
def clip(request: pytest.FixtureRequest, shared_dir: Path) -> dict[str, np.ndarray]:
    with np.load(shared_dir / "reference" / "features" / f"{request.param}.npz") as arrays:
        return dict(arrays)


def assert_alike(ours: np.ndarray, wanted: np.ndarray) -> None:
    """Block by block, within the reference's tolerances."""
    assert ours.shape == wanted.shape
    for (start, end), tolerance in TOLERANCES.items():
        block = slice(start, end)
        np.testing.assert_allclose(ours[:, block], wanted[:, block], atol=tolerance, rtol=0)
    rotations = np.abs(ours[:, 67:193] - wanted[:, 67:193])
    assert rotations.max() < 1e-3
    assert np.quantile(rotations, 0.99) < 3e-5
    np.testing.assert_array_equal(ours[:, 259:], wanted[:, 259:])


def test_features_equal_the_authors_block_by_block(clip: dict[str, np.ndarray]) -> None:
    # three frames: the published code crosses over time by mistake
    wanted = clip.get("features_cross_last_dim", clip["features"])
    assert_alike(joints_to_features(clip["joints"]), wanted)


def test_skeleton_and_place_equal_the_authors(clip: dict[str, np.ndarray]) -> None:
    if len(clip["joints"]) == 3:
        pytest.skip("the published arrays of the three-frame clip carry the cross product over time")
    uniform = uniform_joints(clip["joints"])
    np.testing.assert_allclose(uniform, clip["uniform"], atol=2e-5, rtol=0)
    np.testing.assert_allclose(canonical_joints(uniform), clip["canonical"], atol=2e-5, rtol=0)


def test_both_recoveries_equal_the_authors(clip: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(features_to_joints(clip["features"]), clip["ric"], atol=1e-4, rtol=0)
    np.testing.assert_allclose(
        features_to_joints_by_rotation(clip["features"]), clip["rot"], atol=1e-4, rtol=0
    )


def test_mirrored_joints_and_their_features_equal_the_authors(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "features" / "walk_circle.npz") as arrays:
        mirrored = mirror_joints(arrays["joints"])
        np.testing.assert_allclose(mirrored, arrays["mirrored_joints"], atol=1e-7, rtol=0)
        assert_alike(joints_to_features(mirrored), arrays["mirrored_features"])


def test_a_clip_that_begins_facing_backwards_stays_upright_where_the_authors_break(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "features" / "facing_minus_z.npz") as arrays:
        features = joints_to_features(arrays["joints"])
        heights = features_to_joints(features)[..., 1]
        above_the_floor = arrays["joints"][:-1, :, 1] - arrays["joints"][..., 1].min()
    assert features.shape == (5, 263)
    # the source is the reference skeleton itself, so that heights are those of its joints
    np.testing.assert_allclose(heights, above_the_floor, atol=1e-4)


def test_recovery_of_the_released_file_equals_the_authors(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "features" / "real_012314.npz") as arrays:
        recovered = features_to_joints(arrays["released_features"])
        by_rotation = features_to_joints_by_rotation(arrays["released_features"])
        np.testing.assert_allclose(recovered, arrays["released_ric"], atol=1e-4, rtol=0)
        np.testing.assert_allclose(by_rotation, arrays["released_rot"], atol=1e-4, rtol=0)


def test_reference_skeleton_equals_the_published_one(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "features" / "stats.npz") as arrays:
        np.testing.assert_allclose(HUMANML3D.offsets, arrays["target_offsets"], atol=1e-7, rtol=0)
        pose = arrays["skeleton_example_joints22"]
    bones = np.linalg.norm(pose[1:] - pose[HUMANML3D.parents[1:]], axis=1)
    np.testing.assert_allclose(HUMANML3D.lengths[1:], bones, atol=1e-7, rtol=0)


@pytest.fixture
def kit(shared_dir: Path) -> dict[str, np.ndarray]:
    with np.load(shared_dir / "reference" / "features" / "kit_251.npz") as arrays:
        return dict(arrays)


def pose_with(offsets: np.ndarray) -> np.ndarray:
    """A pose of KIT-ML's skeleton with these bones, to measure them on."""
    chains = ([0, 11, 12, 13, 14, 15], [0, 16, 17, 18, 19, 20], [0, 1, 2, 3, 4], [3, 5, 6, 7], [3, 8, 9, 10])
    pose = np.zeros((21, 3))
    for chain in chains:
        for start, end in pairwise(chain):
            pose[end] = pose[start] + offsets[end]
    return pose


def test_kits_features_equal_the_authors_block_by_block(kit: dict[str, np.ndarray]) -> None:
    skeleton = kit_skeleton(pose_with(kit["target_offsets"]))
    np.testing.assert_allclose(skeleton.offsets, kit["target_offsets"], atol=1e-4)
    canonical = canonical_joints(uniform_joints(kit["joints"], skeleton), skeleton)
    np.testing.assert_allclose(canonical, kit["canonical"], atol=2e-2, rtol=0)
    ours = joints_to_features(kit["joints"], skeleton)
    assert ours.shape == kit["features"].shape == (59, 251)
    # the reference's tolerances, those of lengths in millimetres
    blocks = {(0, 1): 5e-5, (1, 3): 2e-2, (3, 4): 1e-2, (4, 64): 0.1, (184, 247): 2e-2, (247, 251): 0.0}
    for (start, end), tolerance in blocks.items():
        wanted = kit["features"][:, start:end]
        np.testing.assert_allclose(ours[:, start:end], wanted, atol=tolerance, rtol=0)
    rotations = np.abs(ours[:, 64:184] - kit["features"][:, 64:184])
    assert rotations.max() < 1e-3
    assert np.quantile(rotations, 0.99) < 3e-5


def test_kits_features_come_back_as_the_authors_have_them(kit: dict[str, np.ndarray]) -> None:
    skeleton = kit_skeleton(pose_with(kit["target_offsets"]))
    joints = features_to_joints(kit["features"], skeleton)
    by_rotation = features_to_joints_by_rotation(kit["features"], skeleton)
    np.testing.assert_allclose(joints, kit["ric"], atol=0.1, rtol=0)
    np.testing.assert_allclose(by_rotation, kit["rot"], atol=0.1, rtol=0)

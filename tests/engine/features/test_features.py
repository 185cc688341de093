"""Features in cases whose numbers can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tmr_engine.errors import FeatureError
from tmr_engine.features import (
    HUMANML3D,
    canonical_joints,
    features_to_joints,
    features_to_joints_by_rotation,
    joints_to_features,
    kit_skeleton,
    uniform_joints,
)
from tmr_engine.motion import rotation

PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]


def standing() -> np.ndarray:
    """The reference skeleton with its arms down, facing +Z, the ankles' toes at the floor's height."""
    joints = np.zeros((22, 3))
    for joint, parent in enumerate(PARENTS[1:], start=1):
        joints[joint] = joints[parent] + HUMANML3D.offsets[joint]
    return joints


def moving(headings: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(T, 22, 3): the standing figure turned about Y by `headings` (radians) and put at `places` (T, 3)."""
    turned = rotation.rotate(rotation.about_axis("Y", headings)[:, None], standing()[None])
    return turned + places[:, None]


def test_straight_walk_has_constant_step_and_no_turn() -> None:
    places = np.outer(np.arange(60), [0.0, 0.0, 0.05])
    features = joints_to_features(moving(np.zeros(60), places))
    np.testing.assert_allclose(features[:, 0], 0.0, atol=1e-6)
    np.testing.assert_allclose(features[:, 1:3], np.tile([0.0, 0.05], (59, 1)), atol=1e-6)
    np.testing.assert_allclose(features[:, 193:196], np.tile([0.0, 0.0, 0.05], (59, 1)), atol=1e-6)


def test_sideways_walk_steps_along_x_whatever_the_heading() -> None:
    left = rotation.rotate(rotation.about_axis("Y", np.array(1.1)), np.array([0.04, 0.0, 0.0]))
    features = joints_to_features(moving(np.full(40, 1.1), np.outer(np.arange(40), left)))
    np.testing.assert_allclose(features[:, 1:3], np.tile([0.04, 0.0], (39, 1)), atol=1e-6)


def test_steady_turn_shows_half_its_rate_with_the_inverse_sign() -> None:
    rate = np.radians(0.4)  # per frame, to the left, so slow that 180 degrees are not reached
    features = joints_to_features(moving(rate * np.arange(300), np.zeros((300, 3))))
    middle = features[120:180, 0]  # away from the ends, where the smoothing of the heading lags
    np.testing.assert_allclose(middle, -np.sin(rate / 2), atol=1e-6)


def test_contact_ends_above_the_threshold_speed() -> None:
    threshold = np.sqrt(0.002)
    for factor, contact in ((0.99, 1.0), (1.01, 0.0)):
        places = np.outer(np.arange(10), [0.0, 0.0, threshold * factor])
        features = joints_to_features(moving(np.zeros(10), places))
        np.testing.assert_array_equal(features[:, 259:], contact)


def test_recovered_positions_are_the_canonical_joints() -> None:
    times = np.arange(80) / 20
    heading = 0.8 * np.sin(times)
    places = np.stack([0.3 * times, 0.05 * np.sin(4 * times), 0.5 * times], axis=-1)
    joints = moving(heading, places)
    wanted = canonical_joints(uniform_joints(joints))[:-1]
    np.testing.assert_allclose(features_to_joints(joints_to_features(joints)), wanted, atol=2e-5)
    np.testing.assert_allclose(features_to_joints_by_rotation(joints_to_features(joints)), wanted, atol=2e-5)


def test_heading_place_and_size_do_not_change_positions_in_the_features() -> None:
    times = np.arange(50) / 20
    joints = moving(0.5 * np.sin(times), np.outer(times, [0.1, 0.0, 1.0]))
    turned = rotation.rotate(rotation.about_axis("Y", np.array(0.7)), joints * 1.3) + [4.0, 2.0, -3.0]
    np.testing.assert_allclose(
        joints_to_features(turned)[:, 1:67], joints_to_features(joints)[:, 1:67], atol=2e-5
    )


def test_facing_exactly_backwards_stays_finite_and_upright() -> None:
    features = joints_to_features(moving(np.full(8, np.pi), np.zeros((8, 3))))
    assert np.isfinite(features).all()
    heights = features_to_joints(features)[0, :, 1]
    assert heights[15] > heights[0] > heights[7]


def test_kits_skeleton_walks_straight_on_the_bones_it_was_measured_on() -> None:
    pose = np.zeros((21, 3))
    pose[1:5, 1] = [100, 280, 440, 620]
    pose[5:8], pose[8:11] = (
        [[side * 150, 440, 0], [side * 150, 160, 0], [side * 150, -90, 0]] for side in (-1, 1)
    )
    pose[11:16], pose[16:21] = (
        [[side * 90, -420 * n, 0] for n in (0, 1, 2)] + [[side * 90, -840, 130], [side * 90, -840, 190]]
        for side in (-1, 1)
    )
    skeleton = kit_skeleton(pose)
    assert skeleton.width == 251
    assert skeleton.lengths[[4, 5, 12, 14, 17]] == pytest.approx([180, 150, 420, 130, 420])
    places = np.outer(np.arange(30), [0.0, 0.0, 40.0])
    features = joints_to_features((1.25 * pose)[None] + places[:, None], skeleton)
    # a body 1.25 times as large is brought to the size of the pose, and its steps with it
    np.testing.assert_allclose(features[:, 1:3], np.tile([0.0, 32.0], (29, 1)), atol=1e-3)
    wanted = (pose - [0, pose[:, 1].min(), 0])[None] + 0.8 * places[:-1, None]
    np.testing.assert_allclose(features_to_joints(features, skeleton), wanted, atol=1e-2)
    with pytest.raises(FeatureError, match="251"):
        features_to_joints(np.zeros((5, 263)), skeleton)


@pytest.mark.parametrize("pose", [np.zeros((22, 3)), np.full((21, 3), np.nan)])
def test_a_pose_that_is_not_kits_is_refused(pose: np.ndarray) -> None:
    with pytest.raises(FeatureError, match="21 joints"):
        kit_skeleton(pose)


@pytest.mark.parametrize("shape", [(10, 21, 3), (10, 22, 2), (22, 3), (1, 22, 3)])
def test_joints_of_a_wrong_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(FeatureError):
        joints_to_features(np.zeros(shape))


def test_a_frame_that_is_not_finite_is_named() -> None:
    joints = moving(np.zeros(6), np.zeros((6, 3)))
    joints[4, 3, 1] = np.nan
    with pytest.raises(FeatureError, match="frame 4"):
        joints_to_features(joints)


def test_features_of_a_wrong_width_are_refused() -> None:
    with pytest.raises(FeatureError, match="263"):
        features_to_joints(np.zeros((5, 262)))

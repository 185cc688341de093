"""Clips that take over from motion that is there: continuous, and exactly themselves afterwards."""

import numpy as np
import pytest

from tmr_engine.motion import rotation
from tmr_engine.retarget.joining import Before, joined, layered
from tmr_engine.retarget.solution import BoneMotion, Curve, Solution

UNLOCKED = np.zeros(4, dtype=bool)


def solution(frames=40):
    """One bone that turns steadily about Z and goes steadily along X."""
    times = np.arange(frames)
    turn = rotation.about_axis("Z", 1.0 + 0.05 * times)
    place = np.column_stack([2.0 + 0.1 * times, np.zeros(frames), np.zeros(frames)])
    bone = BoneMotion("hips", "QUATERNION", turn, place, UNLOCKED, UNLOCKED[:3])
    return Solution(30.0, frames, (bone,))


def before(turn_speed=0.2, speed=-0.3):
    """A bone that turns about X and goes along Z, at the origin when the clip begins."""
    return {
        "hips": Before(
            rotation=rotation.about_axis("X", np.array([-turn_speed, 0.0])),
            location=np.array([[0.0, 0.0, -speed], [0.0, 0.0, 0.0]]),
        )
    }


def test_pose_and_speed_go_on_over_the_first_frame():
    bone = joined(solution(400), before(0.02, 0.03), 200).bones[0]
    np.testing.assert_allclose(bone.location[0], 0.0, atol=1e-12)
    np.testing.assert_allclose(bone.location[1] - bone.location[0], [0.0, 0.0, 0.03], atol=1e-3)
    assert rotation.angle_between(bone.rotation[0], rotation.identity()) < 1e-9
    step = rotation.to_axis_angle(rotation.multiply(bone.rotation[1], rotation.conjugate(bone.rotation[0])))
    np.testing.assert_allclose(step, [0.02, 0.0, 0.0], atol=1e-3)


def test_after_the_transition_the_clip_is_untouched():
    plain, bone = solution().bones[0], joined(solution(), before(), 10).bones[0]
    np.testing.assert_allclose(bone.location[10:], plain.location[10:], atol=1e-12)
    assert rotation.angle_between(bone.rotation[10:], plain.rotation[10:]).max() < 1e-9


def test_no_transition_leaves_the_clip_as_it_is():
    plain = solution()
    assert joined(plain, before(), 0) is plain


def test_a_transition_longer_than_the_clip_ends_with_it():
    bone = joined(solution(5), before(), 100).bones[0]
    np.testing.assert_allclose(bone.location[-1], solution(5).bones[0].location[-1], atol=1e-12)


def test_bones_that_nothing_is_known_of_start_with_the_clip():
    bone = joined(solution(), {}, 10).bones[0]
    np.testing.assert_array_equal(bone.location, solution().bones[0].location)


@pytest.mark.parametrize(
    ("name", "neutral"),
    [
        ("location", [0, 0, 0]),
        ("rotation_euler", [0, 0, 0]),
        ("rotation_quaternion", [1, 0, 0, 0]),
        ("rotation_axis_angle", [0, 0, 0, 0]),
    ],
)
def test_a_layer_begins_with_nothing(name, neutral):
    values = rotation.normalize(np.random.default_rng(1).normal(size=(6, 4)))[:, : len(neutral)]
    curves = [Curve("hips", name, index, values[:, index]) for index in range(len(neutral))]
    np.testing.assert_allclose([curve.values[0] for curve in layered(curves)], neutral, atol=1e-12)

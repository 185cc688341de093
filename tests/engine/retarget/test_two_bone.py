"""Two-bone inverse kinematics against geometry: the end is where it should be, nothing else has changed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tmr_engine.motion import rotation
from tmr_engine.retarget.two_bone import reach, soft_length

LEFT = np.array([1.0, 0.0, 0.0])  # a knee of a body that faces -Y bends about its left


def leg(bend_deg, *, lengths=(0.45, 0.42)) -> tuple[np.ndarray, np.ndarray]:
    """Thigh straight down and shin bent backward by an angle (degrees, or an array of them)."""
    bend = np.radians(np.asarray(bend_deg, dtype=float))
    thigh = np.broadcast_to([0.0, 0.0, -lengths[0]], (*bend.shape, 3))
    shin = lengths[1] * np.stack([0 * bend, np.sin(bend), -np.cos(bend)], axis=-1)
    return thigh, shin


def posed(thigh, shin, goal, hinge=LEFT) -> tuple[np.ndarray, np.ndarray]:
    hinge = np.broadcast_to(hinge, thigh.shape)
    upper, lower = reach(thigh, shin, goal, hinge)
    return rotation.rotate(upper, thigh), rotation.rotate(lower, shin)


@pytest.mark.parametrize("bend", [2.0, 8.0, 15.0, 40.0, 100.0])
def test_the_end_comes_to_any_goal_within_reach(bend):
    generator = np.random.default_rng(1)
    thigh, shin = leg(np.full(200, bend))
    away = generator.uniform(0.3, 0.8, (200, 1))
    way = Rotation.random(200, random_state=2).apply([0.0, 0.0, 1.0])
    upper, lower = posed(thigh, shin, away * way)
    assert np.abs(upper + lower - away * way).max() < 1e-9
    assert np.abs(np.linalg.norm(upper, axis=1) - 0.45).max() < 1e-12
    assert np.abs(np.linalg.norm(lower, axis=1) - 0.42).max() < 1e-12


@pytest.mark.parametrize("bend", [0.0, 1.0, 30.0, 140.0])
def test_a_goal_where_the_end_already_is_turns_nothing(bend):
    thigh, shin = leg(bend)
    upper, lower = reach(thigh, shin, thigh + shin, LEFT)
    assert rotation.angle_between(rotation.identity(), upper) < 1e-6
    assert rotation.angle_between(rotation.identity(), lower) < 1e-6


def test_a_straight_leg_that_is_shortened_bends_its_knee_forward():
    thigh, shin = leg(0.0)
    upper, lower = posed(thigh, shin, np.array([0.0, 0.0, -0.7]))
    assert upper[1] < -0.1  # the knee comes out in front, and not to a side
    assert abs(upper[0]) < 1e-9
    assert np.abs(upper + lower - [0.0, 0.0, -0.7]).max() < 1e-9


def test_the_plane_of_the_knee_swings_with_the_leg_and_does_not_turn_in_it():
    """The knee stays in the plane of hip, ankle and its old side: the normal turns by the swing alone."""
    thigh, shin = leg(50.0)
    for way in Rotation.from_euler("xz", np.array([[20, 0], [-60, 10], [0, 80]]), degrees=True):
        goal = 0.9 * way.apply(thigh + shin)
        upper, lower = posed(thigh, shin, goal)
        axis = np.cross(thigh + shin, goal)
        angle = np.arctan2(np.linalg.norm(axis), np.dot(thigh + shin, goal))
        swing = Rotation.from_rotvec(angle * axis / np.linalg.norm(axis))
        before, now = np.cross(thigh, shin), np.cross(upper, lower)
        expected = swing.apply(before)
        assert np.dot(expected, now) / np.linalg.norm(expected) / np.linalg.norm(now) == pytest.approx(
            1.0, abs=1e-6
        )


def test_a_knee_never_snaps_straight_and_gives_way_smoothly():
    thigh, shin = leg(np.full(400, 40.0))
    goals = np.linspace(0.6, 1.1, 400)[:, None] * np.array([0.0, 0.0, -1.0])
    upper, lower = posed(thigh, shin, goals)
    length = np.linalg.norm(upper + lower, axis=1)
    assert length.max() < 0.9951 * 0.87
    assert np.all(np.diff(length) >= 0)
    follows = np.linspace(0.6, 1.1, 400) < 0.95 * 0.87
    assert length[follows] == pytest.approx(np.linspace(0.6, 1.1, 400)[follows])
    # the slope falls from 1 without a step
    slope = np.diff(length) / (0.5 / 399)
    assert np.abs(np.diff(slope)).max() < 0.08


def test_a_straight_leg_that_nothing_pulls_shorter_stays_straight():
    assert soft_length(np.array(0.9), np.array(0.87), np.array(0.87)) == pytest.approx(0.87)
    assert soft_length(np.array(0.87), np.array(0.87), np.array(0.87)) == pytest.approx(0.87)
    assert soft_length(np.array(0.869), np.array(0.87), np.array(0.87)) == pytest.approx(0.869)


def test_a_goal_at_the_hip_folds_the_leg_as_far_as_knees_go():
    thigh, shin = leg(30.0)
    upper, lower = posed(thigh, shin, np.array([0.0, 0.0, -1e-9]))
    assert np.linalg.norm(upper + lower) == pytest.approx(0.3 * 0.87)
    # one that the clip folds farther goes on only a little
    thigh, shin = leg(170.0)
    upper, lower = posed(thigh, shin, np.array([0.0, 0.0, -1e-9]))
    assert np.linalg.norm(upper + lower) == pytest.approx(0.9 * np.linalg.norm(thigh + shin))


def test_noise_on_a_straight_leg_does_not_spin_the_knee():
    """A millimetre of noise turns the measured hinge anyhow; the knee must not follow it."""
    generator = np.random.default_rng(3)
    thigh, shin = leg(np.full(300, 1.0))
    noisy = shin + generator.normal(0.0, 0.001, shin.shape)
    upper, _ = posed(thigh, noisy, np.tile([0.0, 0.0, -0.8], (300, 1)))
    side = np.degrees(np.arctan2(upper[:, 0], -upper[:, 1]))
    assert np.abs(side).max() < 5.0
    steps = np.linalg.norm(np.diff(upper, axis=0), axis=1)
    assert steps.max() < 0.02


@pytest.mark.parametrize("bend", [-4.0, -15.0, -60.0])
def test_a_knee_bent_the_wrong_way_by_the_clip_reaches_its_goal_without_a_jump(bend):
    thigh, shin = leg(np.full(101, bend))
    whole = np.linalg.norm((thigh + shin)[0])
    lengths = np.linspace(1.0, 0.85, 101)[:, None]
    upper, lower = posed(thigh, shin, lengths * (thigh + shin))
    assert np.linalg.norm(upper[0] - thigh[0]) < 1e-6
    assert np.abs(np.linalg.norm(upper + lower, axis=1) - lengths[:, 0] * whole).max() < 0.02 * whole
    assert np.linalg.norm(np.diff(upper, axis=0), axis=1).max() < 0.12

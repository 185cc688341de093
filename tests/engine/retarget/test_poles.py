"""Poles of two-bone limbs, against points drawn by hand."""

import numpy as np
import pytest

from tmr_engine.motion import rotation
from tmr_engine.retarget.poles import pole_positions, turn_about_limb, turned_about

UNMOVED = np.eye(4)[None]
AHEAD = np.array([0.0, -0.7, 1.0])  # of a knee at a height of 1


def leg(knee):
    """(1, 3, 3) a leg from (0, 0, 2) to the origin."""
    return np.array([[[0.0, 0.0, 2.0], knee, [0.0, 0.0, 0.0]]])


def test_the_pole_stands_on_the_side_that_the_knee_bends_to():
    place = pole_positions(leg([0.3, 0.0, 1.0]), UNMOVED, AHEAD)[0]
    reach = np.linalg.norm(AHEAD - [0.3, 0.0, 1.0])
    np.testing.assert_allclose(place, [0.3 + reach, 0.0, 1.0], atol=1e-12)


def test_the_pole_of_a_straight_leg_stays_where_the_thigh_carries_it():
    quarter = rotation.to_matrix(rotation.about_axis("Z", np.array(np.pi / 2)))
    moved = np.eye(4)
    moved[:3, :3] = quarter
    place = pole_positions(leg([0.0, 0.0, 1.0]), moved[None], AHEAD)[0]
    np.testing.assert_allclose(place, [0.7, 0.0, 1.0], atol=1e-12)


def test_the_pole_does_not_jump_as_a_leg_straightens():
    bends = np.linspace(0.3, 0.0, 301)
    knees = np.column_stack([bends, np.zeros(301), np.ones(301)])
    joints = np.stack([np.tile([0.0, 0.0, 2.0], (301, 1)), knees, np.zeros((301, 3))], axis=1)
    places = pole_positions(joints, np.tile(np.eye(4), (301, 1, 1)), AHEAD)
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() < 0.05


@pytest.mark.parametrize("degrees", [-120.0, -1.0, 0.5, 75.0])
def test_a_knee_that_is_turned_about_its_leg_is_turned_back(degrees):
    wanted = leg([0.1, -0.4, 0.9])
    found = turned_about(wanted[:, 1], wanted, np.radians([-degrees]))
    turn, told = turn_about_limb(wanted, found)
    assert told[0]
    assert np.degrees(turn[0]) == pytest.approx(degrees)
    np.testing.assert_allclose(turned_about(found, wanted, turn), wanted[:, 1], atol=1e-12)


def test_a_straight_leg_tells_no_turn():
    _, told = turn_about_limb(leg([0.0, 0.001, 1.0]), np.array([[0.001, 0.0, 1.0]]))
    assert not told[0]

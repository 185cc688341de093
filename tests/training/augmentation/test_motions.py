"""Changed and joined motions, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.datasets.made import joints
from tmr_engine.features import JOINT_NAMES, joints_to_features
from tmr_engine.training.augmentation.motions import (
    at_tempo,
    headings,
    one_after_the_other,
    trembling,
    upper_and_lower,
)

FPS = 20.0


def turned(motion: np.ndarray, degrees: float) -> np.ndarray:
    """The motion turned to the left about the vertical through the origin."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return motion @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T


def sliding(frames: int, step: float) -> np.ndarray:
    """The rest pose that slides along +Z, `step` metres a frame."""
    still = joints(1, 0)[:1]
    still -= still[:, :1] * [1, 0, 1]
    return np.repeat(still, frames, axis=0) + np.arange(frames)[:, None, None] * np.array([0, 0, step])


def test_a_heading_is_positive_to_the_left_and_counts_whole_turns() -> None:
    still = sliding(1, 0.0)
    spin = np.concatenate([turned(still, angle) for angle in range(0, 730, 10)])
    found = np.degrees(headings(spin))
    assert found - found[0] == pytest.approx(np.arange(0, 730, 10))


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.0, 1.25, 2.0])
def test_at_another_tempo_the_same_way_is_gone_in_another_time(factor: float) -> None:
    motion = sliding(41, 0.05)
    changed = at_tempo(motion, factor)
    assert len(changed) - 1 == pytest.approx(40 / factor, abs=0.5)
    assert changed[0] == pytest.approx(motion[0])
    assert changed[-1] == pytest.approx(motion[-1])
    steps = np.diff(changed[:, 0, 2])
    assert steps == pytest.approx(2.0 / (len(changed) - 1))


def test_a_tremor_is_as_large_as_asked_and_smooth() -> None:
    motion = sliding(2000, 0.0)
    noise = trembling(motion, 0.005, np.random.default_rng(1)) - motion
    assert noise.std() == pytest.approx(0.005, rel=0.02)
    assert noise.mean() == pytest.approx(0.0, abs=1e-4)
    # neighbours share two of the three draws that each is the mean of
    together = (noise[1:] * noise[:-1]).mean() / noise.var()
    assert together == pytest.approx(2 / 3, abs=0.02)
    again = trembling(motion, 0.005, np.random.default_rng(1)) - motion
    assert again == pytest.approx(noise)


@pytest.mark.parametrize("facing", [0.0, 90.0, -135.0])
def test_the_second_motion_goes_on_where_the_first_stands_and_the_way_it_faces(facing: float) -> None:
    first = turned(sliding(40, 0.05), facing) + [3.0, 0.0, -2.0]
    second = turned(sliding(30, 0.02), 77.0) + [9.0, 0.0, 9.0]
    together = one_after_the_other(first, second, FPS)
    assert len(together) == 40 + 30 - 8
    assert together[:32] == pytest.approx(first[:32])
    ahead = turned(np.array([0.0, 0.0, 1.0]), facing)
    way = together[:, 0] - together[0, 0]
    # the last pose of the second: what the first went until they met, then the second's own way
    assert way[-1] == pytest.approx((32 * 0.05 + 29 * 0.02) * ahead)
    assert np.degrees(np.ptp(headings(together))) == pytest.approx(0.0, abs=1e-9)
    assert np.linalg.norm(np.diff(together, axis=0), axis=-1).max() < 0.06  # no jump: at most a step


def test_motions_of_two_frames_can_be_joined() -> None:
    assert len(one_after_the_other(sliding(2, 0.1), sliding(2, 0.1), FPS)) == 3


def test_an_upper_body_keeps_its_pose_on_the_legs_of_another() -> None:
    above = sliding(30, 0.0)
    hand = JOINT_NAMES.index("left_wrist")
    above[:, hand, 1] += np.linspace(0, 1, 30)
    below = turned(sliding(40, 0.05), 50.0)
    both = upper_and_lower(turned(above, -20.0) + [4.0, 0.0, 4.0], below)
    assert len(both) == 30
    legs = [JOINT_NAMES.index(name) for name in ("pelvis", "left_knee", "right_foot")]
    assert both[:, legs] == pytest.approx(below[:30, legs])
    expected = turned(above[:, hand] - above[:, 0], 50.0) + below[:30, 0]
    assert both[:, hand] == pytest.approx(expected)


def test_what_is_joined_can_be_made_into_features() -> None:
    one, other = joints(40, 3), joints(50, 4)
    for made in (one_after_the_other(one, other, FPS), upper_and_lower(one, other), at_tempo(one, 1.2)):
        assert np.isfinite(joints_to_features(made)).all()

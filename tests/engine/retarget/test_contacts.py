"""Contacts of points with the ground, against motions whose contacts are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from tmr_engine.retarget.contacts import contacts, ground_below, runs, speeds


def stepping(fps: float, *, ground: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """(T, 2, 3): two feet that stand 0.6 s and swing 0.4 s in turn, 0.1 m high, over 0.7 m."""
    times = np.arange(round(4.0 * fps) + 1) / fps
    feet = []
    for start in (0.0, 0.5):
        cycle, phase = np.divmod(times + start, 1.0)
        swing = np.clip((phase - 0.6) / 0.4, 0.0, 1.0)
        smooth = swing * swing * (3 - 2 * swing)
        place = np.stack([np.zeros_like(times), 0.7 * (cycle + smooth), 0.1 * np.sin(np.pi * swing)], axis=1)
        feet.append(place)
    points = np.stack(feet, axis=1) * scale
    points[..., 2] += ground
    return points


def standing(fps: float) -> np.ndarray:
    """(T, 2) when the feet of `stepping` stand."""
    times = np.arange(round(4.0 * fps) + 1) / fps
    return np.stack([np.mod(times + start, 1.0) < 0.6 for start in (0.0, 0.5)], axis=1)


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize(("ground", "scale"), [(0.0, 1.0), (-0.3, 1.0), (12.0, 100.0), (0.0, 0.4)])
def test_feet_that_stand_are_in_contact_at_every_rate_height_and_size(fps, ground, scale):
    found = contacts(stepping(fps, ground=ground, scale=scale), fps, 1.7 * scale)
    wrong = found != standing(fps)
    # a foot that begins to lift is still slow and low for some hundredths of a second
    assert wrong.mean() < 0.12
    # and central differences already see the swing on the first and the last frame that stand
    assert found[standing(fps)].mean() > 0.93


def test_a_foot_that_glides_over_the_ground_is_in_no_contact():
    times = np.arange(61) / 30.0
    gliding = np.stack([times, np.zeros(61), np.zeros(61)], axis=1)[:, None]
    assert not contacts(gliding, 30.0, 1.7).any()


def test_a_foot_held_up_still_is_in_no_contact_beside_one_that_stands():
    feet = np.zeros((60, 2, 3))
    feet[:, 1, 2] = 0.3
    found = contacts(feet, 30.0, 1.7)
    assert found[:, 0].all()
    assert not found[:, 1].any()


def test_trembling_between_the_thresholds_does_not_break_a_contact():
    """Once it stands, a foot may move as fast as 0.45 m/s; it does not begin to stand above 0.25 m/s."""
    frames = 60
    way = np.zeros(frames)
    way[20:40] = np.cumsum(np.full(20, 0.35 / 30.0))
    way[40:] = way[39]
    foot = np.zeros((frames, 1, 3))
    foot[:, 0, 0] = way
    assert contacts(foot, 30.0, 1.7).all()
    fast_first = foot[22:]
    found = contacts(fast_first, 30.0, 1.7)[:, 0]
    assert not found[:15].any()
    assert found[20:].all()


def test_gaps_too_short_for_a_step_are_closed_and_touches_too_short_are_dropped():
    foot = np.zeros((60, 1, 3))
    foot[30, 0, 2] = 0.2  # one frame high up, 33 ms
    found = contacts(foot, 60.0, 1.7)[:, 0]
    assert found.sum() >= 56
    up = np.full((60, 1, 3), 0.0)
    up[:, 0, 2] = 0.2
    up[28:31, 0, 2] = 0.0  # down for 50 ms
    both = np.concatenate([np.zeros((60, 1, 3)), up], axis=1)
    assert not contacts(both, 60.0, 1.7)[:, 1].any()


def test_speed_is_that_of_the_motion_at_every_rate():
    for fps in (24.0, 30.0, 60.0, 120.0):
        times = np.arange(round(fps)) / fps
        points = np.stack([3.0 * times, 4.0 * times, 0 * times], axis=1)[:, None]
        assert speeds(points, fps) == pytest.approx(5.0, abs=1e-9)


def test_the_ground_is_where_contacts_are():
    points = np.zeros((100, 2, 3))
    points[:50, :, 2] = 0.4
    points[50:, :, 2] = 0.02
    touching = np.zeros((100, 2), dtype=bool)
    touching[50:, 0] = True
    assert ground_below(points, touching) == pytest.approx(0.02)


def test_runs_are_the_stretches_that_hold():
    assert runs(np.array([1, 1, 0, 1, 0, 0, 1], dtype=bool)) == [(0, 2), (3, 4), (6, 7)]
    assert runs(np.zeros(3, dtype=bool)) == []
    assert contacts(np.zeros((0, 4, 3)), 30.0, 1.7).shape == (0, 4)

"""Channels of Blender's rotation modes against scipy, through the poles too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from tmr_engine.retarget.rotation_modes import axis_angle, channels, euler

ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")


def smooth(seed: int, frames: int = 400) -> np.ndarray:
    """(frames, 4) w first: a wandering rotation, sign-continuous, below 20 degrees a frame."""
    keys = Rotation.random(12, random_state=seed)
    way = Slerp(np.arange(12), keys)(np.linspace(0, 11, frames)).as_quat()
    signs = np.cumprod(np.where(np.sum(way[1:] * way[:-1], axis=1) < 0, -1, 1))
    way[1:] *= signs[:, None]
    return np.roll(way, 1, axis=1)


def rotation(order: str, angles: np.ndarray) -> Rotation:
    """As Blender reads a bone's Euler angles: "XYZ" turns about the fixed X, then Y, then Z."""
    return Rotation.from_euler(order.lower(), angles[:, ["XYZ".index(letter) for letter in order]])


def errors(found: Rotation, quats: np.ndarray) -> np.ndarray:
    return np.degrees((found.inv() * Rotation.from_quat(np.roll(quats, -1, axis=1))).magnitude())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_give_the_rotation_back_and_take_the_short_way(order, seed):
    quats = smooth(seed)
    angles = euler(order, quats)
    first, middle, last = ("XYZ".index(letter) for letter in order)
    before, now = angles[:-1], angles[1:]
    other = now.copy()  # the other triple that gives the same rotation
    other[:, [first, last]] += np.pi
    other[:, middle] = np.pi - now[:, middle]
    other += 2 * np.pi * np.round((before - other) / (2 * np.pi))
    taken, left = (np.abs(triple - before).sum(axis=1) for triple in (now, other))
    clear = np.abs(np.cos(now[:, middle])) > np.cos(np.radians(84))  # at the pole there are more than two
    assert (taken <= left + 1e-9)[clear].all()
    assert errors(rotation(order, angles), quats)[1:][clear].max() < 1e-5
    assert np.abs(now - before).max() <= np.pi + 1e-9


def test_euler_angles_give_the_rotation_back_near_the_poles_too():
    worst = [errors(rotation(o, euler(o, smooth(s))), smooth(s)).max() for o in ORDERS for s in range(3)]
    assert max(worst) < 0.1


@pytest.mark.parametrize("order", ORDERS)
def test_euler_angles_count_whole_turns(order):
    for axis, letter in enumerate("XYZ"):
        turned = np.linspace(0, 6 * np.pi, 200)
        half = turned[:, None] / 2
        quats = np.concatenate([np.cos(half), np.sin(half) * np.eye(3)[axis]], axis=1)
        angles = euler(order, quats)
        # the middle axis goes over the poles twice a turn, where the triple may change; the rotation may not
        assert errors(rotation(order, angles), quats).max() < 1e-5
        if letter != order[1]:
            assert np.allclose(angles[:, axis], turned, atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_at_the_pole_the_rotation_is_right_and_nothing_spins(order, sign):
    middle = sign * (np.pi / 2 + np.radians(np.linspace(-8, 8, 81)))
    angles = np.zeros((81, 3))
    angles[:, "XYZ".index(order[1])] = middle
    angles[:, "XYZ".index(order[2])] = 0.3
    quats = np.roll(rotation(order, angles).as_quat(), 1, axis=1)
    quats[1:] *= np.cumprod(np.where(np.sum(quats[1:] * quats[:-1], axis=1) < 0, -1, 1))[:, None]
    found = euler(order, quats)
    assert errors(rotation(order, found), quats).max() < 1e-5
    assert np.abs(np.diff(found, axis=0)).max() < np.radians(30)


@pytest.mark.parametrize("seed", range(3))
def test_angle_and_axis_give_the_rotation_back_and_never_flip(seed):
    quats = smooth(seed)
    found = axis_angle(quats)
    assert np.allclose(np.linalg.norm(found[:, 1:], axis=1), 1.0)
    assert errors(Rotation.from_rotvec(found[:, :1] * found[:, 1:]), quats).max() < 1e-5
    assert np.sum(found[1:, 1:] * found[:-1, 1:], axis=1).min() >= 0
    assert np.abs(np.diff(found[:, 0])).max() < np.pi


def test_no_turn_keeps_the_axis_of_its_neighbours():
    half = np.radians([10.0, 5.0, 0.0, -5.0])[:, None] / 2
    quats = np.concatenate([np.cos(half), np.sin(half) * [0.0, 0.0, 1.0]], axis=1)
    found = axis_angle(quats)
    assert np.allclose(found[:, 1:], [0.0, 0.0, 1.0])
    assert np.allclose(np.degrees(found[:, 0]), [10, 5, 0, -5])


@pytest.mark.parametrize(
    ("mode", "name", "width"),
    [
        ("QUATERNION", "rotation_quaternion", 4),
        ("AXIS_ANGLE", "rotation_axis_angle", 4),
        ("ZXY", "rotation_euler", 3),
    ],
)
def test_each_mode_keys_its_own_property(mode, name, width):
    found, values = channels(mode, smooth(0, 5))
    assert (found, values.shape) == (name, (5, width))

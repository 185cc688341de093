"""Quaternions against scipy's rotations and against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation, Slerp

from tmr_engine.motion import rotation

COUNT = 200


def scipy_of(quats: np.ndarray) -> Rotation:
    return Rotation.from_quat(np.roll(quats, -1, axis=-1))  # scipy writes (x, y, z, w)


def random_quats(seed: int = 0, count: int = COUNT) -> np.ndarray:
    return np.roll(Rotation.random(count, random_state=seed).as_quat(), 1, axis=-1)


def assert_same_turns(ours: np.ndarray, theirs: Rotation, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(np.linalg.norm(ours, axis=-1), 1.0, atol=1e-12)
    np.testing.assert_allclose((scipy_of(ours) * theirs.inv()).magnitude(), 0.0, atol=atol)


def test_a_product_turns_by_the_right_factor_first():
    a, b = random_quats(1), random_quats(2)
    assert_same_turns(rotation.multiply(a, b), scipy_of(a) * scipy_of(b))


def test_conjugate_undoes_a_turn():
    quats = random_quats()
    assert_same_turns(rotation.conjugate(quats), scipy_of(quats).inv())


def test_vectors_are_turned():
    quats, vectors = random_quats(), np.random.default_rng(3).normal(size=(COUNT, 3))
    np.testing.assert_allclose(rotation.rotate(quats, vectors), scipy_of(quats).apply(vectors), atol=1e-12)


def test_one_turn_is_broadcast_over_many_vectors():
    quat, vectors = random_quats(count=1)[0], np.random.default_rng(3).normal(size=(4, 5, 3))
    expected = scipy_of(quat).apply(vectors.reshape(-1, 3)).reshape(4, 5, 3)
    np.testing.assert_allclose(rotation.rotate(quat, vectors), expected, atol=1e-12)


@pytest.mark.parametrize("order", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "ZX", "Y"])
def test_euler_angles_apply_in_written_order(order: str):
    angles = np.random.default_rng(4).uniform(-4, 4, (COUNT, len(order)))
    theirs = Rotation.from_euler(order, angles)  # capitals: about the turned axes
    assert_same_turns(rotation.from_euler(order, angles), theirs)


def test_matrices_there_and_back():
    quats = random_quats()
    np.testing.assert_allclose(rotation.to_matrix(quats), scipy_of(quats).as_matrix(), atol=1e-12)
    assert_same_turns(rotation.from_matrix(scipy_of(quats).as_matrix()), scipy_of(quats))


@pytest.mark.parametrize("axis", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0], [-0.6, 0, 0.8]])
@pytest.mark.parametrize("angle", [0.0, 1e-9, np.pi - 1e-9, np.pi])
def test_matrices_of_no_turn_and_of_half_turns_are_read(axis: list[float], angle: float):
    theirs = Rotation.from_rotvec(angle * np.array(axis))
    assert_same_turns(rotation.from_matrix(theirs.as_matrix()), theirs, atol=1e-7)


@given(arrays(np.float64, 3, elements=st.floats(-3, 3)))
def test_rotation_vectors_there_and_back(vector: np.ndarray):
    theirs = Rotation.from_rotvec(vector)
    assert_same_turns(rotation.from_axis_angle(vector), theirs, atol=1e-9)
    quat = np.roll(theirs.as_quat(), 1)
    back = rotation.to_axis_angle(quat)
    assert np.linalg.norm(back) <= np.pi + 1e-9
    np.testing.assert_allclose((Rotation.from_rotvec(back) * theirs.inv()).magnitude(), 0.0, atol=1e-7)


def test_shortest_turns_between_vectors_take_the_first_to_the_second():
    random = np.random.default_rng(6)
    a, b = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in random.normal(size=(2, COUNT, 3)))
    a[0], b[0] = [1, 0, 0], [-1, 0, 0]
    a[1], b[1] = [0, 1, 0], [0, -1, 0]
    b[2] = a[2]
    turns = rotation.between(a, b)
    np.testing.assert_allclose(scipy_of(turns).apply(a), b, atol=1e-7)
    expected = np.arccos(np.clip(np.sum(a * b, axis=-1), -1, 1))
    np.testing.assert_allclose(scipy_of(turns).magnitude(), expected, atol=1e-7)


def test_interpolation_is_even_and_goes_the_shorter_way():
    a, b = random_quats(7), random_quats(8)
    b[::2] *= -1  # the same rotations, written with the other sign
    for weight in (0.0, 0.25, 0.5, 1.0):
        ours = rotation.slerp(a, b, weight)
        for index in range(0, COUNT, 10):
            ends = Rotation.concatenate([scipy_of(a[index]), scipy_of(b[index])])
            assert_same_turns(ours[index], Slerp([0, 1], ends)(weight), atol=1e-7)


def test_interpolation_between_nearly_equal_turns_is_exact():
    a = rotation.from_axis_angle(np.array([0.0, 0.0, 1.0]))
    b = rotation.from_axis_angle(np.array([0.0, 0.0, 1.0 + 1e-7]))
    middle = rotation.to_axis_angle(rotation.slerp(a, b, 0.5))
    np.testing.assert_allclose(middle, [0, 0, 1.0 + 0.5e-7], atol=1e-12)


def test_signs_become_continuous_without_changing_a_rotation():
    path = rotation.from_axis_angle(np.linspace(0, 20, 300)[:, None] * [0.0, 1.0, 0.0])[:, None]
    flipped = path * np.random.default_rng(9).choice([-1, 1], (300, 1, 1))
    smooth = rotation.continuous(flipped)
    assert (np.sum(smooth[1:] * smooth[:-1], axis=-1) > 0).all()
    assert_same_turns(smooth[:, 0], scipy_of(path[:, 0]))
    np.testing.assert_array_equal(smooth[0], flipped[0])


def test_angles_between_turns_are_precise_near_zero():
    a, b = random_quats(10), random_quats(11)
    expected = (scipy_of(a).inv() * scipy_of(b)).magnitude()
    np.testing.assert_allclose(rotation.angle_between(a, b), expected, atol=1e-12)
    tiny = rotation.multiply(a, rotation.from_axis_angle(np.array([1e-10, 0.0, 0.0])))
    np.testing.assert_allclose(rotation.angle_between(a, tiny), 1e-10, rtol=1e-4)


def test_a_quaternion_of_zeros_becomes_no_turn():
    found = rotation.normalize(np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(found, [[1, 0, 0, 0], [0, 1, 0, 0]])

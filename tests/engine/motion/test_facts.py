"""Travelled distance, speed and net turn against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from tmr_engine.motion import Motion, Skeleton, rotation
from tmr_engine.motion.facts import hips_joint, measure
from tmr_engine.motion.skeleton import identity_rest


def skeleton(*joints: tuple[str, int]) -> Skeleton:
    parents = np.array([parent for _, parent in joints])
    offsets = np.tile([0.0, 0.1, 0.0], (len(joints), 1))
    return Skeleton(tuple(name for name, _ in joints), parents, offsets, identity_rest(len(joints)))


PLAIN = skeleton(("Hips", -1), ("LeftUpLeg", 0), ("RightUpLeg", 0))


def moved(
    places: np.ndarray, yaw_deg: np.ndarray | float = 0.0, fps: float = 30.0, about: str = "Y"
) -> Motion:
    rotations = rotation.identity(len(places), 3)
    rotations[:, 0] = rotation.about_axis(about, np.radians(np.broadcast_to(yaw_deg, len(places))))
    return Motion(PLAIN, places, rotations, fps)


def test_a_straight_path_has_its_length_and_speed():
    places = np.zeros((61, 3))
    places[:, 2] = np.linspace(0, 3, 61)
    facts = measure(moved(places))
    assert facts.travelled_m == pytest.approx(3.0)
    assert facts.mean_speed_mps == pytest.approx(1.5)
    assert facts.net_turn_deg == pytest.approx(0.0)


def test_up_and_down_is_no_distance():
    places = np.zeros((61, 3))
    places[:, 1] = np.abs(np.sin(np.linspace(0, 6, 61)))
    assert measure(moved(places)).travelled_m == 0.0


def test_a_circle_has_its_circumference():
    angle = np.linspace(0, 2 * np.pi, 601)
    places = np.stack([2 * np.sin(angle), np.zeros_like(angle), 2 * np.cos(angle)], axis=1)
    assert measure(moved(places, fps=60.0)).travelled_m == pytest.approx(4 * np.pi, rel=1e-3)


def test_capture_noise_adds_little_distance():
    places = np.random.default_rng(0).normal(scale=0.0005, size=(1201, 3))
    noise_per_frame = np.linalg.norm(np.diff(places[:, [0, 2]], axis=0), axis=1).sum()
    assert measure(moved(places, fps=120.0)).travelled_m < 0.1 * noise_per_frame


@pytest.mark.parametrize("turn", [90.0, -90.0, 180.0, 450.0, -720.0])
def test_a_turn_to_the_left_is_positive_and_whole_turns_count(turn: float):
    # facing +Z the left is +X, and a turn about +Y takes +Z to +X
    assert measure(moved(np.zeros((241, 3)), np.linspace(30, 30 + turn, 241))).net_turn_deg == pytest.approx(
        turn
    )


@pytest.mark.parametrize("tilt", ["X", "Z"])
def test_the_turn_does_not_depend_on_how_the_file_orients_its_hips(tilt: str):
    motion = moved(np.zeros((121, 3)), np.linspace(0, 135, 121))
    odd_axes = rotation.about_axis(tilt, np.array(np.pi / 2))
    motion.rotations[:, 0] = rotation.multiply(motion.rotations[:, 0], odd_axes)
    assert measure(motion).net_turn_deg == pytest.approx(135.0)


def test_a_single_frame_has_no_speed():
    facts = measure(moved(np.zeros((1, 3))))
    assert (facts.travelled_m, facts.mean_speed_mps, facts.net_turn_deg) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("hips", ["Hips", "mixamorig:Hips", "pelvis", "Bip01 Pelvis", "hip", "J_Bip_C_Hips"])
def test_the_hips_are_found_by_name_below_other_joints(hips: str):
    names = ("Armature", "Root", "LeftHip_helper", hips, "a", "b")
    parents = (-1, 0, 1, 1, 3, 3)
    assert hips_joint(skeleton(*zip(names, parents, strict=True))) == 3


def test_without_a_known_name_the_hips_are_where_the_skeleton_branches():
    assert hips_joint(skeleton(("x", -1), ("y", 0), ("z", 1), ("l", 2), ("r", 2))) == 2


def test_the_path_is_that_of_the_hips_and_not_of_a_still_root():
    below = skeleton(("Root", -1), ("Hips", 0), ("LeftUpLeg", 1))
    offsets = below.offsets.copy()
    offsets[1] = [1.0, 0.0, 0.0]
    below = Skeleton(below.names, below.parents, offsets, below.rest_rotations)
    rotations = rotation.identity(121, 3)
    rotations[:, 0] = rotation.about_axis("Y", np.linspace(0, np.pi, 121))
    facts = measure(Motion(below, np.zeros((121, 3)), rotations, 60.0))
    assert facts.travelled_m == pytest.approx(np.pi, rel=1e-2)
    assert facts.net_turn_deg == pytest.approx(180.0)

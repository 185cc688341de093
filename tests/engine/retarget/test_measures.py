"""The measures, on poses whose error is known because it was put in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.engine.retarget.bodies import (
    SIDES,
    at_rest,
    body,
    dance,
    plain_names,
    rig_of,
    skeleton_of,
    wxyz,
)
from tmr_engine.errors import RetargetError
from tmr_engine.motion import Motion, rotation
from tmr_engine.retarget import Curve, Mapping, SolveOptions, solve
from tmr_engine.retarget.fk import pose_rig
from tmr_engine.retarget.measures import (
    LIMBS,
    channel_jumps,
    contact_recall,
    direction_errors,
    flips,
    floating,
    jerk_ratio,
    jerk_ratios,
    measure,
    penetration,
    roll_errors,
    slide,
)
from tmr_engine.retarget.performance import Performance, source_performance, target_performance

NAMES = plain_names()
T_POSE = body(NAMES)
SOURCE = skeleton_of(T_POSE)
GIVEN = Mapping(NAMES, "given", 1.0)
STATURE = 1.07 * 1.57  # head joint of the test's body, and what is above it


def still(frames: int = 30, fps: float = 30.0) -> Motion:
    rest = at_rest(SOURCE)
    return Motion(
        SOURCE, np.repeat(rest.root_translation, frames, 0), np.repeat(rest.rotations, frames, 0), fps
    )


def turned(motion: Motion, joint: str, vectors: np.ndarray) -> Motion:
    """The motion with one joint turned by rotation vectors (T, 3), world axes of the rest pose, Y up."""
    rotations = motion.rotations.copy()
    at = SOURCE.index(joint)
    added = wxyz(Rotation.from_rotvec(vectors).as_matrix())
    rotations[:, at] = rotation.multiply(rotations[:, at], added)
    return replace(motion, rotations=rotations)


def performed(motion: Motion) -> Performance:
    return source_performance(motion, GIVEN)


def moved(performance: Performance, offsets: np.ndarray) -> Performance:
    """The performance with all joints displaced, (T, 3)."""
    return replace(performance, places=performance.places + offsets[:, None])


def test_a_performance_has_no_error_against_itself():
    source = performed(dance(SOURCE))
    report = measure(source, source)
    for name in ("limb_direction_deg", "roll_deg", "slide_excess_mm_s", "floating_mm"):
        values = report[name]
        assert values is None or max(values.values()) < 1e-9
    assert report["flips"] == 0
    assert all(ratio == pytest.approx(1.0) for ratio in report["jerk_ratios"].values())
    assert report["jerk_ratio"] == pytest.approx(1.0)


@pytest.mark.parametrize("degrees", [0.01, 3.0, 90.0, 170.0])
def test_an_arm_turned_by_an_angle_has_an_error_of_that_angle(degrees):
    motion = still()
    swing = np.tile(
        [0.0, 0.0, np.radians(degrees)], (30, 1)
    )  # about the forward axis: the arm drops or lifts
    errors = direction_errors(performed(motion), performed(turned(motion, "left_upper_arm", swing)))
    for role in ("left_upper_arm", "left_lower_arm", "left_hand"):
        assert errors[role] == pytest.approx(degrees, abs=1e-6)
    for role in ("right_upper_arm", "left_upper_leg", "spine_1", "neck"):
        assert errors[role].max() < 1e-9


def test_a_body_that_faces_elsewhere_has_no_error():
    motion = dance(SOURCE)
    source = performed(motion)
    around = Rotation.from_euler("z", 70, degrees=True)
    frames, joints = source.places.shape[:2]
    turns = rotation.multiply(wxyz(around.as_matrix()[None])[0], source.turns)
    target = replace(
        source, places=around.apply(source.places.reshape(-1, 3)).reshape(frames, joints, 3), turns=turns
    )
    assert max(errors.max() for errors in direction_errors(source, target).values()) < 1e-6


def tumbled(performance: Performance, around: Rotation) -> Performance:
    """The performance, all of it turned about the origin."""
    shape = performance.places.shape
    places = around.apply(performance.places.reshape(-1, 3)).reshape(shape)
    turns = rotation.multiply(wxyz(around.as_matrix()[None])[0], performance.turns)
    return replace(performance, places=places, turns=turns)


def test_a_lying_body_is_compared_in_the_world_once_the_heading_is_known():
    lying = tumbled(performed(dance(SOURCE)), Rotation.from_euler("y", 89, degrees=True))
    swing = np.tile([0.0, 0.0, np.radians(7.0)], (len(lying), 1))
    bent = tumbled(
        performed(turned(dance(SOURCE), "left_lower_leg", swing)), Rotation.from_euler("y", 89, degrees=True)
    )
    around = Rotation.from_euler("z", 70, degrees=True)
    heading = wxyz(around.as_matrix()[None])[0]
    errors = direction_errors(lying, tumbled(bent, around), heading)
    assert errors["left_lower_leg"] == pytest.approx(7.0, abs=1.0)
    assert max(errors[role].max() for role in ("left_upper_leg", "right_lower_leg", "left_hand")) < 1e-6
    assert roll_errors(lying, tumbled(lying, around), heading)["left_foot"].max() < 1e-6
    wrong = wxyz(Rotation.from_euler("z", 60, degrees=True).as_matrix()[None])[0]
    assert direction_errors(lying, tumbled(lying, around), wrong)["right_lower_leg"].max() > 5.0


def test_a_single_finger_stands_for_the_hand():
    motion = dance(SOURCE)
    one = {role: bones for role, bones in NAMES.items() if not role.endswith(("middle", "ring", "little"))}
    # the middle of all knuckles is where a mitten has its only one
    mitten = performed(motion)
    index = mitten.body.figure.indices
    knuckles = [index[NAMES[f"left_{finger}"][0]] for finger in ("index", "middle", "ring", "little")]
    places = mitten.places.copy()
    places[:, knuckles[0]] = mitten.places[:, knuckles].mean(axis=1)
    mitten = replace(mitten, places=places, body=replace(mitten.body, mapping=replace(GIVEN, roles=one)))
    assert direction_errors(mitten, performed(motion))["left_hand"].max() < 1e-6
    assert direction_errors(performed(motion), mitten)["left_hand"].max() < 1e-6


@pytest.mark.parametrize("degrees", [2.0, 45.0])
def test_a_hand_rolled_about_the_forearm_shows_as_roll_and_not_as_direction(degrees):
    motion = still()
    roll = np.tile([np.radians(degrees), 0.0, 0.0], (30, 1))  # the arm of a T-pose runs along x
    source, target = performed(motion), performed(turned(motion, "left_lower_arm", roll))
    assert roll_errors(source, target)["left_hand"] == pytest.approx(degrees, abs=0.1)
    assert roll_errors(source, target)["right_hand"].max() < 1e-9
    assert direction_errors(source, target)["left_hand"].max() < 0.35 * degrees


def test_a_foot_rolled_sideways_shows_as_roll_of_its_sole():
    motion = still()
    roll = np.tile([0.0, 0.0, np.radians(10.0)], (30, 1))  # feet point forward, along z of the source
    errors = roll_errors(performed(motion), performed(turned(motion, "right_foot", roll)))
    assert errors["right_foot"] == pytest.approx(10.0, abs=1e-6)
    assert errors["left_foot"].max() < 1e-9


def test_sliding_is_told_in_millimetres_a_second_of_a_body_of_1_7_metres():
    source = performed(still())
    way = np.outer(np.arange(30) / 30.0, [0.03, 0.04, 0.0])  # 50 mm/s
    target = moved(source, way)
    touching = np.ones((30, 4), dtype=bool)
    assert slide(source, touching).max() < 1e-9
    assert slide(target, touching) == pytest.approx(50.0 * 1.7 / STATURE)
    excess = measure(source, target)["slide_excess_mm_s"]
    assert excess["median"] == pytest.approx(50.0 * 1.7 / STATURE)


def test_sinking_is_penetration_and_hanging_is_floating():
    source = performed(still())
    touching = np.ones((30, 4), dtype=bool)
    low, high = (moved(source, np.tile([0.0, 0.0, z], (30, 1))) for z in (-0.02, 0.03))
    assert penetration(low, 0.0) == pytest.approx(20.0 * 1.7 / STATURE)
    assert penetration(high, 0.0).max() == 0.0
    assert floating(source, high, 0.0, touching) == pytest.approx(30.0 * 1.7 / STATURE)
    assert floating(source, low, 0.0, touching).max() == 0.0


def test_a_dragged_foot_loses_the_contacts_that_the_source_has():
    source = performed(still(60))
    way = np.zeros((60, 3))
    way[30:, 0] = np.arange(30) / 30.0  # gliding at 1 m/s in the second half
    recall, precision = contact_recall(source, moved(source, way))
    assert recall == pytest.approx(0.5, abs=0.03)
    assert precision == 1.0
    assert contact_recall(source, source) == (1.0, 1.0)


def test_jerk_is_told_per_stature():
    motion = dance(SOURCE)
    source = performed(motion)
    rig = rig_of(body(NAMES, scale=100.0))
    target = target_performance(
        rig, GIVEN, pose_rig(rig, solve(motion, GIVEN, rig, GIVEN, SolveOptions(foot_lock=0.0))), motion.fps
    )
    assert all(ratio == pytest.approx(1.0, abs=1e-6) for ratio in jerk_ratios(source, target).values())


def test_by_limb_longer_legs_have_no_more_jerk_because_they_swing_farther():
    swing = 0.4 * np.sin(np.linspace(0, 9, 60))[:, None] * [1.0, 0.0, 0.0]
    motion = turned(still(60), "left_upper_leg", swing)
    source = performed(motion)
    joints = body(NAMES, leg_scale=1.5)
    rig = rig_of(joints)
    solution = solve(motion, GIVEN, rig, GIVEN, SolveOptions(foot_lock=0.0))
    target = target_performance(rig, GIVEN, pose_rig(rig, solution), motion.fps)
    taller = target.stature / source.stature
    assert jerk_ratio(source, target) == pytest.approx(1.5 / taller, rel=1e-6)
    assert jerk_ratio(source, target, by_limb=True) == pytest.approx(1.0, rel=1e-6)


def test_a_limb_split_in_two_flips_only_against_the_half_that_it_hangs_on():
    """The upper arm's second half and all below it spin about the arm; its first half stays."""
    joints = body(NAMES)
    middle = 0.5 * sum(
        joints.heads[joints.names.index(f"left_{part}")] for part in ("upper_arm", "lower_arm")
    )
    at = joints.names.index("left_lower_arm")
    joints.names.insert(at, "left_upper_arm_2")
    joints.heads.insert(at, middle)
    joints.parents = [parent + (parent >= at) for parent in joints.parents]
    joints.parents.insert(at, at - 1)
    joints.parents[at + 1] = at
    skeleton = skeleton_of(joints)
    rest = at_rest(skeleton)
    rotations = np.repeat(rest.rotations, 30, 0)
    spin = Rotation.from_rotvec(np.outer(np.arange(30), [0.5, 0.0, 0.0]))  # 860 degrees a second
    rotations[:, at] = wxyz(spin.as_matrix())
    moving = source_performance(
        Motion(skeleton, np.repeat(rest.root_translation, 30, 0), rotations, 30.0), GIVEN
    )
    assert flips(performed(still()), moving) == 0


def test_a_knee_that_turns_round_in_one_frame_is_a_flip_and_a_fast_kick_is_none():
    motion = still(20)
    jump = np.zeros((20, 3))
    jump[10:] = [0.0, np.radians(170.0), 0.0]
    flipped = performed(turned(motion, "left_lower_leg", jump))
    assert flips(performed(motion), flipped) >= 1
    assert flips(flipped, flipped) == 0
    kick = np.zeros((20, 3))
    kick[:, 0] = np.radians(20.0) * np.arange(20)  # 600 degrees a second
    assert flips(performed(motion), performed(turned(motion, "left_lower_leg", kick))) == 0


def test_keys_that_change_sign_or_step_by_half_a_turn_are_counted():
    quats = np.tile([1.0, 0.0, 0.0, 0.0], (4, 1))
    quats[2:] *= -1
    signed = [Curve("arm", "rotation_quaternion", index, quats[:, index]) for index in range(4)]
    angles = [Curve("leg", "rotation_euler", 0, np.array([0.0, 1.0, -2.5, -2.4]))]
    assert channel_jumps(signed) == 1
    assert channel_jumps(angles) == 1
    assert channel_jumps([*signed[:1], Curve("hips", "location", 0, np.array([0.0, 9.0]))]) == 0


def test_directions_of_a_solved_motion_are_exact_on_a_body_of_another_rest_pose_and_size():
    motion = dance(SOURCE)
    rig = rig_of(body(NAMES, arm_down_deg=45, leg_scale=0.7, scale=3.0), seed=4)
    solution = solve(motion, GIVEN, rig, GIVEN, SolveOptions(foot_lock=0.0))
    target = target_performance(rig, GIVEN, pose_rig(rig, solution), solution.fps)
    errors = direction_errors(performed(motion), target)
    assert set(LIMBS) <= set(errors)
    assert max(errors[role].max() for role in LIMBS) < 1e-5
    assert max(values.max() for values in roll_errors(performed(motion), target).values()) < 1e-5


def test_a_body_without_legs_or_fingers_is_measured_on_what_it_has():
    names = {
        role: name
        for role, name in plain_names(fingers=False).items()
        if not any(role.endswith(part) for part in ("leg", "foot", "toe"))
    }
    upper = replace(GIVEN, roles=names)
    source = source_performance(at_rest(skeleton_of(body(names))), upper)
    report = measure(performed(still(len(source))), source)
    assert report["slide_target_mm_s"] is None
    assert report["slide_excess_mm_s"] is None
    report = measure(source, source)
    assert report["slide_source_mm_s"] is None
    assert report["penetration_mm"] is None
    assert report["contact_recall"] is None
    assert all(
        not role.startswith(side) or "arm" in role or "clavicle" in role
        for side in SIDES
        for role in report["direction_deg"]
    )


def test_performances_of_different_lengths_are_not_compared():
    with pytest.raises(RetargetError, match="30 frames"):
        measure(performed(still(30)), performed(still(31)))

"""Feet of the solved motion: they stand where the source's stand, on bodies of other legs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.engine.retarget.bodies import (
    LIMBS,
    SIDES,
    Joints,
    at_rest,
    basis_of,
    body,
    dance,
    degrees_between,
    directions,
    plain_names,
    rig_of,
    rig_places,
    skeleton_of,
    source_places,
    wxyz,
)
from tmr_engine.motion import Motion
from tmr_engine.retarget import Mapping, Placement, Rig, Solution, SolveOptions, solve
from tmr_engine.retarget.fk import pose_rig
from tmr_engine.retarget.measures import measure
from tmr_engine.retarget.performance import source_performance, target_performance

NAMES = plain_names()
T_POSE = body(NAMES)
SOURCE = skeleton_of(T_POSE)
GIVEN = Mapping(NAMES, "given", 1.0)
THIGH, SHIN, STRIDE = 0.42, 0.42, 0.8


def walk(*, fps: float = 30.0, seconds: float = 4.0, sink: float = 0.0) -> Motion:
    """A walk made of its feet: each stands 0.65 s and swings 0.35 s over 0.8 m; legs by the law of cosines.

    The ankles' height at rest is kept while they stand, the soles stay level, and the hips go on at 0.8 m/s.
    """
    times = np.arange(round(seconds * fps) + 1) / fps
    rest = at_rest(SOURCE)
    rotations = np.repeat(rest.rotations, len(times), axis=0)
    hips = np.stack([0 * times, 0.87 - sink + 0.01 * np.sin(4 * np.pi * times), STRIDE * times], axis=1)
    for side, start in zip(SIDES, (0.0, 0.5), strict=True):
        cycle, phase = np.divmod(times + start, 1.0)
        swing = np.clip((phase - 0.65) / 0.35, 0.0, 1.0)
        smooth = swing * swing * (3 - 2 * swing)
        # ankle against the hip joint: forward and up
        forward = STRIDE * (cycle - start + smooth + 0.325 - times)
        height = 0.08 - sink + 0.12 * np.sin(np.pi * swing) ** 2
        down = hips[:, 1] - 0.03 - height
        forward = forward - 0.01  # the ankle rests 1 cm behind the hip joint
        distance = np.hypot(forward, down)
        bend = np.pi - np.arccos(np.clip((THIGH**2 + SHIN**2 - distance**2) / (2 * THIGH * SHIN), -1, 1))
        lean = np.arctan2(forward, down) + bend / 2
        rest_lean = np.arctan2(-0.01, 0.42)  # of the shin at rest
        thigh = Rotation.from_rotvec(np.outer(-lean, [1.0, 0, 0])).as_matrix()
        shin = Rotation.from_rotvec(np.outer(-(lean - bend) + rest_lean, [1.0, 0, 0])).as_matrix()
        for part, turn in (
            ("upper_leg", thigh),
            ("lower_leg", np.swapaxes(thigh, 1, 2) @ shin),
            ("foot", np.swapaxes(shin, 1, 2)),
        ):
            rotations[:, SOURCE.index(f"{side}_{part}")] = wxyz(turn)
    return Motion(SOURCE, hips, rotations, fps)


def solved(motion: Motion, rig: Rig, **options) -> Solution:
    return solve(motion, GIVEN, rig, GIVEN, SolveOptions(**options))


def report(motion: Motion, rig: Rig, solution: Solution) -> dict:
    target = target_performance(rig, GIVEN, pose_rig(rig, solution), solution.fps)
    return measure(source_performance(motion, GIVEN), target, solution.curves())


def of_legs(thigh: float, shin: float, apart: float = 1.0) -> Joints:
    """A body whose thighs, shins and hip joints have other proportions; it stands on the ground."""
    joints = body(NAMES)
    index = {name: place for place, name in enumerate(joints.names)}
    heads = joints.places
    for side in SIDES:
        hip, knee, ankle, toe = (
            index[f"{side}_{part}"] for part in ("upper_leg", "lower_leg", "foot", "toe")
        )
        moved = heads[hip] * [apart, 1, 1]
        bones = [
            (heads[knee] - heads[hip]) * thigh,
            (heads[ankle] - heads[knee]) * shin,
            heads[toe] - heads[ankle],
        ]
        for joint, bone in zip((knee, ankle, toe), bones, strict=True):
            heads[joint] = moved + bone
            moved = heads[joint]
        heads[hip] = heads[hip] * [apart, 1, 1]
    lift = 0.02 - min(heads[index[f"{side}_toe"], 2] for side in SIDES)
    return replace(joints, heads=list(heads + [0, 0, lift]))


RIGS = {
    "same": rig_of(T_POSE, seed=1),
    "long legs": rig_of(body(NAMES, leg_scale=1.3), seed=2),
    "short legs": rig_of(body(NAMES, leg_scale=0.6, scale=0.8), seed=3),
    "long shins": rig_of(of_legs(0.9, 1.3, 1.3), seed=4),
    "long thighs": rig_of(of_legs(1.25, 0.85), seed=5),
}


def test_the_walk_that_is_measured_with_stands_still_where_it_stands():
    made = source_performance(walk(), GIVEN)
    own = measure(made, made)
    assert own["slide_source_mm_s"]["mean"] < 40.0  # central differences see the ends of the swing
    assert own["penetration_mm"]["max"] < 1.0
    assert own["slide_source_mm_s"]["median"] < 1.0


@pytest.mark.parametrize("name", RIGS)
@pytest.mark.parametrize("fps", [24.0, 60.0])
def test_feet_slide_no_more_than_the_sources_on_bodies_of_other_legs(name, fps):
    motion = walk(fps=fps)
    found = report(motion, RIGS[name], solved(motion, RIGS[name], foot_lock=1.0))
    assert found["slide_excess_mm_s"]["mean"] < 5.0
    assert found["slide_target_mm_s"]["median"] < 2.0
    assert found["penetration_mm"]["max"] < 10.0
    assert found["floating_mm"]["p95"] < 10.0
    assert found["contact_recall"] > 0.95
    assert found["flips"] == 0
    assert 0.7 < found["jerk_ratio"] < 1.3


def test_without_the_lock_feet_of_other_proportions_do_slide():
    """The test above would show nothing if they did not."""
    motion = walk()
    found = report(motion, RIGS["long shins"], solved(motion, RIGS["long shins"], foot_lock=0.0))
    assert found["slide_target_mm_s"]["median"] > 20.0


def test_half_the_strength_is_between_none_and_whole():
    motion, rig = walk(), RIGS["long shins"]
    slid = [
        report(motion, rig, solved(motion, rig, foot_lock=strength))["slide_target_mm_s"]["mean"]
        for strength in (0.0, 0.5, 1.0)
    ]
    assert slid[0] > slid[1] > slid[2]


def test_no_strength_is_the_plain_solver_to_the_bit():
    """Held against the directions of the source, which the plain solver keeps exactly."""
    motion = dance(SOURCE)
    rig = rig_of(body(NAMES, arm_down_deg=40, leg_scale=0.8), seed=7)
    solution = solved(motion, rig, foot_lock=0.0)
    theirs = directions(source_places(motion), SOURCE.names, LIMBS)
    assert degrees_between(theirs, directions(rig_places(rig, solution), rig.names, LIMBS)).max() < 1e-6


def test_a_lock_leaves_everything_above_the_hips_alone():
    motion, rig = walk(), RIGS["long shins"]
    plain, locked = (basis_of(rig, solved(motion, rig, foot_lock=strength)) for strength in (0.0, 1.0))
    legs = [
        rig.indices[f"{side}_{part}"] for side in SIDES for part in ("upper_leg", "lower_leg", "foot", "toe")
    ]
    others = [bone for bone in range(len(rig)) if bone not in legs and bone != rig.indices["hips"]]
    assert np.array_equal(plain[:, others], locked[:, others])
    hips = rig.indices["hips"]
    assert np.array_equal(plain[:, hips, :3, :3], locked[:, hips, :3, :3])


def test_the_same_body_keeps_its_pose_under_the_lock():
    """What stands still already needs no holding."""
    motion, rig = walk(), RIGS["same"]
    plain, locked = (rig_places(rig, solved(motion, rig, foot_lock=strength)) for strength in (0.0, 1.0))
    assert np.linalg.norm(plain - locked, axis=-1).max() < 0.03
    assert np.median(np.linalg.norm(plain - locked, axis=-1)) < 0.004


def test_a_source_that_has_sunk_into_its_floor_stands_on_the_targets():
    motion, rig = walk(sink=0.04), RIGS["same"]
    found = report(motion, rig, solved(motion, rig, foot_lock=1.0))
    assert found["penetration_mm"]["max"] < 10.0
    assert found["floating_mm"]["p95"] < 10.0


def test_toes_lie_on_the_ground_while_the_heel_lifts():
    frames = 61
    rest = at_rest(SOURCE)
    rotations = np.repeat(rest.rotations, frames, axis=0)
    lift = np.radians(50) * np.sin(np.linspace(0, np.pi, frames)) ** 2
    # the foot turns about its ball: the toe joint stays, the ankle rises, hip and knee make room for it
    for side in SIDES:
        rotations[:, SOURCE.index(f"{side}_foot")] = wxyz(
            Rotation.from_rotvec(np.outer(lift, [1, 0, 0])).as_matrix()
        )
    ankle = np.array([0.0, 0.06, -0.13])  # from ball to ankle, source axes: up and back
    moved = Rotation.from_rotvec(np.outer(lift, [1, 0, 0])).apply(ankle) - ankle
    motion = Motion(SOURCE, rest.root_translation + moved, rotations, 30.0)
    rig = RIGS["long legs"]
    solution = solved(motion, rig, foot_lock=1.0)
    places, pose = rig_places(rig, solution), pose_rig(rig, solution)
    for side in SIDES:
        toe = rig.indices[f"{side}_toe"]
        assert np.ptp(places[:, toe], axis=0).max() < 0.01
        turned = pose[:, toe, :3, :3] @ rig.rest_matrices[toe, :3, :3].T
        steep = np.degrees(np.arccos(np.clip(turned[:, 2, 2], -1, 1)))
        assert steep[10:50].max() < 3.0
        assert np.ptp(places[:, rig.indices[f"{side}_foot"], 2]) > 0.05


def test_a_body_without_feet_or_that_cannot_move_is_solved_without_a_lock():
    motion = walk(seconds=1.0)
    rig = rig_of(T_POSE, lock_location=np.ones((len(T_POSE.names), 3), dtype=bool))
    locked, plain = (solved(motion, rig, foot_lock=strength) for strength in (1.0, 0.0))
    assert np.array_equal(basis_of(rig, locked), basis_of(rig, plain))
    armless = {role: name for role, name in NAMES.items() if not role.endswith(("foot", "toe"))}
    upper = Mapping(armless, "given", 1.0)
    found = solve(motion, GIVEN, rig_of(T_POSE), upper, SolveOptions(foot_lock=1.0))
    assert found.frames == len(motion)


def test_an_armature_of_another_unit_and_turn_stands_as_well():
    world = np.eye(4)
    world[:3, :3] = 0.01 * Rotation.from_euler("x", 90, degrees=True).as_matrix()
    motion = walk()
    rig = rig_of(of_legs(0.9, 1.3, 1.3), seed=4, matrix_world=world)
    plain = RIGS["long shins"]
    one, other = (rig_places(r, solved(motion, r, foot_lock=1.0)) for r in (plain, rig))
    assert np.abs(one - other).max() < 1e-6


def test_feet_stand_on_the_ground_of_the_place_that_is_asked_for():
    motion, rig = walk(), RIGS["long shins"]
    place = Placement(np.array([3.0, -2.0, 0.7]), np.array([1.0, 0.0, 0.0]))
    solution = solved(motion, rig, foot_lock=1.0, place=place)
    target = target_performance(rig, GIVEN, pose_rig(rig, solution), solution.fps)
    found = measure(source_performance(motion, GIVEN), target, ground=0.7)
    assert found["penetration_mm"]["max"] < 10.0
    assert found["floating_mm"]["p95"] < 10.0
    assert found["slide_target_mm_s"]["median"] < 2.0
    assert rig_places(rig, solution)[:, rig.indices["left_toe"], 2].min() > 0.7


def test_one_who_stands_on_a_box_stands_as_high_on_longer_legs_as_they_are_longer():
    motion = walk(seconds=1.0)
    high = replace(motion, root_translation=motion.root_translation + [0.0, 0.4, 0.0])
    rig = RIGS["long legs"]
    places = rig_places(rig, solved(high, rig, foot_lock=1.0))
    toes = places[:, [rig.indices[f"{side}_toe"] for side in SIDES], 2]
    assert toes.min() == pytest.approx(1.3 * (0.4 + 0.02), abs=0.02)


def tilted(motion: Motion, degrees: float) -> Motion:
    """The clip with the left foot rolled by a constant, as if its skeleton rested with the sole turned."""
    local = motion.rotations.copy()
    foot = SOURCE.index("left_foot")
    roll = Rotation.from_rotvec([0.0, 0.0, degrees], degrees=True)
    local[:, foot] = wxyz((Rotation.from_quat(np.roll(local[:, foot], -1, axis=1)) * roll).as_matrix())
    return replace(motion, rotations=local)


def sole_tilts(rig: Rig, solution: Solution) -> np.ndarray:
    """(T,) degrees between the left sole and the ground, by Blender's rules for the pose."""
    foot = rig.indices["left_foot"]
    turns = pose_rig(rig, solution)[:, foot, :3, :3] @ rig.rest_matrices[foot, :3, :3].T
    return np.degrees(np.arccos(np.clip(turns[:, 2, 2], -1.0, 1.0)))


@pytest.mark.parametrize("degrees", [-12.0, 20.0])
def test_a_foot_whose_rest_pose_is_turned_stands_level_and_swings_by_the_same_turn(degrees):
    motion, rig = tilted(walk(), degrees), RIGS["same"]
    tilts = sole_tilts(rig, solved(motion, rig, foot_lock=1.0))
    assert tilts.max() < 1.0  # the walk keeps its soles level in the air too
    half = sole_tilts(rig, solved(motion, rig, foot_lock=0.5))
    assert 0.3 * abs(degrees) < np.median(half) < 0.7 * abs(degrees)
    np.testing.assert_allclose(sole_tilts(rig, solved(motion, rig, foot_lock=0.0)), abs(degrees), atol=1e-4)


def test_a_foot_on_its_edge_is_left_on_it():
    motion, rig = tilted(walk(), 45.0), RIGS["same"]
    assert sole_tilts(rig, solved(motion, rig, foot_lock=1.0)).min() > 40.0

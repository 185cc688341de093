"""What the user may choose about a clip: range, stretch, mirror, loop, in place, height, root motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.engine.retarget.bodies import (
    LIMBS,
    SIDES,
    basis_of,
    body,
    dance,
    degrees_between,
    directions,
    plain_names,
    posed,
    rig_of,
    rig_places,
    skeleton_of,
    source_places,
)
from tests.engine.retarget.test_solve_feet import walk
from tmr_engine.errors import RetargetError
from tmr_engine.motion import Motion, Skeleton
from tmr_engine.retarget import Mapping, Placement, Rig, Solution, SolveOptions, solve
from tmr_engine.retarget.fk import pose_rig
from tmr_engine.retarget.measures import measure
from tmr_engine.retarget.performance import source_performance, target_performance
from tmr_engine.retarget.preparing import prepared

NAMES = plain_names()
T_POSE = body(NAMES)
SOURCE = skeleton_of(T_POSE)
GIVEN = Mapping(NAMES, "given", 1.0)
ROOTED = {"root": "root", **NAMES}
SAME = rig_of(T_POSE, seed=1)


def solved(motion: Motion, rig: Rig, names=NAMES, **options) -> Solution:
    options = {"foot_lock": 0.0} | options
    return solve(motion, GIVEN, rig, Mapping(names, "given", 1.0), SolveOptions(**options))


def middle(rig: Rig, solution: Solution) -> np.ndarray:
    """(T, 3) the middle of the hip joints."""
    legs = [rig.indices[f"{side}_upper_leg"] for side in SIDES]
    return rig_places(rig, solution)[:, legs].mean(axis=1)


def swap(name: str) -> str:
    return name.replace("left", "#").replace("right", "left").replace("#", "right")


def test_a_range_takes_the_frames_between_its_ends():
    motion = dance(SOURCE, seconds=2.0, fps=30)
    solution = solved(motion, SAME, range_s=(0.5, 1.5))
    whole = solved(motion, SAME)
    assert solution.frames == 31
    limbs = [directions(rig_places(SAME, s), SAME.names, LIMBS) for s in (solution, whole)]
    assert degrees_between(limbs[0], limbs[1][15:46]).max() < 1e-6


def test_a_range_outside_of_the_clip_is_refused():
    with pytest.raises(RetargetError, match="starts at 3 s"):
        solved(dance(SOURCE), SAME, range_s=(3.0, 4.0))


@pytest.mark.parametrize(
    "wrong",
    [{"foot_lock": 2.0}, {"stretch": 0.0}, {"loop": 0.9}, {"range_s": (1.0, 0.5)}, {"range_s": (-1.0, 2.0)}],
)
def test_choices_that_mean_nothing_are_refused(wrong):
    with pytest.raises(RetargetError):
        SolveOptions(**wrong)


@pytest.mark.parametrize(("fps", "frames"), [(0.0, 121), (24.0, 97)])
def test_a_stretched_clip_does_the_same_more_slowly(fps, frames):
    motion = dance(SOURCE, seconds=2.0, fps=30)
    solution = solved(motion, SAME, stretch=2.0, fps=fps)
    assert solution.frames == frames
    assert solution.fps == (fps or 30.0)
    last = [directions(rig_places(SAME, s)[-1:], SAME.names, LIMBS) for s in (solution, solved(motion, SAME))]
    assert degrees_between(*last).max() < 0.1


def test_a_mirrored_clip_moves_each_limb_as_the_other_one_moved():
    motion = dance(SOURCE)
    rig = rig_of(body(NAMES, arm_down_deg=40), seed=3)
    plain, mirrored = (
        directions(rig_places(rig, solved(motion, rig, mirror=m)), rig.names, LIMBS) for m in (False, True)
    )
    other = [LIMBS.index((swap(a), swap(b))) for a, b in LIMBS]
    assert degrees_between(mirrored, plain[:, other] * [-1, 1, 1]).max() < 1e-6
    # feet and hands as well, and the way: everything is where it would be in a mirror
    places = rig_places(rig, solved(motion, rig)), rig_places(rig, solved(motion, rig, mirror=True))
    joints = [rig.indices[swap(name)] for name in rig.names]
    assert np.abs(places[1] - places[0][:, joints] * [-1, 1, 1]).max() < 1e-6


def test_a_skeleton_that_is_not_symmetric_is_mirrored_as_well():
    """Rests with one arm raised: what counts is the pose that is shown, not the joint's own turns."""
    motion = dance(SOURCE)
    raised = SOURCE.rest_rotations.copy()
    raised[SOURCE.index("left_upper_arm")] = [np.cos(0.3), 0.0, 0.0, np.sin(0.3)]
    odd = replace(motion, skeleton=Skeleton(SOURCE.names, SOURCE.parents, SOURCE.offsets, raised))
    mirrored = directions(rig_places(SAME, solved(odd, SAME, mirror=True)), SAME.names, LIMBS)
    theirs = directions(source_places(odd), SOURCE.names, LIMBS)
    other = [LIMBS.index((swap(a), swap(b))) for a, b in LIMBS]
    assert degrees_between(mirrored, theirs[:, other] * [-1, 1, 1]).max() < 1e-6


def test_a_clip_mirrored_twice_is_the_clip():
    motion = dance(SOURCE)
    once, mapping = prepared(motion, GIVEN, SolveOptions(mirror=True))
    twice, roles = prepared(once, mapping, SolveOptions(mirror=True))
    assert np.array_equal(twice.rotations, motion.rotations)
    assert roles.roles == GIVEN.roles


@pytest.mark.parametrize("foot_lock", [0.0, 1.0])
def test_a_loop_ends_as_it_begins_and_goes_on_at_the_same_speed(foot_lock):
    motion = walk(seconds=3.3)  # not a whole number of steps
    rig = rig_of(body(NAMES, leg_scale=1.2), seed=2)
    solution = solved(motion, rig, loop=0.25, foot_lock=foot_lock)
    basis = basis_of(rig, solution)
    rotations, hips = basis[..., :3, :3], middle(rig, solution)
    assert np.abs(rotations[-1] - rotations[0]).max() < 1e-6
    assert hips[-1, 2] == pytest.approx(hips[0, 2], abs=1e-6)
    # over the seam nothing turns faster than elsewhere
    steps = np.abs(np.diff(rotations, axis=0)).max(axis=(1, 2, 3))
    assert max(steps[0], steps[-1]) < 1.5 * steps.max()
    speed = np.diff(hips, axis=0)
    assert np.abs(speed[-1] - speed[0]).max() < 0.01
    # the way over ground goes on: 0.8 m/s on legs 1.2 times as long
    level = np.linalg.norm((hips[-1] - hips[0])[:2]) * 30.0 / (solution.frames - 1)
    assert level == pytest.approx(0.8 * 1.2, rel=0.05)


def test_feet_stand_in_every_round_of_a_loop():
    motion, rig = walk(seconds=4.0), rig_of(body(NAMES, leg_scale=0.7), seed=2)
    options = SolveOptions(loop=0.25, foot_lock=1.0)
    made, mapping = prepared(motion, GIVEN, options)
    solution = solve(motion, GIVEN, rig, GIVEN, options)
    found = measure(
        source_performance(made, mapping), target_performance(rig, GIVEN, pose_rig(rig, solution), 30.0)
    )
    assert found["slide_excess_mm_s"]["mean"] < 5.0
    assert found["penetration_mm"]["max"] < 10.0


def test_a_clip_that_is_too_short_for_a_loop_is_refused():
    with pytest.raises(RetargetError, match="too few"):
        solved(dance(SOURCE, seconds=0.05), SAME, loop=0.4)


def test_in_place_the_hips_stay_over_the_start_and_move_as_before_otherwise():
    motion = walk()
    plain, still = (solved(motion, SAME, in_place=chosen) for chosen in (False, True))
    way, stayed = middle(SAME, plain), middle(SAME, still)
    assert np.linalg.norm(way[-1, :2] - way[0, :2]) > 3.0
    assert np.linalg.norm(stayed[:, :2] - stayed[0, :2], axis=1).max() < 0.05
    assert np.abs(stayed[:, 2] - way[:, 2]).max() < 1e-12
    turned = [posed(SAME, solution)[..., :3, :3] for solution in (plain, still)]
    assert np.array_equal(*turned)


def test_a_loop_in_place_ends_exactly_where_it_begins():
    stayed = middle(SAME, solved(walk(), SAME, in_place=True, loop=0.2))
    assert np.abs(stayed[-1] - stayed[0]).max() < 1e-9


def test_without_height_the_hips_stay_level():
    rest = dance(SOURCE, turns=0.0)
    path = rest.root_translation + np.outer(np.sin(np.linspace(0, 3, len(rest))), [0, 0.4, 0])
    motion = replace(rest, root_translation=path)
    flat, high = (middle(SAME, solved(motion, SAME, height=chosen)) for chosen in (False, True))
    assert np.ptp(high[:, 2]) > 0.3
    assert np.ptp(flat[:, 2]) < 1e-9
    assert np.abs(flat[:, :2] - high[:, :2]).max() < 1e-9


@pytest.mark.parametrize("place", [None, Placement(np.array([2.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))])
def test_root_motion_shows_the_same_pose_and_leaves_the_hips_over_the_root(place):
    motion = dance(SOURCE, seconds=3.0, turns=1.0)
    rig = rig_of(body(ROOTED, arm_down_deg=30), seed=5)
    plain, rooted = (solved(motion, rig, ROOTED, root_motion=chosen, place=place) for chosen in (False, True))
    assert np.abs(posed(rig, plain) - posed(rig, rooted))[:, 1:].max() < 1e-6
    root, hips = rig.indices["root"], rig.indices["hips"]
    places = rig_places(rig, rooted)
    assert np.ptp(places[:, root, 2]) < 1e-9
    apart = np.linalg.norm((places[:, hips] - places[:, root])[:, :2], axis=1)
    assert np.ptp(apart) < 0.15
    assert np.linalg.norm(places[-1, root, :2] - places[0, root, :2]) > 3.0
    # the root turns with the body: a whole turn in 3 s
    matrices = posed(rig, rooted)[:, root, :3, :3]
    turned = matrices @ matrices[0].T
    angles = np.unwrap(np.arctan2(turned[:, 1, 0], turned[:, 0, 0]))
    assert abs(angles[-1]) == pytest.approx(2 * np.pi, abs=0.5)


def test_root_motion_without_a_root_bone_is_warned_of_and_done_without():
    motion = dance(SOURCE)
    rooted = solved(motion, SAME, root_motion=True)
    assert any("root bone" in warning for warning in rooted.warnings)
    assert np.array_equal(basis_of(SAME, rooted), basis_of(SAME, solved(motion, SAME)))


def test_the_root_stays_on_the_ground_of_a_rig_of_another_unit():
    world = np.eye(4)
    world[:3, :3] = 0.01 * Rotation.from_euler("x", 90, degrees=True).as_matrix()
    motion = walk()
    rigs = [rig_of(body(ROOTED), seed=5, **more) for more in ({}, {"matrix_world": world})]
    places = [rig_places(rig, solved(motion, rig, ROOTED, root_motion=True)) for rig in rigs]
    assert np.abs(places[0] - places[1]).max() < 1e-6

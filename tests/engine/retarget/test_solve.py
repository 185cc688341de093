"""What the solver puts on an armature, measured with kinematics of the test's own (`bodies`)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.engine.retarget.bodies import (
    FINGERS,
    LIMBS,
    SIDES,
    TO_WORLD,
    Joints,
    Names,
    at_rest,
    basis_of,
    body,
    dance,
    degrees_between,
    directions,
    matrices_of,
    plain_names,
    posed,
    rig_of,
    rig_places,
    skeleton_of,
    source_places,
    wxyz,
)
from tmr_engine.errors import RetargetError
from tmr_engine.motion import Motion
from tmr_engine.retarget import (
    Mapping,
    Placement,
    Rig,
    Solution,
    SolveOptions,
    map_rig,
    placement,
    solve,
)

NAMES = plain_names()
T_POSE = body(NAMES)
SOURCE = skeleton_of(T_POSE)
MODES = ("QUATERNION", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")
LEG = 0.92  # metres from the hip joint to the ground


def solved(motion: Motion, rig: Rig, names: Names = NAMES, **options) -> Solution:
    """Solves without foot lock, with maps that are given, so that nothing rests on names being understood."""
    options = {"foot_lock": 0.0} | options
    source, target = (Mapping(roles, "given", 1.0) for roles in (NAMES, names))
    return solve(motion, source, rig, target, SolveOptions(**options))


def limb_errors(motion: Motion, rig: Rig, solution: Solution, turn: np.ndarray | None = None) -> np.ndarray:
    """Degrees between the limbs of source and armature in the world, every frame."""
    theirs = directions(source_places(motion), motion.skeleton.names, LIMBS)
    theirs = theirs if turn is None else theirs @ turn.T
    return degrees_between(theirs, directions(rig_places(rig, solution), rig.names, LIMBS))


def about_z(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def test_a_rest_pose_on_the_same_rest_pose_moves_nothing():
    rig = rig_of(T_POSE, seed=1)
    basis = basis_of(rig, solved(at_rest(SOURCE), rig))
    assert np.abs(basis - np.eye(4)).max() < 1e-9


@pytest.mark.parametrize(("source_deg", "rig_deg"), [(0, 45), (45, 0), (0, 70), (60, 20)])
def test_a_rest_pose_poses_another_rest_pose_like_itself(source_deg, rig_deg):
    motion = at_rest(skeleton_of(body(NAMES, arm_down_deg=source_deg)))
    rig = rig_of(body(NAMES, arm_down_deg=rig_deg), seed=2)
    solution = solved(motion, rig)
    assert limb_errors(motion, rig, solution).max() < 1e-6
    # the same body, so that every joint of the trunk and the limbs comes to lie where the source has it
    assert np.abs(rig_places(rig, solution) - source_places(motion)).max() < 1e-9


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("arm_down_deg", [0, 45, 75])
def test_limbs_of_an_a_posed_rig_point_where_the_t_posed_clip_points_them(arm_down_deg, seed):
    motion = dance(SOURCE)
    rig = rig_of(body(NAMES, arm_down_deg=arm_down_deg), seed=seed)
    assert limb_errors(motion, rig, solved(motion, rig)).max() < 1e-6


def test_a_body_of_other_proportions_takes_the_same_directions():
    motion = dance(SOURCE)
    rig = rig_of(body(NAMES, arm_down_deg=30, leg_scale=0.6, scale=1.4), seed=3)
    assert limb_errors(motion, rig, solved(motion, rig)).max() < 1e-6


def test_a_motion_on_its_own_skeleton_gives_its_own_rotations():
    motion = dance(SOURCE, fps=30)
    rig = rig_of(T_POSE, axes=TO_WORLD)  # bones with the axes that the source's joints have
    basis = basis_of(rig, solved(motion, rig))
    assert np.abs(basis[..., :3, :3] - matrices_of(motion.rotations)).max() < 1e-9
    hips = rig.indices["hips"]
    moved = motion.root_translation - SOURCE.offsets[0]
    assert np.abs(basis[:, hips, :3, 3] - moved).max() < 1e-9
    others = np.arange(len(rig)) != hips
    assert np.abs(basis[:, others, :3, 3]).max() == 0


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
def test_the_way_of_the_hips_is_scaled_with_the_legs(scale):
    """A body whose legs alone are longer strides as much longer, and its feet stay on the ground."""
    motion = dance(SOURCE, turns=0.0)
    rig = rig_of(body(NAMES, leg_scale=scale))
    legs = [rig.indices[f"{side}_upper_leg"] for side in ("left", "right")]
    path = rig_places(rig, solved(motion, rig))[:, legs].mean(axis=1)
    their_legs = [SOURCE.index(f"{side}_upper_leg") for side in ("left", "right")]
    wanted = source_places(motion)[:, their_legs].mean(axis=1) * scale
    assert np.abs((path - path[0]) - (wanted - wanted[0])).max() < 1e-9
    assert path[0, 2] == pytest.approx(scale * source_places(motion)[0, their_legs, 2].mean(), abs=1e-9)


def test_a_jump_is_as_high_as_the_legs_are_long_and_lands_on_the_ground():
    frames = 41
    height = 0.95 + 0.4 * np.sin(np.linspace(0, np.pi, frames))
    rest = at_rest(SOURCE)
    path = np.column_stack([np.zeros(frames), height, np.zeros(frames)])
    motion = Motion(SOURCE, path, np.repeat(rest.rotations, frames, axis=0), 30.0)
    rig = rig_of(body(NAMES, scale=0.5))
    toes = rig_places(rig, solved(motion, rig))[:, rig.indices["left_toe"], 2]
    assert np.allclose(toes, 0.5 * (0.02 + height - 0.95), atol=1e-9)


def test_the_way_over_ground_may_be_kept_as_it_is():
    motion = dance(SOURCE, turns=0.0)
    rig = rig_of(body(NAMES, scale=0.5))
    legs = [rig.indices[f"{side}_upper_leg"] for side in ("left", "right")]
    path = rig_places(rig, solved(motion, rig, path_scale=1.0))[:, legs].mean(axis=1)
    their_legs = [SOURCE.index(f"{side}_upper_leg") for side in ("left", "right")]
    wanted = source_places(motion)[:, their_legs].mean(axis=1)
    assert np.abs((path - path[0])[:, :2] - (wanted - wanted[0])[:, :2]).max() < 1e-9
    assert np.abs((path - path[0])[:, 2] - 0.5 * (wanted - wanted[0])[:, 2]).max() < 1e-9


def object_matrix(scale: float, degrees: float) -> np.ndarray:
    """An object that is scaled and lies on its back, its bones standing nonetheless."""
    matrix = np.eye(4)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix[:3, :3] = scale * np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    matrix[:3, 3] = [3.0, -2.0, 0.0]
    return matrix


@pytest.mark.parametrize(("scale", "degrees"), [(0.01, 0), (100.0, 0), (1.0, 90), (0.01, -90)])
def test_unit_scale_and_turn_of_the_object_change_nothing_in_the_world(scale, degrees):
    motion = dance(SOURCE)
    plain = rig_of(T_POSE, seed=1)
    placed = rig_of(T_POSE, seed=4, matrix_world=object_matrix(scale, degrees))
    first, second = solved(motion, plain), solved(motion, placed)
    assert np.abs(rig_places(placed, second) - rig_places(plain, first)).max() < 1e-7


def test_a_rig_a_hundred_times_as_big_takes_the_same_rotations_and_a_hundredfold_way():
    motion = dance(SOURCE)
    small, big = rig_of(T_POSE, seed=1), rig_of(body(NAMES, scale=100.0), seed=1)
    ours, theirs = basis_of(small, solved(motion, small)), basis_of(big, solved(motion, big))
    assert np.abs(ours[..., :3, :3] - theirs[..., :3, :3]).max() < 1e-9
    assert np.abs(100 * ours[..., :3, 3] - theirs[..., :3, 3]).max() < 1e-6


def test_without_a_place_the_clip_goes_where_the_rest_pose_faces():
    motion = dance(SOURCE)
    turned = body(NAMES)
    turned.heads = [about_z(130) @ head for head in turned.heads]
    rig = rig_of(turned, seed=1)
    solution = solved(motion, rig)
    assert limb_errors(motion, rig, solution, about_z(130)).max() < 1e-6
    assert np.abs(rig_places(rig, solution) - source_places(motion) @ about_z(130).T).max() < 1e-9


def test_with_a_place_the_first_frame_stands_there_and_faces_there():
    motion = dance(SOURCE)
    rig = rig_of(T_POSE, seed=1)
    place = Placement(np.array([4.0, 5.0, 0.5]), np.array([1.0, 0.0, 0.0]))
    places = rig_places(rig, solved(motion, rig, place=place))
    legs = [rig.indices[f"{side}_upper_leg"] for side in ("left", "right")]
    hips_line = places[0, legs[0]] - places[0, legs[1]]
    assert np.allclose(places[0, legs].mean(axis=0)[:2], [4.0, 5.0], atol=1e-9)
    facing = np.cross(hips_line, [0.0, 0.0, 1.0])
    assert np.allclose(facing[:2] / np.linalg.norm(facing[:2]), [1.0, 0.0], atol=1e-6)
    standing = solved(motion, rig, place=replace(place, ground=np.array([4.0, 5.0, 0.0])))
    assert np.allclose(places - rig_places(rig, standing), [0.0, 0.0, 0.5], atol=1e-9)


def test_a_pose_says_where_the_character_stands_and_faces():
    rig = rig_of(T_POSE, seed=1)
    move = np.eye(4)
    move[:3, :3], move[:3, 3] = about_z(90), [2.0, 3.0, 0.0]
    found = placement(rig, map_rig(rig), move @ rig.rest_matrices)
    assert np.allclose(found.ground, [2.0, 3.0, 0.0], atol=1e-9)
    assert np.allclose(found.facing, [1.0, 0.0, 0.0], atol=1e-9)  # -Y turned by 90 degrees


def test_every_rotation_mode_shows_the_same_pose():
    motion = dance(SOURCE, seconds=2.0)
    plain, mixed = rig_of(T_POSE, seed=1), rig_of(T_POSE, seed=1, modes=MODES)
    shown = posed(mixed, solved(motion, mixed))
    assert np.abs(shown - posed(plain, solved(motion, plain))).max() < 1e-9
    kinds = {curve.property for curve in solved(motion, mixed).curves()}
    assert kinds == {"location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle"}


@pytest.mark.parametrize("mode", MODES)
def test_curves_never_jump(mode):
    """Two turns of the body and swinging limbs at 60 frames a second, in one rotation mode."""
    motion = dance(SOURCE, seconds=2.0)
    rig = rig_of(T_POSE, seed=6, modes=(mode,))
    solution = solved(motion, rig)
    turned = [curve for curve in solution.curves() if curve.property != "location"]
    channels = 4 if mode in ("QUATERNION", "AXIS_ANGLE") else 3
    assert len(turned) == channels * len(rig)
    angles = [c for c in turned if mode not in ("QUATERNION", "AXIS_ANGLE") or c.index == 0]
    for curve in angles:
        assert np.abs(np.diff(curve.values)).max() < np.pi / 2, curve
    if mode == "QUATERNION":
        for bone in rig.names:
            quats = np.stack([curve.values for curve in turned if curve.bone == bone], axis=1)
            assert np.sum(quats[1:] * quats[:-1], axis=1).min() > 0.9
            assert quats[0, 0] >= 0


@pytest.mark.parametrize(("fps", "last_s"), [(24.0, 1.5), (30.0, 1.5), (60.0, 1.5), (29.97, 44 / 29.97)])
def test_a_clip_is_resampled_by_time(fps, last_s):
    """1.5 s at 120 frames a second, the hips turning evenly: the turn tells the time of every frame."""
    source_fps, rate = 120.0, 2.0  # radians a second
    times = np.arange(181) / source_fps
    rotations = np.repeat(at_rest(SOURCE).rotations, len(times), axis=0)
    rotations[:, 0] = np.column_stack(
        [np.cos(rate * times / 2), 0 * times, np.sin(rate * times / 2), 0 * times]
    )
    path = SOURCE.offsets[0] + np.outer(times, [0.0, 0.0, 1.0])
    rig = rig_of(T_POSE, axes=TO_WORLD)
    solution = solved(Motion(SOURCE, path, rotations, source_fps), rig, fps=fps)
    assert solution.fps == fps
    assert (solution.frames - 1) / fps == pytest.approx(last_s)
    basis = basis_of(rig, solution)[:, rig.indices["hips"]]
    asked = np.arange(solution.frames) / fps
    angles = np.unwrap(np.arctan2(basis[:, 0, 2], basis[:, 0, 0]))
    assert np.allclose(angles, rate * asked, atol=1e-6)
    assert np.allclose(basis[:, 2, 3], asked, atol=1e-6)


def test_without_a_rate_the_clip_keeps_its_own():
    motion = dance(SOURCE, fps=48)
    solution = solved(motion, rig_of(T_POSE))
    assert (solution.fps, solution.frames) == (48.0, len(motion))


def test_a_longer_spine_bends_as_much_in_all_as_the_shorter_one():
    """The chest and the hips stand as the source's; what lies between is spread over the bones there are."""
    motion = dance(SOURCE)
    names = NAMES | {"spine": tuple(f"spine_{number}" for number in range(4))}
    rig = rig_of(body(names), axes=TO_WORLD)
    shown = posed(rig, solved(motion, rig, names))
    source = rig_of(T_POSE, axes=TO_WORLD)
    wanted = posed(source, solved(motion, source))
    for bone in ("hips", "chest", "head", "left_hand"):
        ours, theirs = shown[:, rig.indices[bone], :3, :3], wanted[:, source.indices[bone], :3, :3]
        assert np.abs(ours - theirs).max() < 1e-9, bone


def test_spine_bones_take_the_bend_at_their_own_middles():
    """A source that bends by 20 more degrees at each trunk joint; the rig has twice as many spine bones."""
    local = np.tile(np.eye(3), (1, len(SOURCE), 1, 1))
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    for bone in ("spine_a", "spine_b", "chest"):
        local[0, SOURCE.index(bone)] = [[1, 0, 0], [0, c, -s], [0, s, c]]
    motion = Motion(SOURCE, SOURCE.offsets[None, 0], wxyz(local), 30.0)
    names = NAMES | {"spine": tuple(f"spine_{number}" for number in range(4))}
    target = body(names)
    rig = rig_of(target, axes=TO_WORLD)
    shown = posed(rig, solved(motion, rig, names))[0]

    def middles(joints: Joints, trunk: list[str]) -> np.ndarray:
        """Middles of the trunk's bones, arc length from the hip joints (0) to the neck (1)."""
        places = [joints.places[joints.names.index(name)] for name in (*trunk, "neck")]
        base = joints.places[[joints.names.index(f"{side}_upper_leg") for side in SIDES]].mean(axis=0)
        steps = np.linalg.norm(np.diff([base, *places], axis=0), axis=1)
        ends = np.cumsum(steps)
        return (ends[:-1] + ends[1:]) / 2 / ends[-1]

    known = np.concatenate([[0.0], middles(T_POSE, ["spine_a", "spine_b", "chest"])])
    trunk = [*names["spine"], "chest"]
    wanted = np.interp(middles(target, trunk), known, [0.0, 20.0, 40.0, 60.0])
    bent = [shown[rig.indices[name], :3, :3] @ TO_WORLD.T for name in trunk]
    degrees = np.degrees([np.arctan2(turn[2, 1], turn[2, 2]) for turn in bent])
    assert np.allclose(degrees, wanted, atol=1e-6)


def test_a_clavicle_of_another_slope_keeps_it():
    joints = body(NAMES)
    for side in SIDES:
        joints.heads[joints.names.index(f"{side}_clavicle")] = joints.heads[
            joints.names.index(f"{side}_clavicle")
        ] + [0.0, 0.02, 0.08]
    rig = rig_of(joints, seed=9)
    basis = basis_of(rig, solved(at_rest(SOURCE), rig))
    for side in SIDES:
        assert np.abs(basis[0, rig.indices[f"{side}_clavicle"]] - np.eye(4)).max() < 1e-9


def test_heels_do_not_tilt_the_feet():
    joints = body(NAMES)
    for side in SIDES:
        ankle = joints.names.index(f"{side}_foot")
        joints.heads[ankle] = joints.heads[ankle] + [0.0, 0.02, 0.09]  # high heels: the ankle alone is higher
    rig = rig_of(joints, seed=9)
    shown = posed(rig, solved(at_rest(SOURCE), rig))[0]
    for name in ("left_foot", "right_foot", "left_toe", "right_toe"):
        bone = rig.indices[name]
        assert np.abs(shown[bone, :3, :3] - rig.rest_matrices[bone, :3, :3]).max() < 1e-9


def test_palms_are_told_by_the_knuckles():
    """A rig that rests with its palms forward takes a clip made with palms down."""
    motion = dance(SOURCE)
    joints = body(NAMES)
    turn = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    for place, name in enumerate(joints.names):
        side = name.partition("_")[0]
        if name.startswith(tuple(f"{side}_{finger}" for finger in FINGERS)):
            wrist = joints.heads[joints.names.index(f"{side}_hand")]
            joints.heads[place] = wrist + turn @ (joints.heads[place] - wrist)
    rig = rig_of(joints, seed=10)
    pairs = [(f"{side}_hand", f"{side}_{finger}_0") for side in SIDES for finger in ("index", "little")]
    ours = directions(rig_places(rig, solved(motion, rig)), rig.names, pairs)
    assert degrees_between(ours, directions(source_places(motion), SOURCE.names, pairs)).max() < 1e-5


@pytest.mark.parametrize(("degrees", "most"), [(5.0, 11.0), (12.0, 25.0)])
def test_elbows_that_are_all_but_straight_do_not_roll_the_arm(degrees, most):
    """Slight bends, forward on the source and downward on the rig, are no hinges a quarter turn apart."""

    def bent(axis: int) -> Joints:
        joints = body(plain_names(fingers=False))
        for side, sign in zip(SIDES, (1, -1), strict=True):
            hand = joints.names.index(f"{side}_hand")
            forearm = np.zeros(3)
            forearm[0] = sign * 0.25 * np.cos(np.radians(degrees))
            forearm[axis] = -0.25 * np.sin(np.radians(degrees))
            joints.heads[hand] = joints.heads[joints.names.index(f"{side}_lower_arm")] + forearm
        return joints

    names = plain_names(fingers=False)
    rig = rig_of(bent(2), seed=3)
    given = Mapping(names, "given", 1.0)
    shown = posed(rig, solve(at_rest(skeleton_of(bent(1))), given, rig, given))[0]
    for name in ("left_upper_arm", "left_lower_arm", "right_upper_arm", "right_lower_arm"):
        bone = rig.indices[name]
        turned = shown[bone, :3, :3] @ rig.rest_matrices[bone, :3, :3].T
        assert np.degrees(np.arccos(np.clip((np.trace(turned) - 1) / 2, -1, 1))) < most


def test_hips_that_cannot_move_hand_the_way_to_the_bone_above():
    names = {"root": "root"} | NAMES
    joints = body(names)
    connected = np.array([name == "hips" for name in joints.names])
    rig = rig_of(joints, connected=connected)
    solution = solved(dance(SOURCE), rig, names)
    assert {curve.bone for curve in solution.curves() if curve.property == "location"} == {"root"}


def test_locked_channels_are_not_keyed_and_said():
    locked = np.zeros((len(T_POSE.names), 4), dtype=bool)
    locked[T_POSE.names.index("head"), 1] = True
    place = np.zeros((len(T_POSE.names), 3), dtype=bool)
    place[T_POSE.names.index("hips"), 2] = True
    rig = rig_of(T_POSE, lock_rotation=locked, lock_location=place, modes=("XYZ",))
    solution = solved(dance(SOURCE), rig)
    written = {(curve.bone, curve.property, curve.index) for curve in solution.curves()}
    assert ("head", "rotation_euler", 0) not in written
    assert {("head", "rotation_euler", 1), ("head", "rotation_euler", 2)} <= written
    assert ("hips", "location", 2) not in written
    said = " ".join(solution.warnings)
    assert "locked rotation channels of head" in said
    assert "location Z of hips is locked" in said


def test_bones_beside_the_body_are_not_keyed():
    joints = body(NAMES)
    joints.add("sword", "left_hand", joints.heads[joints.names.index("left_hand")])
    keyed = {curve.bone for curve in solved(dance(SOURCE), rig_of(joints)).curves()}
    assert keyed == set(T_POSE.names)


def test_a_rig_whose_bones_lie_in_one_point_is_refused():
    rig = rig_of(T_POSE)
    flat = rig.rest_matrices.copy()
    flat[:, :3, 3] = 0.0
    heap = replace(rig, rest_matrices=flat, tails=np.zeros((len(rig), 3)))
    with pytest.raises(RetargetError):
        solved(dance(SOURCE), heap)


def test_a_source_that_turns_its_root_joint_alone_is_followed_by_a_body_of_other_names():
    """Names and the number of joints differ; roles pair them."""
    other = {
        role: (f"x_{n}" if isinstance(n, str) else tuple(f"x_{m}" for m in n)) for role, n in NAMES.items()
    }
    rotations = np.repeat(at_rest(SOURCE).rotations, 2, axis=0)
    rotations[1, 0] = wxyz(np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]))
    motion = Motion(SOURCE, np.repeat(SOURCE.offsets[None, 0], 2, axis=0), rotations, 30.0)
    rig = rig_of(body(other), seed=8)
    places = rig_places(rig, solved(motion, rig, other))
    assert np.allclose(places[1], places[0] @ about_z(90).T, atol=1e-9)

"""Twist bones share the roll of their limb: by closed form, with kinematics of the test's own (`bodies`)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.engine.retarget.bodies import (
    LIMBS as LIMB_JOINTS,
)
from tests.engine.retarget.bodies import (
    SIDES,
    Joints,
    at_rest,
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
    wxyz,
)
from tmr_engine.motion import Motion
from tmr_engine.retarget import BoneConstraint, Mapping, SolveOptions, map_rig, solve

NAMES = plain_names()
T_POSE = body(NAMES)
SOURCE = skeleton_of(T_POSE)
SHARES = (0.25, 0.75)
LIMBS = (("upper_arm", "lower_arm"), ("lower_arm", "hand"), ("upper_leg", "lower_leg"), ("lower_leg", "foot"))


def beside(joints: Joints) -> Joints:
    """Two twist bones on every part of every limb, a quarter and three quarters along it."""
    made = Joints(list(joints.names), list(joints.parents), list(joints.heads))
    for side in SIDES:
        for upper, lower in LIMBS:
            start, end = (joints.heads[joints.names.index(f"{side}_{part}")] for part in (upper, lower))
            for share in SHARES:
                made.add(f"{side}_{upper}_twist{share}", f"{side}_{upper}", start + share * (end - start))
    return made


def in_line(joints: Joints, parts=LIMBS) -> Joints:
    """Parts of limbs split in the middle: the second half carries the next joint."""
    made = Joints()
    split = {f"{side}_{lower}": f"{side}_{upper}" for side in SIDES for upper, lower in parts}
    for name, parent, head in zip(joints.names, joints.parents, joints.heads, strict=True):
        above = joints.names[parent] if parent >= 0 else None
        if name in split:
            middle = 0.5 * (head + joints.heads[joints.names.index(split[name])])
            above = made.add(f"{split[name]}_twist", split[name], middle)
        made.add(name, above, head)
    return made


def turning(joint: str, rotations: Rotation) -> Motion:
    """The rest pose in which one joint alone is turned, axes of the source (Y up)."""
    frames = len(rotations)
    local = np.tile(SOURCE.rest_rotations, (frames, 1, 1))
    local[:, SOURCE.index(joint)] = wxyz(rotations.as_matrix())
    return Motion(SOURCE, np.tile(SOURCE.offsets[0], (frames, 1)), local, 30.0)


def solved(motion: Motion, rig, **options):
    options = {"foot_lock": 0.0} | options
    return solve(motion, Mapping(NAMES, "given", 1.0), rig, map_rig(rig), SolveOptions(**options))


def turns(rig, solution) -> dict[str, Rotation]:
    """Bone -> how it has turned since rest, in the world, by the test's kinematics."""
    pose = posed(rig, solution)[..., :3, :3]
    rest = posed(rig, replace(solution, bones=()))[..., :3, :3]
    return {
        name: Rotation.from_matrix(pose[:, bone] @ rest[:, bone].transpose(0, 2, 1))
        for name, bone in rig.indices.items()
    }


def rolls(rig, solution, bone: str, against: str, axis) -> np.ndarray:
    """Degrees by which a bone is rolled about an axis, seen from another; it must do no more than roll."""
    seen = turns(rig, solution)
    relative = (seen[against].inv() * seen[bone]).as_rotvec(degrees=True)
    np.testing.assert_allclose(relative - np.outer(relative @ axis, axis), 0.0, atol=1e-6)
    return relative @ axis


def about_x(*degrees: float) -> Rotation:
    """The left arm of the T-pose points along +X."""
    return Rotation.from_rotvec(np.outer(degrees, [1.0, 0.0, 0.0]), degrees=True)


def test_a_forearm_takes_its_share_of_a_turned_hand_between_elbow_and_wrist():
    rig = rig_of(beside(T_POSE), seed=3)
    solution = solved(turning("left_hand", about_x(0, 30, 90, -90)), rig)
    for share in SHARES:
        found = rolls(rig, solution, f"left_lower_arm_twist{share}", "left_lower_arm", [1, 0, 0])
        np.testing.assert_allclose(found, share * np.array([0, 30, 90, -90]), atol=1e-6)
    whole = rolls(rig, solution, "left_hand", "left_lower_arm", [1, 0, 0])
    np.testing.assert_allclose(whole, [0, 30, 90, -90], atol=1e-6)


def test_an_upper_arm_is_not_wrung_at_the_shoulder():
    rig = rig_of(beside(T_POSE), seed=3)
    swing = Rotation.from_rotvec([0, 0, -50], degrees=True)  # the arm goes down
    solution = solved(turning("left_upper_arm", swing * about_x(0, 40, -60)), rig)
    for share in SHARES:
        found = rolls(rig, solution, f"left_upper_arm_twist{share}", "left_upper_arm", [1, 0, 0])
        np.testing.assert_allclose(found, (share - 1) * np.array([0, 40, -60]), atol=1e-6)


def test_a_thigh_is_rolled_against_the_hips_and_a_shin_by_the_foot():
    rig = rig_of(beside(T_POSE), seed=3)
    about_y = Rotation.from_rotvec(np.outer([20, -30], [0, 1, 0]), degrees=True)
    thigh = solved(turning("left_upper_leg", about_y), rig)
    shin = solved(turning("left_foot", about_y), rig)
    leg = np.diff(
        [T_POSE.heads[T_POSE.names.index(f"left_{part}")] for part in ("lower_leg", "foot")], axis=0
    )
    shin_axis = leg[0] / np.linalg.norm(leg[0])
    for share in SHARES:
        found = rolls(rig, thigh, f"left_upper_leg_twist{share}", "left_upper_leg", [0, 0, 1])
        np.testing.assert_allclose(found, (share - 1) * np.array([20, -30]), atol=1e-6)
        # the shin leans a little, so that not all of a turn about the vertical is roll about it
        found = rolls(rig, shin, f"left_lower_leg_twist{share}", "left_lower_leg", -shin_axis)
        np.testing.assert_allclose(found, share * np.array([20, -30]), atol=0.1)


@pytest.mark.parametrize("made", [beside, in_line])
def test_no_joint_moves_and_hands_and_feet_keep_their_rotation_whatever_is_shared(made):
    rig = rig_of(made(body(NAMES, arm_down_deg=40.0)), seed=9, modes=("QUATERNION", "XYZ"))
    motion = dance(SOURCE)
    solution = solved(motion, rig, foot_lock=1.0, hand_goals=1.0)
    mapping = replace(map_rig(rig), twist={})
    still = solve(
        motion, Mapping(NAMES, "given", 1.0), rig, mapping, SolveOptions(foot_lock=1.0, hand_goals=1.0)
    )
    assert {bone.bone for bone in solution.bones} > {bone.bone for bone in still.bones}
    with_shares, without = posed(rig, solution), posed(rig, still)
    np.testing.assert_allclose(with_shares[..., :3, 3], without[..., :3, 3], atol=1e-9)
    ends = [rig.indices[f"{side}_{part}"] for side in SIDES for part in ("hand", "foot")]
    np.testing.assert_allclose(with_shares[:, ends], without[:, ends], atol=1e-9)


def test_a_split_upper_arm_rolls_in_its_second_half_alone():
    rig = rig_of(in_line(T_POSE), seed=3)
    solution = solved(turning("left_upper_arm", about_x(0, 40, -60)), rig)
    np.testing.assert_allclose(rolls(rig, solution, "left_upper_arm", "chest", [1, 0, 0]), 0.0, atol=1e-6)
    found = rolls(rig, solution, "left_upper_arm_twist", "chest", [1, 0, 0])
    np.testing.assert_allclose(found, [0, 40, -60], atol=1e-6)
    np.testing.assert_allclose(
        rolls(rig, solution, "left_lower_arm", "chest", [1, 0, 0]), [0, 40, -60], atol=1e-6
    )


def test_a_split_forearm_rolls_by_the_share_where_its_second_half_begins():
    rig = rig_of(in_line(T_POSE), seed=3)
    solution = solved(turning("left_hand", about_x(0, 80)), rig)
    found = rolls(rig, solution, "left_lower_arm_twist", "left_lower_arm", [1, 0, 0])
    np.testing.assert_allclose(found, [0, 40], atol=1e-6)
    np.testing.assert_allclose(
        rolls(rig, solution, "left_hand", "left_lower_arm", [1, 0, 0]), [0, 80], atol=1e-6
    )


def test_a_hand_that_rolls_on_past_half_a_turn_does_not_throw_its_twist_bones_back():
    rig = rig_of(beside(T_POSE))
    angles = np.linspace(0, 250, 51)
    solution = solved(turning("left_hand", about_x(*angles)), rig)
    found = np.unwrap(
        rolls(rig, solution, "left_lower_arm_twist0.75", "left_lower_arm", [1, 0, 0]), period=360
    )
    np.testing.assert_allclose(found, 0.75 * angles, atol=1e-6)


def test_an_arm_swung_by_half_a_turn_has_no_roll_to_share():
    rig = rig_of(beside(T_POSE))
    angles = np.linspace(150, 210, 61)
    motion = turning("left_upper_arm", Rotation.from_rotvec(np.outer(angles, [0, 0.6, 0.8]), degrees=True))
    twist = turns(rig, solved(motion, rig))["left_upper_arm_twist0.25"]
    steps = (twist[:-1].inv() * twist[1:]).magnitude()
    assert np.degrees(steps.max()) < 3.0  # the arm itself goes a degree a frame


def bent_source(offset):
    """A skeleton with split limbs whose middle joints are off the line, in a dance: all halves turn."""
    joints = in_line(T_POSE)
    joints.heads = [
        head + offset * name.endswith("_twist") for name, head in zip(joints.names, joints.heads, strict=True)
    ]
    return dance(skeleton_of(joints), turns=0.5)


def test_a_clip_of_split_limbs_is_read_by_where_its_limbs_point():
    motion, rig = bent_source(np.array([0.01, 0.03, 0.0])), rig_of(body(NAMES, arm_down_deg=30.0), seed=4)
    pose = rig_places(rig, solved(motion, rig))
    ours = directions(pose, rig.names, LIMB_JOINTS)
    theirs = directions(source_places(motion), motion.skeleton.names, LIMB_JOINTS)
    assert degrees_between(ours, theirs).max() < 1e-4


def test_a_clip_that_rolls_an_upper_arm_in_its_second_half_rolls_the_whole_of_another_and_back():
    source = skeleton_of(in_line(T_POSE))
    rest = at_rest(source)
    local = np.repeat(rest.rotations, 3, 0)
    local[:, source.index("left_upper_arm_twist")] = wxyz(about_x(0, 40, -60).as_matrix())
    motion = Motion(source, np.repeat(rest.root_translation, 3, 0), local, 30.0)
    plain = rig_of(T_POSE, seed=6)
    found = rolls(plain, solved(motion, plain), "left_upper_arm", "chest", [1, 0, 0])
    np.testing.assert_allclose(found, [0, 40, -60], atol=1e-6)
    split = rig_of(in_line(T_POSE), seed=6)
    again = solved(motion, split)
    np.testing.assert_allclose(rolls(split, again, "left_upper_arm", "chest", [1, 0, 0]), 0.0, atol=1e-6)
    found = rolls(split, again, "left_upper_arm_twist", "chest", [1, 0, 0])
    np.testing.assert_allclose(found, [0, 40, -60], atol=1e-6)


def held(rig, names, how):
    if how == "constrained":
        return replace(
            rig, constraints=tuple(BoneConstraint(n, "Copy", "COPY_ROTATION", ("hips",)) for n in names)
        )
    if how == "driven":
        return replace(rig, driven=dict.fromkeys(names, ("rotation_quaternion[1]",)))
    if how == "locked":
        locks = rig.lock_rotation.copy()
        locks[[rig.indices[name] for name in names]] = True
        return replace(rig, lock_rotation=locks)
    deform = rig.deform.copy()
    deform[[rig.indices[name] for name in names]] = False
    return replace(rig, deform=deform)


@pytest.mark.parametrize("how", ["constrained", "driven", "locked", "without skin"])
@pytest.mark.parametrize("made", [beside, in_line])
def test_twist_bones_that_have_a_life_of_their_own_are_left_to_their_rig(how, made):
    rig = rig_of(made(T_POSE))
    names = [name for name in rig.names if "_twist" in name]
    solution = solved(at_rest(SOURCE), held(rig, names, how))
    assert not any("_twist" in bone.bone for bone in solution.bones)


def test_a_clip_without_hands_leaves_the_forearms_twist_bones_alone():
    rig = rig_of(beside(T_POSE))
    roles = {role: bones for role, bones in NAMES.items() if role != "left_hand"}
    solution = solve(at_rest(SOURCE), Mapping(roles, "given", 1.0), rig, map_rig(rig), SolveOptions())
    keyed = {bone.bone for bone in solution.bones}
    assert "right_lower_arm_twist0.75" in keyed
    assert "left_lower_arm_twist0.75" not in keyed

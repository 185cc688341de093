"""Who plays which role: every family by its names, any body by its shape, and what is no body at all."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from tests.engine.retarget.bodies import SIDES, Joints, body, plain_names, rig_of, skeleton_of
from tmr_engine.errors import RetargetError
from tmr_engine.retarget import map_rig, map_skeleton
from tmr_engine.retarget.families import FOLDER, Family, families, read_family
from tmr_engine.retarget.roles import LIMB_ROLES, USUAL_ROLES

FAMILIES = {family.name: family for family in families()}
SHAPES = {"T": {}, "A45": {"arm_down_deg": 45.0}, "child": {"leg_scale": 0.7, "scale": 0.6}}


def joints_of(family: Family) -> Joints:
    """A body under a family's names, with the bones beside the body that tell it from its rivals."""
    joints = body(family.roles)
    extra = dict.fromkeys((*family.twist, *family.signature))
    for name in extra:
        if name not in joints.names:
            joints.add(name, str(family.roles["hips"]), joints.heads[0])
    return joints


@pytest.mark.parametrize("name", FAMILIES)
def test_a_rig_of_every_family_is_recognised_with_the_right_roles(name):
    family = FAMILIES[name]
    switches = {switch.bone: {} for switch in family.switches}
    for switch in family.switches:
        switches[switch.bone][switch.property] = 1.0 - switch.value
    mapping = map_rig(rig_of(joints_of(family), seed=1, properties=switches))
    assert mapping.family == name
    assert {role: mapping.roles.get(role) for role in family.roles} == family.roles
    assert set(mapping.roles) - set(family.roles) <= {"root"}
    assert {(s.bone, s.path, s.value, s.found) for s in mapping.switches} == {
        (s.bone, f'["{s.property}"]', s.value, 1.0 - s.value) for s in family.switches
    }


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if not family.controls])
def test_a_source_skeleton_of_every_family_is_understood_alike(name):
    family = FAMILIES[name]
    mapping = map_skeleton(skeleton_of(joints_of(family)))
    assert mapping.family == name
    assert {role: mapping.roles.get(role) for role in family.roles} == family.roles


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda name: f"hero:{name}",
        lambda name: f"Hero_Rig_{name}",
        str.upper,
        lambda name: name.replace("_", " "),
    ],
    ids=["namespace", "prefix", "upper case", "separators"],
)
def test_names_may_have_a_namespace_a_prefix_another_case_or_other_separators(rewrite):
    family = FAMILIES["smplh"]
    joints = joints_of(family)
    joints.names = [rewrite(name) for name in joints.names]
    mapping = map_rig(rig_of(joints))
    assert mapping.family == "smplh"
    assert mapping.bone("left_upper_arm") == rewrite("left_shoulder")
    assert mapping.chain("right_index") == tuple(rewrite(f"right_index{n}") for n in (1, 2, 3))


def renamed(joints: Joints, seed: int) -> dict[str, str]:
    """Gives every joint a number in place of its name; returns the old names' new ones."""
    numbers = random.Random(seed).sample(range(1000), len(joints.names))
    new = {name: f"bone.{number:03}" for name, number in zip(joints.names, numbers, strict=True)}
    joints.names = list(new.values())
    return new


@pytest.mark.parametrize("fingers", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_names_that_say_nothing_give_the_same_roles_by_the_shape_of_the_body(shape, fingers):
    names = plain_names(fingers)
    joints = body(names, **SHAPES[shape])
    new = renamed(joints, seed=3)
    expected = {
        role: new[bones] if isinstance(bones, str) else tuple(new[bone] for bone in bones)
        for role, bones in names.items()
    }
    for mapping in (map_rig(rig_of(joints, seed=2)), map_skeleton(skeleton_of(joints))):
        assert mapping.family == "structure"
        assert mapping.roles == expected
        assert any("the names of the bones say nothing" in warning for warning in mapping.warnings)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_toes_tell_left_from_right_wherever_a_nameless_body_faces(degrees):
    joints = body(plain_names())
    turn = np.radians(degrees)
    axes = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    joints.heads = [axes @ head for head in joints.heads]
    new = renamed(joints, seed=4)
    mapping = map_rig(rig_of(joints))
    assert mapping.bone("left_hand") == new["left_hand"]
    assert mapping.bone("right_foot") == new["right_foot"]


def test_sides_that_are_exchanged_by_name_are_put_right_by_the_shape():
    family = FAMILIES["smpl"]
    joints = joints_of(family)
    joints.heads = [head * [-1, 1, 1] for head in joints.heads]  # "left" names on the body's right
    mapping = map_rig(rig_of(joints))
    assert mapping.family == "structure"
    assert mapping.bone("left_upper_arm") == family.roles["right_upper_arm"]


def test_a_body_without_toes_hands_and_clavicles_says_what_is_missing():
    bare = {"clavicle", "toe"}
    names = {role: name for role, name in plain_names(False).items() if role.split("_", 1)[-1] not in bare}
    mapping = map_rig(rig_of(body(names)))
    assert set(mapping.unmapped) == {f"{side}_{part}" for side in SIDES for part in bare}
    assert set(mapping.unmapped) <= set(USUAL_ROLES)


def test_an_upper_body_takes_motion_and_says_so():
    family = FAMILIES["mixamo"]
    names = {
        role: name for role, name in family.roles.items() if not role.endswith(("_leg", "_foot", "_toe"))
    }
    mapping = map_rig(rig_of(body(names)))
    assert mapping.family == "mixamo"
    assert any("no legs" in warning for warning in mapping.warnings)
    assert {f"{side}_{part}" for side in SIDES for part in LIMB_ROLES[4:]} <= set(mapping.unmapped)


def prop() -> Joints:
    joints = Joints()
    for name, height in (("handle", 0.0), ("blade", 0.2), ("tip", 0.9)):
        joints.add(name, joints.names[-1] if joints.names else None, np.array([0, 0, height]))
    return joints


def chain() -> Joints:
    joints = Joints()
    for number in range(20):
        joints.add(f"link{number}", f"link{number - 1}" if number else None, np.array([0, 0, number * 0.1]))
    return joints


def quadruped() -> Joints:
    """A horse: the trunk lies, four legs reach the ground, the head is in front."""
    joints = Joints()
    joints.add("pelvis", None, np.array([0, 0.6, 1.2]))
    for number in range(3):
        above = f"back{number - 1}" if number else "pelvis"
        joints.add(f"back{number}", above, np.array([0, 0.4 - 0.4 * number, 1.25]))
    joints.add("neck", "back2", np.array([0, -0.6, 1.4]))
    joints.add("head", "neck", np.array([0, -0.9, 1.8]))
    for place, above, y in (("hind", "pelvis", 0.6), ("fore", "back2", -0.4)):
        for side, x in (("l", 0.15), ("r", -0.15)):
            line = above
            for number, (height, back) in enumerate(((1.1, 0.0), (0.6, 0.05), (0.15, 0.0), (0.02, -0.1))):
                line = joints.add(f"{place}_{side}_{number}", line, np.array([x, y + back, height]))
    return joints


@pytest.mark.parametrize(
    ("made", "said"),
    [(prop, "this has 3"), (chain, "legs"), (quadruped, "not a human body")],
)
def test_what_is_no_human_body_is_refused_with_a_reason_and_a_way_out(made, said):
    with pytest.raises(RetargetError, match=said) as refused:
        map_rig(rig_of(made()))
    assert refused.value.where == "Character"
    assert "by hand" in refused.value.fix
    with pytest.raises(RetargetError, match=said):
        map_skeleton(skeleton_of(made()))


@pytest.mark.parametrize(
    ("scale", "said"), [((-1, 1, 1), "negative scale"), ((0, 0, 0), "scaled to nothing")]
)
def test_an_object_scaled_inside_out_or_to_nothing_is_refused(scale, said):
    rig = replace(rig_of(body(plain_names())), matrix_world=np.diag([*scale, 1.0]).astype(float))
    with pytest.raises(RetargetError, match=said):
        map_rig(rig)


SHEARED = np.array([[1.0, 0.3, 0.0, 0.0], [0.0, 0.954, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


@pytest.mark.parametrize("world", [np.diag([1.0, 1.0, 1.5, 1.0]), SHEARED], ids=["stretched", "sheared"])
def test_an_uneven_scale_is_refused(world):
    with pytest.raises(RetargetError, match="scaled unevenly"):
        map_rig(replace(rig_of(body(plain_names())), matrix_world=world))


def test_the_same_scale_on_all_axes_and_any_turn_are_taken():
    turned = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
    upright = rig_of(body(plain_names()))
    for scale in (0.01, 100.0):
        world = np.eye(4)
        world[:3, :3] = scale * np.eye(3)
        assert map_rig(replace(upright, matrix_world=world)).family
    lying = np.eye(4)
    lying[:3, :3] = turned.T
    rest = lying @ upright.rest_matrices
    world = np.eye(4)
    world[:3, :3] = turned
    tails = upright.tails @ turned
    assert map_rig(replace(upright, rest_matrices=rest, tails=tails, matrix_world=world)).family


def test_what_the_user_maps_by_hand_counts():
    joints = body(plain_names())
    joints.add("third_hand", "left_hand", joints.heads[0])
    mapping = map_rig(rig_of(joints), {"left_hand": "third_hand", "spine": ["spine_a"]})
    assert mapping.bone("left_hand") == "third_hand"
    assert mapping.chain("spine") == ("spine_a",)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [({"left_wing": "hips"}, "'left_wing' is no role"), ({"hips": "nothing"}, "no bone 'nothing'")],
)
def test_a_map_by_hand_that_names_nothing_is_refused(overrides, said):
    with pytest.raises(RetargetError, match=said):
        map_rig(rig_of(body(plain_names())), overrides)


def written(tmp_path, **changes):
    """A family file with changes; its path."""
    document = json.loads((FOLDER / "smpl.json").read_text(encoding="utf-8")) | changes
    path = tmp_path / "smpl.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "red"}, "unknown keys: colour"),
        ({"limbs": {"wing": "{S}_Wing"}}, "unknown keys: wing"),
        ({"family": "other"}, "names the family 'other'"),
        ({"limbs": {"hand": "Hand"}}, "does not say the side"),
        ({"limbs": {"hand": ["{S}_Hand"]}}, "takes one bone"),
        ({"signature": "Pelvis"}, "takes a list"),
    ],
)
def test_a_damaged_family_file_is_refused_with_its_name(tmp_path, changes, said):
    with pytest.raises(RetargetError, match=said) as refused:
        read_family(written(tmp_path, **changes))
    assert refused.value.where == "smpl.json"


def test_a_family_file_writes_each_side_once(tmp_path):
    family = read_family(written(tmp_path, limbs={"hand": "{Side}Hand", "foot": "foot.{s}"}))
    assert family.roles["left_hand"] == "LeftHand"
    assert family.roles["right_hand"] == "RightHand"
    assert family.roles["right_foot"] == "foot.r"

"""Bodies of odd counts and without names: what a joint is follows from where it lies."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from tests.engine.retarget.bodies import SIDES, Joints, body, plain_names, rig_of
from tmr_engine.errors import RetargetError
from tmr_engine.retarget import BoneConstraint, map_rig


class Tree:
    """Joints by name, in any order; `joints` puts parents first."""

    def __init__(self, joints: Joints) -> None:
        self.heads = dict(zip(joints.names, joints.heads, strict=True))
        self.parents = {
            name: joints.names[parent] if parent >= 0 else None
            for name, parent in zip(joints.names, joints.parents, strict=True)
        }

    def add(self, name: str, parent: str, offset: tuple[float, float, float]) -> str:
        self.heads[name], self.parents[name] = self.heads[parent] + np.array(offset), parent
        return name

    def chain(self, name: str, parent: str, step: tuple[float, float, float], count: int) -> None:
        for number in range(count):
            parent = self.add(f"{name}{number}", parent, step)

    def between(self, upper: str, lower: str, name: str, share: float) -> None:
        """A joint in line between two that follow each other."""
        self.heads[name] = (1 - share) * self.heads[upper] + share * self.heads[lower]
        self.parents[name], self.parents[lower] = upper, name

    def joints(self) -> Joints:
        made = Joints()
        waiting = list(self.heads)
        while waiting:
            name = next(n for n in waiting if self.parents[n] is None or self.parents[n] in made.names)
            made.add(name, self.parents[name], self.heads[name])
            waiting.remove(name)
        return made


def names_of(
    *,
    spine: int = 2,
    necks: int = 1,
    clavicles: bool = True,
    fingers: int = 5,
    toes: bool = True,
    legs: bool = True,
):
    names = plain_names(fingers > 0)
    names["spine"] = tuple(f"spine{n}" for n in range(spine - 1))
    names["neck"] = tuple(f"neck{n}" for n in range(necks))
    dropped = {"clavicle"} if not clavicles else set()
    dropped |= set() if toes else {"toe"}
    dropped |= set() if legs else {"upper_leg", "lower_leg", "foot", "toe"}
    dropped |= set(("little", "ring")[: max(0, 5 - fingers)]) if fingers else set()
    return {role: bones for role, bones in names.items() if bones and role.split("_", 1)[-1] not in dropped}


def limbs(tree: Tree, upper: str, lower: str, share: float, label: str) -> None:
    for side in SIDES:
        tree.between(f"{side}_{upper}", f"{side}_{lower}", f"{side}_{label}", share)


def twists(tree: Tree) -> None:
    """Twist bones beside the limbs."""
    for side in SIDES:
        for upper, lower in (("upper_arm", "lower_arm"), ("lower_arm", "hand"), ("upper_leg", "lower_leg")):
            way = tree.heads[f"{side}_{lower}"] - tree.heads[f"{side}_{upper}"]
            for share in (0.33, 0.66):
                tree.add(f"{side}_{upper}_twist{share}", f"{side}_{upper}", tuple(share * way))


def ends(tree: Tree) -> None:
    """A bone at the end of every line, as exporters write them."""
    last = [name for name in tree.heads if name not in tree.parents.values()]
    for name in last:
        way = tree.heads[name] - tree.heads[tree.parents[name]]
        tree.add(f"{name}_end", name, tuple(0.8 * way))


def sixth(tree: Tree) -> None:
    for side in SIDES:
        way = 0.03 if side == "left" else -0.03
        root = tree.add(f"{side}_sixth0", f"{side}_hand", (2.5 * way, 0.05, 0.0))
        tree.chain(f"{side}_more", root, (way, 0.0, 0.0), 2)


def skirt(tree: Tree) -> None:
    for number in range(8):
        turn = np.pi * (number + 0.5) / 4
        out = (0.06 * np.cos(turn), 0.06 * np.sin(turn), -0.14)
        tree.chain(f"skirt{number}_", "hips", out, 3)


def wings(tree: Tree) -> None:
    for side, sign in (("left", 1), ("right", -1)):
        tree.chain(f"{side}_wing", "chest", (0.12 * sign, 0.2, 0.08), 4)


TAIL = lambda tree: tree.chain("tail", "hips", (0.0, 0.12, -0.04), 7)  # noqa: E731
CAPE = lambda tree: tree.chain("cape", "chest", (0.0, 0.05, -0.2), 5)  # noqa: E731
SWORD = lambda tree: tree.add("sword", "right_hand", (-0.05, -0.5, 0.0))  # noqa: E731
HAIR = lambda tree: tree.chain("hair", "head", (0.0, 0.05, -0.08), 5)  # noqa: E731
SPLIT_THIGHS = lambda tree: limbs(tree, "upper_leg", "lower_leg", 0.5, "thigh2")  # noqa: E731
SPLIT_SHINS = lambda tree: limbs(tree, "lower_leg", "foot", 0.5, "shin2")  # noqa: E731
SPLIT_FOREARMS = lambda tree: limbs(tree, "lower_arm", "hand", 0.5, "forearm2")  # noqa: E731
SPLIT_ARMS = lambda tree: limbs(tree, "upper_arm", "lower_arm", 0.5, "arm2")  # noqa: E731

# what the body is made of, how it stands, and what is added to it
MADE = {
    **{f"spine of {n}": ({"spine": n}, {}, ()) for n in range(1, 8)},
    **{f"{n} necks": ({"necks": n}, {}, ()) for n in (0, 2, 3, 4)},
    "no clavicles": ({"clavicles": False}, {}, ()),
    "no toes": ({"toes": False}, {}, ()),
    "no legs": ({"legs": False}, {}, ()),
    "no legs, end bones": ({"legs": False, "spine": 4}, {"arm_down_deg": 45.0}, (ends,)),
    "no legs, hair": ({"legs": False, "clavicles": False}, {}, (HAIR,)),
    "split thighs": ({}, {}, (SPLIT_THIGHS,)),
    "split shins": ({}, {}, (SPLIT_SHINS,)),
    "split upper arms": ({}, {}, (SPLIT_ARMS,)),
    "split forearms": ({}, {}, (SPLIT_FOREARMS,)),
    "all limbs split": ({}, {}, (SPLIT_THIGHS, SPLIT_SHINS, SPLIT_ARMS, SPLIT_FOREARMS)),
    "twist bones beside": ({}, {}, (twists,)),
    "end bones": ({}, {}, (ends,)),
    "3 fingers": ({"fingers": 3}, {}, ()),
    "4 fingers": ({"fingers": 4}, {}, ()),
    "6 fingers": ({}, {}, (sixth,)),
    "no fingers": ({"fingers": 0}, {}, ()),
    "tail": ({}, {}, (TAIL,)),
    "skirt": ({}, {}, (skirt,)),
    "cape and hair": ({}, {}, (CAPE, HAIR)),
    "weapon": ({}, {}, (SWORD,)),
    "wings": ({}, {}, (wings,)),
    "A-pose": ({}, {"arm_down_deg": 45.0}, ()),
    "arms down": ({}, {"arm_down_deg": 80.0}, ()),
    "short legs": ({}, {"leg_scale": 0.6}, ()),
    "all at once": (
        {"spine": 4, "necks": 2},
        {"arm_down_deg": 45.0},
        (SPLIT_ARMS, ends, twists, skirt, TAIL),
    ),
}


def map_numbered(rig):
    """The map of a rig whose bones have numbers for names, and number -> name."""
    numbers = random.Random(len(rig)).sample(range(1000), len(rig))
    new = {name: f"bone_{number}" for name, number in zip(rig.names, numbers, strict=True)}
    constraints = tuple(
        replace(constraint, bone=new[constraint.bone], targets=tuple(new[t] for t in constraint.targets))
        for constraint in rig.constraints
    )
    mapping = map_rig(replace(rig, names=tuple(new.values()), constraints=constraints))
    return mapping, {number: name for name, number in new.items()}


def renamed(roles, names):
    return {
        role: names[bones] if isinstance(bones, str) else tuple(names[bone] for bone in bones)
        for role, bones in roles.items()
    }


@pytest.mark.parametrize("turn", [0, 115], ids=["as made", "turned"])
@pytest.mark.parametrize("made", MADE)
def test_a_nameless_body_of_any_counts_has_the_roles_it_was_made_with(made, turn):
    parts, shape, added = MADE[made]
    names = names_of(**parts)
    tree = Tree(body(names, **shape))
    for add in added:
        add(tree)
    joints = tree.joints()
    angle = np.radians(turn)
    axes = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    joints.heads = [axes @ head for head in joints.heads]
    mapping, old = map_numbered(rig_of(joints, seed=5))
    assert renamed(mapping.roles, old) == names
    assert mapping.family == "structure"


def test_a_body_whose_feet_do_not_say_where_it_looks_is_less_sure():
    plain, toeless = (
        map_rig(rig_of(Tree(body(names)).joints()))
        for names in (
            {role: numbered(bones) for role, bones in names_of(toes=toes).items()} for toes in (True, False)
        )
    )
    assert toeless.confidence < plain.confidence < 1.0


def numbered(bones):
    """Names that say nothing."""
    return f"x{abs(hash(bones)) % 10**9}" if isinstance(bones, str) else tuple(map(numbered, bones))


def centaur() -> Joints:
    tree = Tree(body(names_of()))
    tree.add("barrel", "hips", (0.0, 0.6, 0.0))
    for side, sign in (("left", 1), ("right", -1)):
        tree.add(f"{side}_hind0", "barrel", (0.09 * sign, 0.0, -0.03))
        tree.chain(f"{side}_lower", f"{side}_hind0", (0.0, 0.0, -0.3), 3)
    return tree.joints()


def test_a_body_with_four_legs_is_refused_although_it_has_arms():
    joints = centaur()
    joints.names = [f"bone_{number}" for number in range(len(joints.names))]
    with pytest.raises(RetargetError, match="more than two legs"):
        map_rig(rig_of(joints))


def test_bones_along_a_limb_are_its_twist_bones_by_where_they_begin():
    tree = Tree(body(names_of()))
    twists(tree)
    limbs(tree, "lower_leg", "foot", 0.4, "shin2")
    tree.add("pauldron", "left_upper_arm", (0.1, 0.0, 0.1))
    found = map_rig(rig_of(tree.joints())).twist
    for side in SIDES:
        for role in ("upper_arm", "lower_arm", "upper_leg"):
            names, shares = zip(*found[f"{side}_{role}"], strict=True)
            assert names == (f"{side}_{role}_twist0.33", f"{side}_{role}_twist0.66")
            np.testing.assert_allclose(shares, (0.33, 0.66), atol=1e-9)
        [(name, share)] = found[f"{side}_lower_leg"]
        assert name == f"{side}_shin2"
        assert share == pytest.approx(0.4)


def without_legs_and(dropped, grounded=False):
    """A body without legs and some of its roles; `grounded` puts a root on the ground below it."""
    listed = names_of(legs=False).items()
    names = {role: bones for role, bones in listed if role.split("_", 1)[-1] not in dropped}
    return names | ({"root": "root"} if grounded else {})


def test_a_root_on_the_ground_is_not_the_hips_of_a_body_without_legs():
    names = without_legs_and(set(), grounded=True)
    mapping, old = map_numbered(rig_of(body(names)))
    assert renamed(mapping.roles, old) == names


@pytest.mark.parametrize("dropped", [{"thumb"}, {"thumb", "index", "middle", "ring", "little"}])
def test_without_legs_and_without_thumbs_nothing_shows_a_human(dropped):
    with pytest.raises(RetargetError, match="legs"):
        map_numbered(rig_of(body(without_legs_and(dropped))))


def controlled(joints):
    """Each deforming bone hangs on a helper that copies a control, and copies a tweak that hangs there too.

    The helpers hang on each other, the deforming bones do not; IK targets lie at wrists and ankles.
    """
    made, copies = Joints(), []
    lowest = made.add("ground", None, np.zeros(3))
    for name, parent, head in zip(joints.names, joints.parents, joints.heads, strict=True):
        made.add(f"ctl_{name}", f"ctl_{joints.names[parent]}" if parent >= 0 else lowest, head)
    for name, parent, head in zip(joints.names, joints.parents, joints.heads, strict=True):
        made.add(f"org_{name}", f"org_{joints.names[parent]}" if parent >= 0 else lowest, head)
        made.add(f"tweak_{name}", f"org_{name}", head)
        made.add(f"def_{name}", f"org_{name}", head)
        copies += [(f"org_{name}", f"ctl_{name}"), (f"def_{name}", f"tweak_{name}")]
        if name.endswith(("hand", "foot")):
            made.add(f"ik_{name}", lowest, head)
    constraints = tuple(BoneConstraint(bone, "Copy", "COPY_TRANSFORMS", (target,)) for bone, target in copies)
    deform = np.array([name.startswith("def_") for name in made.names])
    return rig_of(made, deform=deform, constraints=constraints)


def test_controls_are_found_where_deforming_bones_hang_on_helpers():
    names = names_of()
    mapping, old = map_numbered(controlled(body(names)))
    found = {role: bones for role, bones in renamed(mapping.roles, old).items() if role != "root"}
    assert found == {
        role: f"ctl_{bones}" if isinstance(bones, str) else tuple(f"ctl_{bone}" for bone in bones)
        for role, bones in names.items()
    }


def test_switches_without_names_are_told_to_the_user():
    rig = controlled(body(names_of()))
    ik = BoneConstraint("org_left_hand", "IK", "COPY_TRANSFORMS", ("ik_left_hand",), 0.0, driven=True)
    mapping, old = map_numbered(replace(rig, constraints=(*rig.constraints, ik)))
    assert old[str(mapping.roles["left_hand"])] == "ctl_left_hand"
    assert any(str(mapping.roles["left_hand"]) in warning and "FK" in warning for warning in mapping.warnings)

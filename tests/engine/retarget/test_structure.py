"""Bodies of odd counts and without names: what a joint is follows from where it lies."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.engine.retarget.bodies import SIDES, Joints, body, plain_names, rig_of
from tmr_engine.errors import RetargetError
from tmr_engine.retarget import map_rig


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


def names_of(spine: int = 2, necks: int = 1, clavicles: bool = True, fingers: int = 5, toes: bool = True):
    names = plain_names(fingers > 0)
    names["spine"] = tuple(f"spine{n}" for n in range(spine - 1))
    names["neck"] = tuple(f"neck{n}" for n in range(necks))
    dropped = {"clavicle"} if not clavicles else set()
    dropped |= set() if toes else {"toe"}
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


@pytest.mark.parametrize("turn", [0, 115], ids=["as made", "turned"])
@pytest.mark.parametrize("made", MADE)
def test_a_nameless_body_of_any_counts_has_the_roles_it_was_made_with(made, turn):
    parts, shape, added = MADE[made]
    names = names_of(**parts)
    tree = Tree(body(names, **shape))
    for add in added:
        add(tree)
    joints = tree.joints()
    if parts.get("toes", True):  # without toes nothing tells front from back
        angle = np.radians(turn)
        axes = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        joints.heads = [axes @ head for head in joints.heads]
    numbers = random.Random(len(joints.names)).sample(range(1000), len(joints.names))
    new = {name: f"bone_{number}" for name, number in zip(joints.names, numbers, strict=True)}
    joints.names = list(new.values())
    mapping = map_rig(rig_of(joints, seed=5))
    old = {number: name for name, number in new.items()}
    found = {
        role: old[bones] if isinstance(bones, str) else tuple(old[bone] for bone in bones)
        for role, bones in mapping.roles.items()
    }
    assert found == names
    assert mapping.family == "structure"


def test_a_body_whose_feet_do_not_say_where_it_looks_is_less_sure():
    plain, toeless = (
        map_rig(rig_of(Tree(body(renamed)).joints()))
        for renamed in (
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

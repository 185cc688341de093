"""Finds a human body without names: by branching, symmetry, proportions and what touches the ground."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..errors import RetargetError
from ..motion.rotation import FloatArray
from .checking import UP, Roles
from .figure import Figure
from .roles import FINGERS
from .structure_fingers import fingers_of, has_end_bones
from .structure_limbs import hand_place, pick_arm, pick_leg

# shares of the body's height; wide, because chibi and long-legged characters are people too
_LEG_DROP = 0.22
_NEAR_GROUND = 0.16
_ARM_REACH = 0.15
_HIP_SIZE = 0.1  # hips lie no farther than this from the middle of the hip joints
_SKULL = 0.5  # a head joint is no farther above the shoulders than this share of the trunk
_SHORT_ARM = 0.45  # an arm is no shorter than this share of the leg

_FIX = "Name the bones after a common rig family, or map them by hand"


@dataclass(frozen=True)
class _Pair:
    """Two branches below one joint that mirror each other."""

    base: int
    first: list[int]
    second: list[int]
    reach: float
    end_height: float
    drop: float


def find_body(figure: Figure) -> tuple[Roles, float]:
    """Roles of a body whose names say nothing, and how sure that is (0 to 1).

    The legs are the mirrored pair of branches that reach the ground, the arms the pair above them that does
    not, the head the end of the branch that goes on upward between the arms. The side is known from where
    the toes point; without toes the body is taken to face -Y.

    Raises:
        RetargetError: too few joints, no legs, more than two legs, no arms, no head, or no upright trunk.
    """
    if len(figure.names) < 10:
        raise RetargetError(f"a body has 10 bones or more, this has {len(figure.names)}", fix=_FIX)
    ground = float(figure.heads[:, 2].min())
    height = max(figure.height, 1e-9)
    pairs = _mirrored_pairs(figure, ground)
    legs = _legs(pairs, height)
    arms = _arms(figure, pairs, legs, height)
    chest = arms.base
    trunk = figure.heads[chest] - figure.heads[legs.base]
    if trunk[2] < 0.6 * np.linalg.norm(trunk):
        raise RetargetError("the trunk is not upright, so this is not a human body", fix=_FIX)
    middle = 0.5 * (figure.heads[legs.first[0]] + figure.heads[legs.second[0]])
    across = _across(figure, legs, arms)
    ends = any(_ends(figure, line) for line in (arms.first, arms.second))
    leg_lines = [
        pick_leg(figure, line, middle, across, ground, ends=ends) for line in (legs.first, legs.second)
    ]
    leg_length = _length(figure, leg_lines[0][:3])
    arm_lines = [pick_arm(figure, line, middle, across, leg_length) for line in (arms.first, arms.second)]
    facing, sure = _facing(figure, leg_lines, across)
    left = np.cross(UP, facing)
    roles: Roles = {}
    for line in sorted(leg_lines, key=lambda line: -_side(figure, line[:3], middle, left)):
        side = "left" if "left_upper_leg" not in roles else "right"
        for part, joint in zip(("upper_leg", "lower_leg", "foot", "toe"), line, strict=False):
            roles[f"{side}_{part}"] = figure.names[joint]
    for clavicle, line in sorted(arm_lines, key=lambda found: -_side(figure, found[1], middle, left)):
        side = "left" if "left_upper_arm" not in roles else "right"
        if clavicle >= 0:
            roles[f"{side}_clavicle"] = figure.names[clavicle]
        for part, joint in zip(("upper_arm", "lower_arm", "hand"), line, strict=False):
            roles[f"{side}_{part}"] = figure.names[joint]
        for finger, joints in fingers_of(figure, line, facing).items():
            roles[f"{side}_{finger}"] = tuple(figure.names[joint] for joint in joints)
    shoulders = float(np.mean([figure.heads[line[0]][2] for _, line in arm_lines]))
    roles["head"] = figure.names[_head(figure, arms, legs, shoulders, ends)]
    roles["hips"] = figure.names[_hips(figure, legs, chest)]
    above = int(figure.parents[chest])
    if figure.heads[chest][2] > shoulders and above >= 0 and above != legs.base:
        roles["chest"], roles["neck"] = (
            figure.names[above],
            (figure.names[chest],),
        )  # arms that hang on a neck
    return roles, _sureness(roles, sure)


def _ends(figure: Figure, arm: list[int]) -> bool:
    place = hand_place(figure, arm)
    return place > 0 and has_end_bones(figure, arm[place - 1], arm[place])


def _hips(figure: Figure, legs: _Pair, chest: int) -> int:
    """The joint that carries trunk and legs; where one above it lies nearer to the hip joints, that one."""
    hips = figure.common([legs.base, chest])
    middle = 0.5 * (figure.heads[legs.first[0]] + figure.heads[legs.second[0]])
    above = int(figure.parents[hips])
    if above < 0:
        return hips
    far, near = (float(np.linalg.norm(figure.heads[joint] - middle)) for joint in (hips, above))
    return above if near < min(0.5 * far, _HIP_SIZE * figure.height) else hips


def _sureness(roles: Roles, facing_known: bool) -> float:
    """How sure a body of this shape is: feet tell front from back, fingers tell arms from other limbs."""
    fingers = any(role.endswith(FINGERS) for role in roles)
    return 0.4 + 0.3 * facing_known + 0.15 * fingers


def _mirrored_pairs(figure: Figure, ground: float) -> list[_Pair]:
    lines = [_longest(figure, joint) for joint in range(len(figure.names))]
    reaches = [_length(figure, line) for line in lines]
    found = []
    for base, children in enumerate(figure.children):
        for first, second in combinations(children, 2):
            pair = _alike(figure, lines[first], lines[second], reaches[first], reaches[second])
            steps = [float(np.linalg.norm(figure.heads[c] - figure.heads[base])) for c in (first, second)]
            reach = [_length(figure, line) + step for line, step in zip(pair, steps, strict=True)]
            ends = [figure.heads[line[-1]] for line in pair]
            size = max(reach)
            if size < 1e-6 or min(reach) < 0.9 * size or len(pair[0]) < 2:
                continue
            if abs(ends[0][2] - ends[1][2]) > 0.1 * size or np.linalg.norm(ends[0] - ends[1]) < 0.05 * size:
                continue
            end = float(min(ends[0][2], ends[1][2]))
            drop = float(figure.heads[base][2] - end)
            found.append(_Pair(base, *pair, size, end - ground, drop))
    return found


def _alike(
    figure: Figure, first: list[int], second: list[int], reach: float, other: float
) -> tuple[list[int], list[int]]:
    """The two lines, the longer one exchanged for one of the other's length: a hand may hold a sword."""
    if min(reach, other) > 0.9 * max(reach, other) or min(reach, other) < _ARM_REACH * figure.height:
        return first, second
    joint, length = (first[0], other) if reach > other else (second[0], reach)
    ends = [below for below in figure.subtree(joint) if not figure.children[below]]
    lines = [figure.path(joint, end) for end in ends]
    best = min(lines, key=lambda line: abs(_length(figure, line) - length))
    return (best, second) if reach > other else (first, best)


def _longest(figure: Figure, joint: int) -> list[int]:
    """The line from a joint to the farthest joint below it, by length along the bones."""
    best: list[int] = [joint]
    best_length = 0.0
    for child in figure.children[joint]:
        line = [joint, *_longest(figure, child)]
        length = _length(figure, line)
        if length > best_length or len(best) == 1:
            best, best_length = line, length
    return best


def _length(figure: Figure, line: list[int]) -> float:
    return float(np.linalg.norm(np.diff(figure.heads[line], axis=0), axis=1).sum())


def _legs(pairs: list[_Pair], height: float) -> _Pair:
    legs = [
        pair
        for pair in pairs
        if pair.drop > _LEG_DROP * height and pair.end_height < _NEAR_GROUND * height and len(pair.first) >= 3
    ]
    if not legs:
        raise RetargetError("no pair of legs reaches the ground, so this is not a human body", fix=_FIX)
    best = max(legs, key=lambda pair: pair.drop)
    others = {pair.base for pair in legs if pair.base != best.base and pair.drop > 0.6 * best.drop}
    rivals = [p for p in legs if p.base == best.base and p is not best and p.reach > 0.8 * best.reach]
    if others or len(rivals) > 2:
        raise RetargetError("more than two legs reach the ground, so this is not a human body", fix=_FIX)
    return best


def _arms(figure: Figure, pairs: list[_Pair], legs: _Pair, height: float) -> _Pair:
    below = {joint for line in (legs.first, legs.second) for joint in figure.subtree(line[0])}
    hips = figure.heads[legs.base][2]
    across = _horizontal(figure.heads[legs.first[0]] - figure.heads[legs.second[0]])
    arms = []
    for pair in pairs:
        if pair.base in below or pair.first[0] in below or len(pair.first) < 3:
            continue
        if figure.heads[pair.first[0]][2] < hips + 0.05 * height or pair.reach < _ARM_REACH * height:
            continue
        spread = figure.heads[pair.first[-1]] - figure.heads[pair.second[-1]]
        if pair.end_height < 0.12 * height or abs(float(spread @ across)) < 0.6 * np.linalg.norm(spread):
            continue
        arms.append(pair)
    if not arms:
        raise RetargetError("no pair of arms hangs above the legs, so this is not a human body", fix=_FIX)
    best = max(arms, key=lambda pair: _arm_likeness(figure, pair, across))
    if best.reach < _SHORT_ARM * legs.reach:
        raise RetargetError("the arms are too short for a human body", fix=_FIX)
    return best


def _arm_likeness(figure: Figure, pair: _Pair, across: FloatArray) -> float:
    """Fingers speak for an arm; lying behind the body (a wing) speaks against it."""
    hand = max((len(figure.children[joint]) for joint in pair.first[2:]), default=0)
    line = figure.heads[pair.first[-1]] - figure.heads[pair.first[0]]
    depth = abs(float(np.cross(UP, across) @ line)) / max(float(np.linalg.norm(line)), 1e-9)
    return min(hand, 5) + pair.reach / figure.height - 3.0 * depth


def _across(figure: Figure, legs: _Pair, arms: _Pair) -> FloatArray:
    hips = _horizontal(figure.heads[legs.first[1]] - figure.heads[legs.second[1]])
    shoulders = _horizontal(figure.heads[arms.first[1]] - figure.heads[arms.second[1]])
    return _horizontal(2.0 * hips + (shoulders if hips @ shoulders > 0 else -shoulders))


def _horizontal(vector: FloatArray) -> FloatArray:
    flat = np.array([vector[0], vector[1], 0.0])
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-9 else np.array([1.0, 0.0, 0.0])


def _facing(figure: Figure, legs: list[list[int]], across: FloatArray) -> tuple[FloatArray, bool]:
    """Where the body looks, and whether the feet say so."""
    forward = np.cross(across, UP)
    toes = np.zeros(3)
    for line in legs:
        foot = line[2] if len(line) > 2 else line[-1]
        ends = [figure.heads[line[3]]] if len(line) > 3 else [figure.heads[c] for c in figure.children[foot]]
        ends.append(figure.tails[foot])
        toes += max((end - figure.heads[foot] for end in ends), key=lambda way: abs(float(way @ forward)))
    lean = float(toes @ forward)
    if abs(lean) > 0.03 * figure.height:
        return (forward if lean > 0 else -forward), True
    return (forward if forward[1] < 0 else -forward), False


def _side(figure: Figure, line: list[int], middle: FloatArray, left: FloatArray) -> float:
    return float(np.mean((figure.heads[line] - middle) @ left))


def _head(figure: Figure, arms: _Pair, legs: _Pair, shoulders: float, ends: bool) -> int:
    """The head: on the branch that rises highest between the arms, the joint where a skull would begin."""
    taken = {arms.first[0], arms.second[0], *figure.ancestors(legs.first[0])}
    rising = []
    for child in figure.children[arms.base]:
        if child in taken:
            continue
        top = max(max(figure.heads[j][2], figure.tails[j][2]) for j in figure.subtree(child))
        tip = figure.heads[max(figure.subtree(child), key=lambda joint: float(figure.heads[joint][2]))]
        way = tip - figure.heads[arms.base]
        if np.linalg.norm(way[:2]) < way[2]:  # wings rise too, but away from the middle
            rising.append((float(top), child))
    if not rising:
        raise RetargetError("no head stands above the arms, so this is not a human body", fix=_FIX)
    child = max(rising)[1]
    line = [child]
    while True:
        below = figure.children[line[-1]]
        if len(below) != 1 or not _rises(figure, line[-1], below[0]):
            break
        line.append(below[0])
    if ends and len(line) > 1 and not figure.children[line[-1]]:
        line.pop()
    trunk = shoulders - float(figure.heads[legs.base][2])
    while len(line) > 1 and _beyond_head(figure, line, shoulders + _SKULL * trunk):
        line.pop()
    joint = line[-1]
    if figure.heads[joint][2] <= figure.heads[arms.base][2]:
        raise RetargetError("no head stands above the arms, so this is not a human body", fix=_FIX)
    return joint


def _rises(figure: Figure, lower: int, upper: int) -> bool:
    """Whether a step leads up rather than forward to the face."""
    step = figure.heads[upper] - figure.heads[lower]
    return bool(step[2] > 0.4 * np.linalg.norm(step))


def _beyond_head(figure: Figure, line: list[int], skull: float) -> bool:
    """Whether the last joint of a neck line is no head: the top of the skull, or a second one at its base."""
    steps = np.linalg.norm(np.diff(figure.heads[line], axis=0), axis=1)
    if steps[-1] < 0.005 * figure.height:
        return True
    if figure.children[line[-1]]:
        return False
    return bool(figure.heads[line[-1]][2] > skull)

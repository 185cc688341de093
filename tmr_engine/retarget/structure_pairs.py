"""Branches that mirror each other: which pair is the legs and which the arms."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..errors import RetargetError
from ..motion.rotation import FloatArray
from .checking import UP
from .figure import Figure
from .structure_fingers import has_thumb
from .structure_limbs import hand_place

# shares of the body's height; wide, because chibi and long-legged characters are people too
_LEG_DROP = 0.22
_NEAR_GROUND = 0.16
_ARM_REACH = 0.15
_SHORT_ARM = 0.45  # an arm is no shorter than this share of the leg

FIX = "Name the bones after a common rig family, or map them by hand"


@dataclass(frozen=True)
class Pair:
    """Two branches below one joint that mirror each other."""

    base: int
    first: list[int]
    second: list[int]
    reach: float
    end_height: float
    drop: float


def mirrored_pairs(figure: Figure, ground: float) -> list[Pair]:
    """Every two branches below one joint that are alike in length and end at one height, apart."""
    lines = [_longest(figure, joint) for joint in range(len(figure.names))]
    reaches = [length_of(figure, line) for line in lines]
    found = []
    for base, children in enumerate(figure.children):
        for first, second in combinations(children, 2):
            pair = _alike(figure, lines[first], lines[second], reaches[first], reaches[second])
            steps = [float(np.linalg.norm(figure.heads[c] - figure.heads[base])) for c in (first, second)]
            reach = [length_of(figure, line) + step for line, step in zip(pair, steps, strict=True)]
            ends = [figure.heads[line[-1]] for line in pair]
            size = max(reach)
            if size < 1e-6 or min(reach) < 0.9 * size or len(pair[0]) < 2:
                continue
            if abs(ends[0][2] - ends[1][2]) > 0.1 * size or np.linalg.norm(ends[0] - ends[1]) < 0.05 * size:
                continue
            end = float(min(ends[0][2], ends[1][2]))
            drop = float(figure.heads[base][2] - end)
            found.append(Pair(base, *pair, size, end - ground, drop))
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
    best = min(lines, key=lambda line: abs(length_of(figure, line) - length))
    return (best, second) if reach > other else (first, best)


def _longest(figure: Figure, joint: int) -> list[int]:
    """The line from a joint to the farthest joint below it, by length along the bones."""
    best: list[int] = [joint]
    best_length = 0.0
    for child in figure.children[joint]:
        line = [joint, *_longest(figure, child)]
        length = length_of(figure, line)
        if length > best_length or len(best) == 1:
            best, best_length = line, length
    return best


def length_of(figure: Figure, line: list[int]) -> float:
    """Length along a line of joints."""
    return float(np.linalg.norm(np.diff(figure.heads[line], axis=0), axis=1).sum())


def legs_of(pairs: list[Pair], height: float) -> Pair:
    """The pair that reaches the ground.

    Raises:
        RetargetError: there is none, or more than one.
    """
    legs = standing(pairs, height)
    if not legs:
        raise RetargetError("no pair of legs reaches the ground, so this is not a human body", fix=FIX)
    best = max(legs, key=lambda pair: pair.drop)
    others = {pair.base for pair in legs if pair.base != best.base and pair.drop > 0.6 * best.drop}
    rivals = [p for p in legs if p.base == best.base and p is not best and p.reach > 0.8 * best.reach]
    if others or len(rivals) > 2:
        raise RetargetError("more than two legs reach the ground, so this is not a human body", fix=FIX)
    return best


def standing(pairs: list[Pair], height: float) -> list[Pair]:
    """Pairs that reach down to the ground."""
    return [
        pair
        for pair in pairs
        if pair.drop > _LEG_DROP * height and pair.end_height < _NEAR_GROUND * height and len(pair.first) >= 3
    ]


def arms_of(figure: Figure, pairs: list[Pair], legs: Pair, height: float) -> Pair:
    """The pair above the legs that is most like arms.

    Raises:
        RetargetError: there is none, or the arms are too short.
    """
    below = {joint for line in (legs.first, legs.second) for joint in figure.subtree(line[0])}
    hips = figure.heads[legs.base][2]
    across = horizontal(figure.heads[legs.first[0]] - figure.heads[legs.second[0]])
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
        raise RetargetError("no pair of arms hangs above the legs, so this is not a human body", fix=FIX)
    best = max(arms, key=lambda pair: _arm_likeness(figure, pair, across))
    if best.reach < _SHORT_ARM * legs.reach:
        raise RetargetError("the arms are too short for a human body", fix=FIX)
    return best


def hands_of(figure: Figure, pairs: list[Pair]) -> Pair:
    """The pair that ends in hands with thumbs, which alone tell arms where there are no legs.

    Raises:
        RetargetError: there is none, or the body stands on legs.
    """
    handed = [pair for pair in pairs if _has_hand(figure, pair.first) and _has_hand(figure, pair.second)]
    legs = [
        pair for pair in standing(pairs, figure.height) if pair not in handed
    ]  # hands may hang to the hips
    if not handed or legs:
        raise RetargetError("there are neither human legs nor hands, so this is no human body", fix=FIX)
    return max(handed, key=lambda pair: pair.reach)


def _has_hand(figure: Figure, line: list[int]) -> bool:
    place = hand_place(figure, line)
    return place > 0 and has_thumb(figure, line, place)


def _arm_likeness(figure: Figure, pair: Pair, across: FloatArray) -> float:
    """Fingers speak for an arm; lying behind the body (a wing) speaks against it."""
    hand = max((len(figure.children[joint]) for joint in pair.first[2:]), default=0)
    line = figure.heads[pair.first[-1]] - figure.heads[pair.first[0]]
    depth = abs(float(np.cross(UP, across) @ line)) / max(float(np.linalg.norm(line)), 1e-9)
    return min(hand, 5) + pair.reach / figure.height - 3.0 * depth


def horizontal(vector: FloatArray) -> FloatArray:
    """(3,) unit vector of what is level in a vector."""
    flat = np.array([vector[0], vector[1], 0.0])
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-9 else np.array([1.0, 0.0, 0.0])

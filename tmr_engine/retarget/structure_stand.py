"""What the trunk of a body without names stands on: its legs, or, where it has none, its lowest joint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import RetargetError
from ..motion.rotation import FloatArray
from .figure import Figure
from .structure_limbs import pick_leg
from .structure_pairs import FIX, Pair, horizontal, length_of

_HIP_SIZE = 0.1  # hips lie no farther than this from the middle of the hip joints
_LEG = 1.8  # legs that are not there are taken to be this many times as long as the trunk


@dataclass(frozen=True, eq=False)
class Stand:
    """The lower end of a trunk.

    Args:
        base: the joint that the legs hang on, or the hips.
        hips: the joint that carries trunk and legs.
        middle: (3,) between the hip joints.
        across: (3,) level unit vector from side to side.
        leg: length of a leg.
        legs: hip, knee, ankle and toe of each; empty without legs.
    """

    base: int
    hips: int
    middle: FloatArray
    across: FloatArray
    leg: float
    legs: list[list[int]]


def on_legs(figure: Figure, legs: Pair, arms: Pair, ground: float, *, ends: bool) -> Stand:
    """The stand of a body with legs.

    Args:
        figure: the body.
        legs, arms: its limbs.
        ground: height of its lowest joint.
        ends: lines of bones end in one that only marks their end.
    """
    middle = 0.5 * (figure.heads[legs.first[0]] + figure.heads[legs.second[0]])
    across = _across(figure, legs, arms)
    lines = [pick_leg(figure, line, middle, across, ground, ends=ends) for line in (legs.first, legs.second)]
    hips = _hips(figure, legs.base, arms.base, middle)
    return Stand(legs.base, hips, middle, across, length_of(figure, lines[0][:3]), lines)


def without_legs(figure: Figure, arms: Pair) -> Stand:
    """The stand of a body that ends at its hips: its lowest joint above a root on the ground.

    Raises:
        RetargetError: the arms hang on no trunk.
    """
    line = figure.ancestors(arms.base)
    steps = [float(np.linalg.norm(step)) for step in np.diff(figure.heads[line], axis=0)]
    while len(line) > 2 and not 1e-3 * figure.height < steps[-1] < sum(steps[:-1]):
        line.pop()  # a root: far below, or in the place of the hips
        steps.pop()
    if len(line) < 2:
        raise RetargetError("there is no trunk below the arms, so this is not a human body", fix=FIX)
    hips = line[-1]
    across = horizontal(figure.heads[arms.first[1]] - figure.heads[arms.second[1]])
    return Stand(hips, hips, figure.heads[hips], across, _LEG * sum(steps), [])


def _hips(figure: Figure, fork: int, chest: int, middle: FloatArray) -> int:
    """The joint that carries trunk and legs; where one above it lies nearer to the hip joints, that one."""
    hips = figure.common([fork, chest])
    above = int(figure.parents[hips])
    if above < 0:
        return hips
    far, near = (float(np.linalg.norm(figure.heads[joint] - middle)) for joint in (hips, above))
    return above if near < min(0.5 * far, _HIP_SIZE * figure.height) else hips


def _across(figure: Figure, legs: Pair, arms: Pair) -> FloatArray:
    hips = horizontal(figure.heads[legs.first[1]] - figure.heads[legs.second[1]])
    shoulders = horizontal(figure.heads[arms.first[1]] - figure.heads[arms.second[1]])
    return horizontal(2.0 * hips + (shoulders if hips @ shoulders > 0 else -shoulders))

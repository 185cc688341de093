"""Which joint above the arms is the head."""

from __future__ import annotations

import numpy as np

from ..errors import RetargetError
from .figure import Figure
from .structure_pairs import FIX, Pair

_SKULL = 0.5  # a head joint is no farther above the shoulders than this share of the trunk


def head_of(figure: Figure, arms: Pair, trunk: tuple[int, list[int]], shoulders: float, *, ends: bool) -> int:
    """The head: on the branch that rises highest between the arms, the joint where a skull would begin.

    Args:
        figure: the body.
        arms: its arms.
        trunk: the joint on which the trunk stands, and the way to the legs.
        shoulders: their height.
        ends: lines of bones end in one that only marks their end.

    Raises:
        RetargetError: nothing rises above the arms.
    """
    base, legs = trunk
    taken = {arms.first[0], arms.second[0], *legs}
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
        raise RetargetError("no head stands above the arms, so this is not a human body", fix=FIX)
    child = max(rising)[1]
    line = [child]
    while True:
        below = figure.children[line[-1]]
        if len(below) != 1 or not _rises(figure, line[-1], below[0]):
            break
        line.append(below[0])
    if ends and len(line) > 1 and not figure.children[line[-1]]:
        line.pop()
    length = shoulders - float(figure.heads[base][2])
    while len(line) > 1 and _beyond_head(figure, line, shoulders + _SKULL * length):
        line.pop()
    joint = line[-1]
    if figure.heads[joint][2] <= figure.heads[arms.base][2]:
        raise RetargetError("no head stands above the arms, so this is not a human body", fix=FIX)
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

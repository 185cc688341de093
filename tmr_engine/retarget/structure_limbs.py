"""Which joints of a limb's line are its shoulder, elbow and wrist, or hip, knee and ankle."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..motion.rotation import FloatArray
from .figure import Figure

_BALL = 0.68  # of the way from the ankle to the tip of the toes, seen from above


def pick_leg(
    figure: Figure, line: list[int], middle: FloatArray, across: FloatArray, ground: float, *, ends: bool
) -> list[int]:
    """Hip, knee, ankle and, where there is one, toe, out of the line from the pelvis to the ground.

    A thigh and a shin are about equally long, an ankle is near the ground, a hip joint is off the middle.
    With `ends`, the line's last joint only marks where its last bone ends.
    """
    if ends and len(line) > 4:
        line = line[:-1]
    height = max(figure.height, 1e-9)
    best, best_cost = line[:3], np.inf
    for hip, knee, ankle in combinations(range(len(line)), 3):
        joints = [line[hip], line[knee], line[ankle]]
        thigh, shin = _spans(figure, joints)
        if min(thigh, shin) < 1e-6:
            continue
        off = abs(float((figure.heads[joints[0]] - middle) @ across)) / height
        low = (figure.heads[joints[2]][2] - ground) / height
        cost = np.log(thigh / shin) ** 2 + 40.0 * max(0.0, 0.03 - off) + 8.0 * abs(low - 0.055)
        cost += 9.5 * _tilt(figure, joints[1], joints[2])  # a foot leads away from under the knee
        cost -= 2.0 * (thigh + shin) / height  # the longest such leg
        if cost < best_cost:
            best, best_cost = joints, float(cost)
    ball = _ball(figure, line[line.index(best[2]) :])
    return best if ball < 0 else [*best, ball]


def _tilt(figure: Figure, upper: int, lower: int) -> float:
    """Square of the sine between a bone and the vertical."""
    way = figure.heads[lower] - figure.heads[upper]
    return float((way[:2] @ way[:2]) / (way @ way))


def _ball(figure: Figure, line: list[int]) -> int:
    """The ball of the foot in the line from the ankle to the tip of the toes; -1 where there is none.

    It lies at about two thirds of the foot's length; feet with a chain for each toe have no such joint.
    """
    ankle, below = line[0], figure.children[line[0]]
    if len(line) < 2 or len([joint for joint in below if figure.children[joint]]) > 2:
        return -1
    flat = figure.heads[:, :2] - figure.heads[ankle, :2]
    reach = np.linalg.norm(flat[line[1:]], axis=1)
    tip = float(np.linalg.norm(figure.tails[line[-1], :2] - figure.heads[ankle, :2]))
    length = max(float(reach.max()), min(tip, 1.5 * float(reach.max())))
    if length < 1e-9:
        return line[1]
    return line[1 + int(np.abs(reach / length - _BALL).argmin())]


def pick_arm(
    figure: Figure, line: list[int], middle: FloatArray, across: FloatArray, leg: float
) -> tuple[int, list[int]]:
    """The clavicle (-1 where there is none) and shoulder, elbow, wrist of the line from the chest outward."""
    hand = hand_place(figure, line)
    best, best_cost = line[:3], np.inf
    last = [hand] if hand >= 0 else list(range(2, len(line)))
    for wrist in last:
        for shoulder, elbow in combinations(range(wrist), 2):
            joints = [line[shoulder], line[elbow], line[wrist]]
            upper, lower = _spans(figure, joints)
            if min(upper, lower) < 1e-6:
                continue
            off = abs(float((figure.heads[joints[0]] - middle) @ across))
            cost = np.log(upper / (1.1 * lower)) ** 2
            cost += 2.0 * np.log((upper + lower) / (0.63 * leg)) ** 2
            cost += 1.0 * np.log(max(off, 1e-3 * leg) / (0.2 * leg)) ** 2
            if cost < best_cost:
                best, best_cost = joints, float(cost)
    before = line[: line.index(best[0])]
    apart = [
        joint
        for joint, after in zip(before, line[1:], strict=False)
        if np.linalg.norm(figure.heads[after] - figure.heads[joint]) > 0.01 * leg
    ]  # a helper at the clavicle's own place may lie above it
    return (apart[0] if apart else -1), best


def _spans(figure: Figure, joints: list[int]) -> tuple[float, float]:
    first, second = np.linalg.norm(np.diff(figure.heads[joints], axis=0), axis=1)
    return float(first), float(second)


def hand_place(figure: Figure, line: list[int]) -> int:
    """The place in the line where fingers branch off; -1 where nothing does.

    Twist bones branch off too, but lie between their joint and the next; fingers lie beyond.
    """
    for place in range(2, len(line)):
        joint = line[place]
        way = figure.heads[joint] - figure.heads[line[place - 1]]
        beyond = [
            c for c in figure.children[joint] if float((figure.heads[c] - figure.heads[joint]) @ way) > 0
        ]
        if len([c for c in beyond if figure.children[c]]) >= 2 or len(beyond) >= 4:
            return place
    return -1

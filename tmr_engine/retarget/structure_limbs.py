"""Which joints of a limb's line are its shoulder, elbow and wrist, or hip, knee and ankle."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..motion.rotation import FloatArray
from .figure import Figure


def pick_leg(
    figure: Figure, line: list[int], middle: FloatArray, across: FloatArray, ground: float
) -> list[int]:
    """Hip, knee, ankle and, where there is one, toe, out of the line from the pelvis to the ground.

    A thigh and a shin are about equally long, an ankle is near the ground, a hip joint is off the middle.
    """
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
        cost -= 2.0 * (thigh + shin) / height  # the longest such leg
        if cost < best_cost:
            best, best_cost = joints, float(cost)
    foot = best[2]
    toes = [
        child for child in figure.children[foot] if figure.children[child] or len(figure.children[foot]) == 1
    ]
    ahead = line[line.index(foot) + 1 :][:1]
    if ahead and len(toes) <= 2:
        return [*best, ahead[0]]
    return best


def pick_arm(
    figure: Figure, line: list[int], middle: FloatArray, across: FloatArray, leg: float
) -> tuple[int, list[int]]:
    """The clavicle (-1 where there is none) and shoulder, elbow, wrist of the line from the chest outward."""
    hand = _hand(figure, line)
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
    before = line.index(best[0])
    return (line[0] if before > 0 else -1), best


def _spans(figure: Figure, joints: list[int]) -> tuple[float, float]:
    first, second = np.linalg.norm(np.diff(figure.heads[joints], axis=0), axis=1)
    return float(first), float(second)


def _hand(figure: Figure, line: list[int]) -> int:
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


def fingers_of(figure: Figure, arm: list[int], facing: FloatArray) -> dict[str, list[int]]:
    """Finger name -> up to three joints, outward. Empty where the chains are too few to tell them apart."""
    if len(arm) < 3:
        return {}
    hand = arm[2]
    chains = [_chain(figure, child) for child in figure.children[hand]]
    chains = [chain for chain in chains if len(chain) >= 2]
    if len(chains) not in (4, 5):
        return {}
    knuckles = [_knuckle(figure, chain) for chain in chains]
    roots = [figure.heads[chain[0]] for chain in knuckles]
    way = figure.heads[hand] - figure.heads[arm[1]]
    way = way / max(float(np.linalg.norm(way)), 1e-12)
    advance = [float((root - figure.heads[hand]) @ way) for root in roots]
    order = list(range(len(chains)))
    thumb = min(order, key=lambda place: advance[place]) if len(chains) == 5 else -1
    rest = [place for place in order if place != thumb]
    if thumb >= 0:
        rest.sort(key=lambda place: float(np.linalg.norm(roots[place] - roots[thumb])))
    else:
        rest.sort(key=lambda place: -float(roots[place] @ facing))
    named = {"thumb": knuckles[thumb]} if thumb >= 0 else {}
    named |= {name: knuckles[p] for name, p in zip(("index", "middle", "ring", "little"), rest, strict=True)}
    return {name: chain[:3] for name, chain in named.items()}


def _chain(figure: Figure, joint: int) -> list[int]:
    line = [joint]
    while figure.children[line[-1]]:
        line.append(figure.children[line[-1]][0])
    return line


def _knuckle(figure: Figure, chain: list[int]) -> list[int]:
    """The chain without its metacarpal: of four joints the first is one when its bone is the longest."""
    if len(chain) < 4:
        return chain
    first, second = np.linalg.norm(np.diff(figure.heads[chain[:3]], axis=0), axis=1)
    return chain[1:] if first > 1.25 * second else chain

"""Tells the fingers of a hand apart by where they lie: metacarpals, end bones and any number of fingers."""

from __future__ import annotations

import numpy as np

from ..motion.rotation import FloatArray
from .figure import Figure
from .roles import FINGERS

_METACARPAL = 0.33  # a metacarpal begins nearer to the wrist than this share of the way to the finger's end
_THUMB = 0.7  # a thumb's root lies nearer to the wrist than this share of the other fingers' roots


def fingers_of(figure: Figure, arm: list[int], facing: FloatArray) -> dict[str, list[int]]:
    """Finger name -> up to three joints, outward.

    The thumb is the finger whose root is nearest to the wrist; the others follow each other across the palm,
    from the thumb's side on. A hand without a thumb begins in front. A sixth finger keeps its rest pose.

    Args:
        figure: the body.
        arm: shoulder, elbow and wrist.
        facing: (3,) where the body looks, world.
    """
    if len(arm) < 3:
        return {}
    chains, knuckles, thumb = _hand(figure, arm[1], arm[2])
    if len(knuckles) < 2:  # one chain is a mitten, whose joints are no finger's
        return {}
    way = figure.heads[arm[2]] - figure.heads[arm[1]]
    way = way / max(float(np.linalg.norm(way)), 1e-12)
    rest = [place for place in range(len(knuckles)) if place != thumb]
    found = {"thumb": chains[thumb]} if thumb >= 0 else {}
    near = figure.heads[knuckles[thumb][0]] if thumb >= 0 else None
    ordered = _across_palm(figure, [knuckles[place] for place in rest], way, near, facing)
    found |= dict(zip(FINGERS[1:], ordered, strict=False))
    return {name: chain[:3] for name, chain in found.items()}


def has_end_bones(figure: Figure, elbow: int, hand: int) -> bool:
    """Whether lines of bones end in one that only marks their end: a thumb of four joints shows it."""
    chains, _, thumb = _hand(figure, elbow, hand)
    return thumb >= 0 and len(chains[thumb]) > 3


def has_thumb(figure: Figure, arm: list[int], place: int) -> bool:
    """Whether a line of joints ends in a human hand at a place: a thumb and two fingers or more."""
    chains, _, thumb = _hand(figure, arm[place - 1], arm[place])
    return thumb >= 0 and len(chains) > 2


def thumb_side(figure: Figure, arm: list[int]) -> FloatArray:
    """(3,) from the roots of the other fingers to that of the thumb; nothing where there is none."""
    if len(arm) < 3:
        return np.zeros(3)
    _, knuckles, thumb = _hand(figure, arm[1], arm[2])
    if thumb < 0:
        return np.zeros(3)
    roots = figure.heads[[chain[0] for chain in knuckles]]
    side: FloatArray = roots[thumb] - np.delete(roots, thumb, axis=0).mean(axis=0)
    return side


def _hand(figure: Figure, elbow: int, hand: int) -> tuple[list[list[int]], list[list[int]], int]:
    """The fingers of a hand, the same without metacarpals, and the thumb's place among them (-1: none)."""
    chains = [chain for chain in _chains(figure, hand) if len(chain) >= 2]
    knuckles = [_without_metacarpal(figure, chain, figure.heads[hand]) for chain in chains]
    way = figure.heads[hand] - figure.heads[elbow]
    way = way / max(float(np.linalg.norm(way)), 1e-12)
    return chains, knuckles, _thumb(figure, knuckles, figure.heads[hand], way)


def _chains(figure: Figure, hand: int) -> list[list[int]]:
    """The lines of joints that hang on a hand; one that forks (a palm bone) gives a line for each fork."""
    found = []
    for child in figure.children[hand]:
        line = [child]
        while figure.children[line[-1]]:
            below = figure.children[line[-1]]
            long = [joint for joint in below if figure.children[joint]]
            if len(long) > 1:
                found.extend(_chains(figure, line[-1]))
                line = []
                break
            line.append(long[0] if long else below[0])
        if line:
            found.append(line)
    return found


def _without_metacarpal(figure: Figure, chain: list[int], hand: FloatArray) -> list[int]:
    if len(chain) < 4:
        return chain
    root, end = (float(np.linalg.norm(figure.heads[joint] - hand)) for joint in (chain[0], chain[-1]))
    return chain[1:] if root < _METACARPAL * end else chain


def _thumb(figure: Figure, chains: list[list[int]], hand: FloatArray, way: FloatArray) -> int:
    """The place of the thumb in the list, -1 where there is none."""
    if len(chains) < 2:
        return -1
    advance = np.array([(figure.heads[chain[0]] - hand) @ way for chain in chains])
    first = int(advance.argmin())
    others = float(np.delete(advance, first).mean())
    return first if len(chains) >= 5 or advance[first] < _THUMB * others else -1


def _across_palm(
    figure: Figure, chains: list[list[int]], way: FloatArray, thumb: FloatArray | None, facing: FloatArray
) -> list[list[int]]:
    """The fingers in order, the one on the thumb's side (or in front) first."""
    if len(chains) < 2:
        return chains
    roots = figure.heads[[chain[0] for chain in chains]]
    spread = roots - roots.mean(axis=0)
    spread = spread - np.outer(spread @ way, way)
    across: FloatArray = np.linalg.svd(spread)[2][0]
    toward = facing if thumb is None else thumb - roots.mean(axis=0)
    places = spread @ across * (1.0 if float(across @ toward) > 0 else -1.0)
    return [chains[place] for place in np.argsort(-places, kind="stable")]

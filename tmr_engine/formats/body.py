"""Finds legs, arms and head of a skeleton by its build alone, whatever the joints are called.

Readers need that little anatomy to recognise units (by the body's height), the up axis and rest poses.
Bone names are the retarget mapper's business (`tmr_engine.retarget`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..motion.rotation import FloatArray

# Thigh and shin together are 0.491 of the stature (Drillis and Contini 1966: 0.245 and 0.246).
_LEG_SHARE = 0.491
# A limb reaches further than this share of the longest way from the root; fingers and toes do not.
_LIMB_SHARE = 0.25
_PAIR_TOLERANCE = 0.12


@dataclass(frozen=True)
class Body:
    """Joints of a body by index.

    Args:
        pelvis, chest: where the legs and the arms branch off.
        legs, arms: two limbs each, as (upper, middle, end): hip knee ankle, shoulder elbow wrist.
        feet: the far ends of the legs.
        head: the far end of the chain that goes on above the chest; the chest itself where there is none.
    """

    pelvis: int
    chest: int
    legs: tuple[tuple[int, int, int], tuple[int, int, int]]
    arms: tuple[tuple[int, int, int], tuple[int, int, int]]
    feet: tuple[int, int]
    head: int


def reaches(parents: Sequence[int], offsets: FloatArray) -> FloatArray:
    """(J,) the longest way from each joint down to a leaf, in the offsets' unit. Parents stand first."""
    lengths = np.linalg.norm(offsets, axis=-1)
    reach = np.zeros(len(lengths))
    for joint in range(len(lengths) - 1, 0, -1):
        parent = parents[joint]
        reach[parent] = max(reach[parent], reach[joint] + lengths[joint])
    return reach


def find_body(parents: Sequence[int], offsets: FloatArray) -> Body | None:
    """The body in a skeleton; None where it is not built like a person.

    Args:
        parents: index of each joint's parent, -1 for joint 0; parents stand before their children.
        offsets: (J, 3) in any unit.
    """
    lengths = np.linalg.norm(offsets, axis=-1)
    reach = reaches(parents, offsets)
    children: list[list[int]] = [[] for _ in parents]
    from_root = np.zeros(len(lengths))
    for joint in range(1, len(lengths)):
        children[parents[joint]].append(joint)
        from_root[joint] = from_root[parents[joint]] + lengths[joint]
    pairs = _limb_pairs(children, lengths + reach, _LIMB_SHARE * reach[0])
    for number, (_, first) in enumerate(pairs):
        for _, second in pairs[number + 1 :]:
            low, high = sorted((first, second), key=lambda pair: from_root[parents[pair[0]]])
            pelvis, chest = parents[low[0]], parents[high[0]]
            if pelvis == chest or _is_below(chest, low, parents):
                continue
            limbs = [_long_bones(joint, children, lengths, reach) for joint in (*low, *high)]
            if all(limbs):
                others = [joint for joint in children[chest] if joint not in high]
                head = max(others, key=lambda joint: lengths[joint] + reach[joint], default=chest)
                feet = [_chain(joint, children, lengths + reach)[-1] for joint in low]
                return Body(
                    pelvis=pelvis,
                    chest=chest,
                    legs=(limbs[0], limbs[1]),  # type: ignore[arg-type]
                    arms=(limbs[2], limbs[3]),  # type: ignore[arg-type]
                    feet=(feet[0], feet[1]),
                    head=_chain(head, children, lengths + reach)[-1],
                )
    return None


def stature(parents: Sequence[int], offsets: FloatArray) -> float:
    """How tall the body stands, in the offsets' unit; pose does not matter. 0 where there is no length."""
    body = find_body(parents, offsets)
    if body is None:
        # a person's hand is about 0.75 of the stature away from the hips, along the bones
        return float(reaches(parents, offsets)[0] / 0.75)
    lengths = np.linalg.norm(offsets, axis=-1)
    legs = [_length_between(hip, ankle, parents, lengths) for hip, _, ankle in body.legs]
    return float(np.mean(legs) / _LEG_SHARE)


def trunk_up(body: Body, positions: FloatArray) -> FloatArray:
    """(..., 3) unit vectors from the feet to the head, for positions (..., J, 3)."""
    along = positions[..., body.head, :] - positions[..., list(body.feet), :].mean(axis=-2)
    return unit(along)


def shows_human(body: Body, positions: FloatArray) -> bool:
    """Whether a pose (J, 3) can be a person's: legs go down where the trunk goes up, hips apart."""
    trunk = unit(positions[body.chest] - positions[body.pelvis])
    legs = [unit(positions[ankle] - positions[hip]) for hip, _, ankle in body.legs]
    crown = positions[body.head] - positions[body.chest]
    head_is_up = body.head == body.chest or float(crown @ trunk) > 0
    hips_apart = float(np.linalg.norm(positions[body.legs[0][0]] - positions[body.legs[1][0]])) > 1e-6
    return head_is_up and hips_apart and all(float(leg @ trunk) < -0.5 for leg in legs)


def straightness(body: Body, positions: FloatArray) -> FloatArray:
    """(...) how straight the limbs are in poses (..., J, 3): the worst limb's cosine at elbow or knee."""
    cosines = []
    for upper, middle, end in (*body.legs, *body.arms):
        first = unit(positions[..., middle, :] - positions[..., upper, :])
        second = unit(positions[..., end, :] - positions[..., middle, :])
        cosines.append(np.sum(first * second, axis=-1))
    worst: FloatArray = np.min(np.stack(cosines), axis=0)
    return worst


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors (..., 3) at length 1; a zero vector stays zero."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: FloatArray = vectors / np.where(norms > 1e-12, norms, 1.0)
    return scaled


def _limb_pairs(
    children: list[list[int]], reach: FloatArray, least: float
) -> list[tuple[float, tuple[int, int]]]:
    """Siblings that reach equally far, the furthest first: legs, arms, and what looks like them."""
    pairs = []
    for siblings in children:
        ranked = sorted((joint for joint in siblings if reach[joint] > least), key=lambda j: -reach[j])
        for number, one in enumerate(ranked):
            for other in ranked[number + 1 :]:
                if reach[one] - reach[other] <= _PAIR_TOLERANCE * reach[one]:
                    pairs.append((float(reach[one] + reach[other]), (one, other)))
    return sorted(pairs, key=lambda pair: -pair[0])[:32]


def _is_below(joint: int, above: tuple[int, int], parents: Sequence[int]) -> bool:
    while joint >= 0:
        if joint in above:
            return True
        joint = parents[joint]
    return False


def _chain(joint: int, children: list[list[int]], reach: FloatArray) -> list[int]:
    """The joints from one down to its furthest leaf."""
    chain = [joint]
    while children[chain[-1]]:
        chain.append(max(children[chain[-1]], key=lambda child: reach[child]))
    return chain


def _long_bones(
    joint: int, children: list[list[int]], lengths: FloatArray, reach: FloatArray
) -> tuple[int, int, int] | None:
    """The three joints around the two long bones of a limb."""
    chain = [one for one in _chain(joint, children, lengths + reach) if one == joint or lengths[one] > 1e-9]
    if len(chain) < 3:
        return None
    spans = [lengths[chain[i + 1]] + lengths[chain[i + 2]] for i in range(len(chain) - 2)]
    best = int(np.argmax(spans))
    return chain[best], chain[best + 1], chain[best + 2]


def _length_between(upper: int, lower: int, parents: Sequence[int], lengths: FloatArray) -> float:
    total = 0.0
    while lower != upper:
        total += float(lengths[lower])
        lower = parents[lower]
    return total

"""The deforming bones of a rig as a body of their own, where controls hide the shape of the whole."""

from __future__ import annotations

import numpy as np

from .figure import Figure
from .rig import Rig

_FEWEST = 10
_SAME = 1e-3  # joints nearer than this share of the height are one


def deforming(figure: Figure, rig: Rig) -> Figure | None:
    """The deforming bones, each below the nearest deforming one above it.

    Controls double every limb, so a rig with controls seems to have four legs and more. Its deforming bones
    need not hang on each other either: a helper that lies where a deforming bone lies stands for it. None
    where all bones deform or too few do.

    Args:
        figure: of the whole rig, one joint a bone.
        rig: the armature.
    """
    kept = [int(joint) for joint in np.flatnonzero(rig.deform)]
    if len(kept) == len(rig) or len(kept) < _FEWEST:
        return None
    above = {joint: _above(figure, joint, kept) for joint in kept}
    order = sorted(kept, key=lambda joint: len(_line(above, joint)))
    places = {joint: place for place, joint in enumerate(order)}
    return Figure(
        tuple(figure.names[joint] for joint in order),
        np.array([places.get(above[joint], -1) for joint in order], dtype=np.int64),
        figure.heads[order],
        figure.tails[order],
        figure.bare[order],
    )


def _above(figure: Figure, joint: int, kept: list[int]) -> int:
    """The deforming bone that carries one, itself or by a helper in its place; -1 where there is none."""
    deforms = set(kept)
    ancestors = figure.ancestors(joint)[1:]
    own = next((bone for bone in ancestors if bone in deforms), -1)
    if own >= 0:
        return own
    for helper in ancestors:
        if (bone := _in_place(figure, helper, kept)) >= 0 and bone != joint:
            return bone if joint not in _helped(figure, bone, kept) else -1
    return -1


def _helped(figure: Figure, joint: int, kept: list[int]) -> set[int]:
    """Deforming bones in whose places the helpers above a bone lie."""
    return {_in_place(figure, helper, kept) for helper in figure.ancestors(joint)[1:]}


def _in_place(figure: Figure, helper: int, kept: list[int]) -> int:
    """The deforming bone with the same joint and the same end as a helper, -1 where there is none."""
    heads, tails = figure.heads[kept] - figure.heads[helper], figure.tails[kept] - figure.tails[helper]
    far = np.linalg.norm(np.concatenate([heads, tails], axis=1), axis=1)
    return kept[int(far.argmin())] if far.min() < _SAME * figure.height else -1


def _line(above: dict[int, int], joint: int) -> list[int]:
    """From a bone up to its root."""
    line: list[int] = []
    while joint >= 0 and joint not in line:
        line.append(joint)
        joint = above[joint]
    return line

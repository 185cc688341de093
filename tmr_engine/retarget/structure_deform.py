"""The deforming bones of a rig as a body of their own, where controls hide the shape of the whole."""

from __future__ import annotations

import numpy as np

from .figure import Figure
from .rig import Rig

_FEWEST = 10


def deforming(figure: Figure, rig: Rig) -> Figure | None:
    """The deforming bones, each below the nearest deforming one above it.

    Controls double every limb, so a rig with controls seems to have four legs and more. None where all bones
    deform or too few do.

    Args:
        figure: of the whole rig, one joint a bone.
        rig: the armature.
    """
    kept = np.flatnonzero(rig.deform)
    if len(kept) == len(rig) or len(kept) < _FEWEST:
        return None
    places = {int(joint): place for place, joint in enumerate(kept)}
    parents = [
        next((places[joint] for joint in figure.ancestors(int(bone))[1:] if joint in places), -1)
        for bone in kept
    ]
    return Figure(
        tuple(figure.names[bone] for bone in kept),
        np.array(parents, dtype=np.int64),
        figure.heads[kept],
        figure.tails[kept],
        figure.bare[kept],
    )

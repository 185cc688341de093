"""Limbs of a source that are split in two or more joints in line: how such a limb has turned as a whole."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..motion import Motion, rotation
from ..motion.rotation import FloatArray
from .body import Body
from .roles import ARM, LEG, SIDES


def split_limbs(motion: Motion, body: Body) -> dict[str, FloatArray]:
    """World rotations (T, 4) of the joints of upper and lower limbs that other joints divide, by joint.

    The whole points from its own joint to the next role's. An upper part has the roll of its last joint, on
    which the rest of the limb hangs; a lower part that of its first, for the others roll with hand or foot.

    Args:
        motion: T frames, Y up.
        body: the source at rest.
    """
    places, turned = motion.world
    rest_places, rest_turned = motion.skeleton.rest_pose
    found = {}
    for side in SIDES:
        for limb in (ARM, LEG):
            for upper, lower in pairwise(limb):
                names = body.mapping.bone(f"{side}_{upper}"), body.mapping.bone(f"{side}_{lower}")
                if None in names:
                    continue
                start, end = (body.figure.indices[str(name)] for name in names)
                path = body.figure.path(start, end)
                if len(path) < 3:
                    continue
                joint = path[-2] if upper == limb[0] else start
                since_rest = rotation.multiply(turned[:, joint], rotation.conjugate(rest_turned[joint]))
                told = rotation.rotate(since_rest, rest_places[end] - rest_places[start])
                swing = rotation.between(_unit(told), _unit(places[:, end] - places[:, start]))
                whole = rotation.multiply(swing, since_rest)
                found[str(names[0])] = rotation.multiply(whole, rest_turned[start])
    return found


def _unit(vectors: FloatArray) -> FloatArray:
    unit: FloatArray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit

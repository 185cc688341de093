"""Two-bone inverse kinematics that starts from a solved limb and changes it no more than it must.

The limb is bent about its own hinge until it is as long as it has to be, and then swung as a whole. So the
plane of knee or elbow and the twist stay what the solver made of them, there is no pole to choose, and
no knee or elbow turns over.
"""

from __future__ import annotations

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray

# below the first angle of bend the hinge that shows is noise, above the second it is exact
_UNSURE, _SURE = np.radians(5.0), np.radians(20.0)
# a limb is pulled no longer than this share of its bones (a straight one snaps), and folded no farther
_LONGEST, _SHORTEST = 0.995, 0.3
# unless it is folded as far already; then this much farther
_FOLDED = 0.9
# from here on a limb that is pulled gives way softly
_SOFT = 0.95


def reach(
    upper: FloatArray, lower: FloatArray, goal: FloatArray, hinge: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Turns that take the end of a limb to a goal, as near as it comes.

    Args:
        upper: (..., 3) from shoulder or hip to elbow or knee, as solved.
        lower: (..., 3) from there to wrist or ankle.
        goal: (..., 3) where that end should be, seen from the shoulder or hip.
        hinge: (..., 3) unit axis about which the limb bends further, used where it is all but straight.

    Returns:
        (..., 4) quaternions in the same axes: what the upper and the lower bone are turned by in addition.
    """
    lengths = np.linalg.norm(upper, axis=-1), np.linalg.norm(lower, axis=-1)
    before = np.linalg.norm(upper + lower, axis=-1)
    wanted = soft_length(np.linalg.norm(goal, axis=-1), before, lengths[0] + lengths[1])
    wanted = np.maximum(wanted, np.abs(lengths[0] - lengths[1]) * 1.02)
    axis = _hinge(upper, lower, hinge)
    bend = _bend(upper / lengths[0][..., None], lower / lengths[1][..., None], axis, _cosine(lengths, wanted))
    # a limb that need not change its length is not touched, even where its hinge is bent the wrong way
    changed = np.clip(np.abs(wanted - before) / (0.01 * before), 0.0, 1.0)
    wrong_way = np.sum(np.cross(upper, lower) * axis, axis=-1) < 0
    bend = np.where(wrong_way, bend * changed, bend)
    bent = rotation.from_axis_angle(axis * bend[..., None])
    now = upper + rotation.rotate(bent, lower)
    # bending tilts the line from end to end within the plane of the limb; that first, then the swing
    line = _unit(upper + lower)
    swing = rotation.multiply(rotation.between(line, _unit(goal)), rotation.between(_unit(now), line))
    return swing, rotation.multiply(swing, bent)


def soft_length(wanted: FloatArray, before: FloatArray, longest: FloatArray) -> FloatArray:
    """How long a limb gets that is pulled to a length: never straight, and without a jolt on the way there.

    Up to 0.95 of its bones (or up to the length it has already) it follows; beyond, the rest of the way is
    approached exponentially, with the same slope where that begins.

    Args:
        wanted: (...) distance of the goal.
        before: (...) length as solved.
        longest: (...) sum of the bones.
    """
    limit = np.maximum(_LONGEST * longest, before)
    start = np.maximum(before, _SOFT * longest)
    room = np.maximum(limit - start, 1e-9 * longest)
    beyond = np.maximum(wanted - start, 0.0)
    pulled = start + room * -np.expm1(-beyond / room)
    length: FloatArray = np.where(
        wanted > start, pulled, np.maximum(wanted, np.minimum(_FOLDED * before, _SHORTEST * longest))
    )
    return length


def _cosine(lengths: tuple[FloatArray, FloatArray], wanted: FloatArray) -> FloatArray:
    """Cosine of the bend (0 = straight) at which the limb has a length."""
    first, second = lengths
    cosine: FloatArray = np.clip((wanted**2 - first**2 - second**2) / (2.0 * first * second), -1.0, 1.0)
    return cosine


def _hinge(upper: FloatArray, lower: FloatArray, spare: FloatArray) -> FloatArray:
    """(..., 3) unit axis of the bend: the one that shows, the spare one where the limb is straight."""
    across = np.cross(upper, lower)
    sine = np.linalg.norm(across, axis=-1)
    bend = np.arctan2(sine, np.sum(upper * lower, axis=-1))
    shown = across / np.maximum(sine, 1e-12)[..., None]
    step = np.clip((bend - _UNSURE) / (_SURE - _UNSURE), 0.0, 1.0)
    weight = step * step * (3.0 - 2.0 * step)
    # bent slightly the wrong way: the spare axis alone, since a mean of opposite axes is none
    agrees = np.sum(shown * spare, axis=-1) > 0
    weight = np.where(agrees | (weight >= 1.0), weight, 0.0)[..., None]
    return _unit(weight * shown + (1.0 - weight) * spare)


def _bend(upper: FloatArray, lower: FloatArray, axis: FloatArray, cosine: FloatArray) -> FloatArray:
    """(...) angle about `axis` that brings the bend between two unit vectors to a cosine.

    The cosine after a turn by d is a cos d + b sin d + c; of its two solutions the one that bends about the
    axis is taken, not the one that bends the other way.
    """
    c = np.sum(upper * axis, axis=-1) * np.sum(lower * axis, axis=-1)
    a = np.sum(upper * lower, axis=-1) - c
    b = -np.sum(axis * np.cross(upper, lower), axis=-1)
    size = np.maximum(np.hypot(a, b), 1e-12)
    angle = np.arctan2(b, a) + np.arccos(np.clip((cosine - c) / size, -1.0, 1.0))
    turned: FloatArray = np.mod(angle + np.pi, 2.0 * np.pi) - np.pi
    return turned


def _unit(vectors: FloatArray) -> FloatArray:
    unit: FloatArray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit

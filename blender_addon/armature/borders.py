"""New rotation keys beside old ones: the same turn, written so that the F-curves do not spin in between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._engine import retarget
from ..compat import actions
from . import keys

_FULL_TURN = 2 * np.pi


def matched(channels: actions.Channels, curves: list[retarget.Curve], first: int) -> list[retarget.Curve]:
    """The curves with quaternion signs and Euler turns chosen nearest to what stands before them.

    Args:
        channels: where the curves will be written.
        curves: of one solution.
        first: the frame of their first value.
    """
    before = {}
    for curve in curves:
        fcurve = channels.find(keys.bone_path(curve.bone, curve.property), curve.index)
        if fcurve is not None and len(fcurve.keyframe_points):
            before[curve.bone, curve.property, curve.index] = fcurve.evaluate(first - 1)
    flipped = _flipped_bones(curves, before)
    return [_matched_curve(curve, before, flipped) for curve in curves]


def _flipped_bones(curves: list[retarget.Curve], before: dict[tuple[str, str, int], float]) -> set[str]:
    """Bones whose quaternion at the first frame points away from the one before it."""
    dots: dict[str, float] = {}
    for curve in curves:
        earlier = before.get((curve.bone, curve.property, curve.index))
        if curve.property == "rotation_quaternion" and earlier is not None:
            dots[curve.bone] = dots.get(curve.bone, 0.0) + earlier * float(curve.values[0])
    return {bone for bone, dot in dots.items() if dot < 0}


def _matched_curve(
    curve: retarget.Curve, before: dict[tuple[str, str, int], float], flipped: set[str]
) -> retarget.Curve:
    if curve.property == "rotation_quaternion" and curve.bone in flipped:
        return replace(curve, values=-curve.values)
    earlier = before.get((curve.bone, curve.property, curve.index))
    if curve.property == "rotation_euler" and earlier is not None:
        turns = round((earlier - float(curve.values[0])) / _FULL_TURN)
        return replace(curve, values=curve.values + turns * _FULL_TURN) if turns else curve
    return curve

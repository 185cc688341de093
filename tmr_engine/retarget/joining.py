"""A clip that takes over from motion that is already there: continuing it, or laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .blending import smoothstep
from .solution import BoneMotion, Curve, Solution


@dataclass(frozen=True, eq=False)
class Before:
    """How a bone moves into the clip's first frame, in its own channels.

    Args:
        rotation: (2, 4) basis quaternions one frame before the clip's first frame, and at it.
        location: (2, 3) basis locations at these frames.
    """

    rotation: FloatArray
    location: FloatArray


def joined(solution: Solution, before: Mapping[str, Before], frames: int) -> Solution:
    """The solution, begun with the pose and the speed that the bones have already.

    What was going on goes on ever more slowly while the clip is faded in, so pose and speed are continuous at
    the first frame and are the clip's own from frame `frames` on.

    Args:
        solution: the clip, placed where the character stands.
        before: bone -> how it moves into the first frame; other bones start with the clip.
        frames: length of the transition; 0 leaves the solution as it is.
    """
    length = min(frames, solution.frames - 1)
    if length < 1:
        return solution
    times = np.arange(solution.frames, dtype=np.float64)
    weights = smoothstep(times / length)
    # speed falls evenly to nothing over the transition
    drift = np.where(times < length, times - times**2 / (2.0 * length), length / 2.0)
    bones = tuple(
        _joined_bone(bone, before[bone.bone], drift, weights) if bone.bone in before else bone
        for bone in solution.bones
    )
    return replace(solution, bones=bones)


def _joined_bone(bone: BoneMotion, before: Before, drift: FloatArray, weights: FloatArray) -> BoneMotion:
    turned, moved = bone.rotation, bone.location
    if turned is not None:
        step = rotation.multiply(before.rotation[1], rotation.conjugate(before.rotation[0]))
        speed = rotation.to_axis_angle(step)
        going_on = rotation.multiply(rotation.from_axis_angle(speed * drift[:, None]), before.rotation[1])
        turned = rotation.continuous(rotation.slerp(going_on, turned, weights))
    if moved is not None:
        going_on = before.location[1] + (before.location[1] - before.location[0]) * drift[:, None]
        moved = going_on + (moved - going_on) * weights[:, None]
    return replace(bone, rotation=turned, location=moved)


def layered(curves: list[Curve]) -> list[Curve]:
    """The curves as what they add to their first frame, for an NLA strip that combines with those below it.

    Combine multiplies quaternions onto what is below and adds the other channels, so at its first frame the
    layer changes nothing.
    """
    found: list[Curve] = []
    for (_, name), group in groupby(curves, key=lambda curve: (curve.bone, curve.property)):
        channels = list(group)
        if name == "rotation_quaternion" and len(channels) == 4:
            quats = np.stack([curve.values for curve in channels], axis=1)
            turns = rotation.multiply(rotation.conjugate(quats[0]), quats)
            found += [replace(curve, values=turns[:, curve.index].copy()) for curve in channels]
            continue
        # of a quaternion with locked channels only the scalar part is not nothing at rest
        rest = [float(name == "rotation_quaternion" and curve.index == 0) for curve in channels]
        found += [
            replace(curve, values=curve.values - curve.values[0] + at_rest)
            for curve, at_rest in zip(channels, rest, strict=True)
        ]
    return found

"""What the active action does at a frame, so that a clip can take over from it."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Euler, Quaternion, Vector

from .._engine import joining, retarget
from ..compat import actions
from . import keys

_WIDTHS = {"rotation_quaternion": 4, "rotation_axis_angle": 4, "rotation_euler": 3, "location": 3}


def keyed_range(armature: bpy.types.Object, bones: tuple[str, ...]) -> tuple[int, int] | None:
    """The first and the last frame on which the active action keys the turn or place of these bones."""
    channels = actions.of(armature)
    if channels is None:
        return None
    paths = {keys.bone_path(bone, below) for bone in bones for below in _WIDTHS}
    ranges = [
        curve.range()
        for curve in channels.fcurves()
        if curve.data_path in paths and len(curve.keyframe_points)
    ]
    if not ranges:
        return None
    return round(min(start for start, _ in ranges)), round(max(end for _, end in ranges))


def moving_into(
    armature: bpy.types.Object, solution: retarget.Solution, frame: int
) -> dict[str, joining.Before]:
    """How each bone of a solution moves into a frame by its F-curves; without any it stands as posed."""
    channels = actions.of(armature)
    found = {}
    for motion in solution.bones:
        bone = armature.pose.bones[motion.bone]
        both = [_at(bone, channels, when) for when in (frame - 1, frame)]
        found[bone.name] = joining.Before(
            rotation=np.array([turn for turn, _ in both]), location=np.array([place for _, place in both])
        )
    return found


def _at(bone: bpy.types.PoseBone, channels: actions.Channels | None, frame: int) -> tuple[Quaternion, Vector]:
    """A bone's own rotation and location at a frame."""
    mode = bone.rotation_mode
    name = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}.get(
        mode, "rotation_euler"
    )
    values = _values(bone, channels, name, frame)
    if mode == "QUATERNION":
        turn = Quaternion(values).normalized()
    elif mode == "AXIS_ANGLE":
        turn = Quaternion(values[1:], values[0])
    else:
        turn = Euler(values, mode).to_quaternion()
    return turn, Vector(_values(bone, channels, "location", frame))


def _values(
    bone: bpy.types.PoseBone, channels: actions.Channels | None, name: str, frame: int
) -> list[float]:
    """The channels of one property: by their F-curves, or as they are."""
    path, stored = keys.bone_path(bone.name, name), getattr(bone, name)
    curves = [channels.find(path, index) if channels else None for index in range(_WIDTHS[name])]
    return [
        curve.evaluate(frame) if curve is not None else float(value)
        for curve, value in zip(curves, stored, strict=True)
    ]

"""A look at another frame that leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np

# every channel that animation writes back to a pose bone, and its numbers a bone
_CHANNELS = {
    "location": 3,
    "rotation_quaternion": 4,
    "rotation_euler": 3,
    "rotation_axis_angle": 4,
    "scale": 3,
}


@contextmanager
def at_frame(scene: bpy.types.Scene, armature: bpy.types.Object, frame: int) -> Iterator[None]:
    """Shows a frame for as long as the block runs; the playhead and the armature's pose come back after it.

    A pose that the user has set without keys would be lost by the mere change of frame; it is put back.
    """
    now, part = scene.frame_current, scene.frame_subframe
    if frame == now:
        yield
        return
    bones = armature.pose.bones
    before = {name: _read(bones, name, width) for name, width in _CHANNELS.items()}
    scene.frame_set(frame)
    try:
        yield
    finally:
        scene.frame_set(now, subframe=part)
        for name, values in before.items():
            if not np.array_equal(_read(bones, name, len(values) // len(bones)), values):
                bones.foreach_set(name, values)


def _read(bones: bpy.types.bpy_prop_collection, name: str, width: int) -> np.ndarray:
    values = np.empty(len(bones) * width, dtype=np.float32)
    bones.foreach_get(name, values)
    return values

"""Reads the takes of a file that only Blender imports (FBX, USD)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from .._engine import arrays, errors
from ..compat import actions
from . import scene
from .sampling import Sampled, motion_from_samples

_USD_SUFFIXES = {".usd", ".usda", ".usdc", ".usdz"}
_USD_RATE = re.compile(rb"^\s*timeCodesPerSecond\s*=\s*([\d.]+)", re.MULTILINE)
_USD_HEADER_BYTES = 65_536
_MOST_FRAMES = 200_000  # half an hour at 120 frames a second


def run(request: dict) -> dict:
    """Imports `path` and writes each take of its armature to an .npz in the folder `out`.

    Returns:
        {"takes": names of the files}.

    Raises:
        MotionFileError: it cannot be imported, holds no armature, or nothing in it moves.
    """
    path = Path(request["path"])
    scene.import_file(path, errors.MotionFileError)
    armature = scene.pick_armature()
    if armature is None or not len(armature.data.bones):
        raise errors.MotionFileError("there is no skeleton in it")
    takes = _takes()
    if not takes:
        raise errors.MotionFileError("there is no animation in it")
    _remove_shapes()
    warnings = _set_usd_rate(path) if path.suffix.lower() in _USD_SUFFIXES else []
    written = []
    for number, (name, played) in enumerate(takes.items()):
        for owner, action in played.items():
            actions.play(owner, action)
        motion = motion_from_samples(_sample(armature, name, list(played.values())))
        motion = replace(motion, warnings=(*warnings, *motion.warnings))
        file = Path(request["out"]) / f"take{number}.npz"
        np.savez(file, **arrays.arrays_from_motion(motion))
        written.append(file.name)
    return {"takes": written}


def _takes() -> dict[str, dict[bpy.types.Object, bpy.types.Action]]:
    """Take name -> the action that each object plays in it.

    The FBX importer names actions "object|take|layer" and assigns those of one take only; the others are
    found by their names. Other importers make one action an object.
    """
    takes: dict[str, dict[bpy.types.Object, bpy.types.Action]] = {}
    for action in bpy.data.actions:
        parts = action.name.split("|")
        if len(parts) == 3 and parts[0] in bpy.data.objects:
            takes.setdefault(parts[1], {})[bpy.data.objects[parts[0]]] = action
    if not takes:
        playing = {obj: obj.animation_data.action for obj in bpy.data.objects if obj.animation_data}
        played = {obj: action for obj, action in playing.items() if action is not None}
        return {"": played} if played else {}
    return takes


def _set_usd_rate(path: Path) -> list[str]:
    """Gives the scene the frame rate of a USD file, which Blender's importer does not tell."""
    render = bpy.context.scene.render
    with path.open("rb") as stream:
        stated = _USD_RATE.search(stream.read(_USD_HEADER_BYTES))
    if stated is not None and 1.0 <= float(stated[1]) <= 1000.0:  # a text file says it in its header
        render.fps = round(float(stated[1]))
        render.fps_base = render.fps / float(stated[1])
        return []
    render.fps, render.fps_base = 24, 1.0  # what USD takes where nothing is said
    return ["Blender does not tell the frame rate of a binary USD file; 24 frames per second were taken"]


def _remove_shapes() -> None:
    """Takes away what costs time at every frame and moves nothing."""
    for obj in list(bpy.data.objects):
        if obj.type not in {"ARMATURE", "EMPTY"}:
            bpy.data.objects.remove(obj)


def _sample(armature: bpy.types.Object, take: str, playing: list[bpy.types.Action]) -> Sampled:
    """Steps through a take and reads the whole skeleton at each frame."""
    view = bpy.context.scene
    scene_fps = view.render.fps / view.render.fps_base
    first = min(action.frame_range[0] for action in playing)
    last = max(action.frame_range[1] for action in playing)
    step = _key_distance(armature)
    count = int(np.floor((last - first) / step + 1e-3)) + 1
    if count > _MOST_FRAMES:
        raise errors.MotionFileError(
            f"the take {take!r} has {count} frames, more than the {_MOST_FRAMES} that are read"
        )
    bones = list(armature.data.bones)
    index = {bone.name: place for place, bone in enumerate(bones)}
    pose = np.empty((count, len(bones), 16), dtype=np.float32)
    world = np.empty((count, 4, 4))
    for number in range(count):
        frame, part = divmod(first + number * step, 1.0)
        view.frame_set(int(frame), subframe=part)
        armature.pose.bones.foreach_get("matrix", row := np.empty(len(bones) * 16, dtype=np.float32))
        pose[number] = row.reshape(-1, 16)
        world[number] = armature.matrix_world
    rest = np.array([bone.matrix_local for bone in bones], dtype=np.float64)
    # Blender hands out matrices column by column
    posed = world[:, None] @ pose.reshape(count, -1, 4, 4).swapaxes(-1, -2).astype(np.float64)
    return Sampled(
        names=tuple(bone.name for bone in bones),
        parents=np.array([index[bone.parent.name] if bone.parent else -1 for bone in bones]),
        rest=world[0] @ rest,
        posed=posed,
        fps=scene_fps / step,
        start_s=first / scene_fps,
        take=take,
    )


def _key_distance(armature: bpy.types.Object) -> float:
    """Frames from key to key, at most 1: a take keyed more often than its file's rate is kept whole."""
    channels = actions.of(armature)
    distance = 1.0
    for fcurve in channels.fcurves() if channels else ():
        points = fcurve.keyframe_points
        if len(points) < 3:
            continue
        places = np.empty(2 * len(points), dtype=np.float32)
        points.foreach_get("co", places)
        distance = min(distance, float(np.median(np.diff(places[::2]))))
    return max(round(distance, 4), 0.01)

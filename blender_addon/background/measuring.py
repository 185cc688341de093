"""Measures what Blender shows of an inserted motion, constraints and drivers included."""

from __future__ import annotations

import bpy
import numpy as np

from .._engine import measures, performance, preparing, retarget
from .._engine import motion as motion_module


def measured(
    armature: bpy.types.Object,
    rig: retarget.Rig,
    motion: motion_module.Motion,
    options: retarget.SolveOptions,
    frames: tuple[int, int],
) -> dict:
    """The measures of docs/retargeting.md, section 9, on the evaluated pose of every frame.

    Args:
        armature: with the motion on it.
        rig: the armature as it was before.
        motion: the clip.
        options: how it was solved, the scene's frame rate included.
        frames: scene frames of the first and the last key.
    """
    mapping = retarget.map_rig(rig)
    clip, roles = preparing.prepared(motion, retarget.map_skeleton(motion.skeleton), options)
    source = performance.source_performance(clip, roles)
    target = performance.target_performance(rig, mapping, _poses(armature, rig, mapping, frames), clip.fps)
    if options.in_place:
        source = performance.without_travel(source, cyclic=options.loop > 0)
    return measures.measure(source, target)


def _poses(
    armature: bpy.types.Object, rig: retarget.Rig, mapping: retarget.Mapping, frames: tuple[int, int]
) -> np.ndarray:
    """(T, B, 4, 4) evaluated pose matrices, armature space; bones without a role as they rest."""
    scene = bpy.context.scene
    shown = scene.frame_current, scene.frame_subframe
    poses = np.tile(rig.calibration, (frames[1] - frames[0] + 1, 1, 1, 1))
    rows = [(rig.indices[name], name) for name in mapping.bones()]
    try:
        for row, frame in enumerate(range(frames[0], frames[1] + 1)):
            scene.frame_set(frame)
            bones = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
            for bone, name in rows:
                poses[row, bone] = bones[name].matrix
    finally:
        scene.frame_set(shown[0], subframe=shown[1])
    return poses

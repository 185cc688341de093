"""A clip of 300 frames onto a rig of 60 bones in Blender: ours beside what others do.

    .blender/4.5/bin/python -m benchmarks.insert

Ours: map the rig, solve, write the keys. Baselines in the same run and on the same rig: `keyframe_insert` for
every bone and frame, and copy-rotation constraints baked with `nla.bake` (what most retargeters do).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import bpy
import numpy as np

from benchmarks import measure
from tmr_engine.motion import Motion, Skeleton, rotation

FRAMES = 300
FPS = 30.0
REPEATS = 5
OURS = "retarget and keys, ours"
ONE_BY_ONE = "keys only, keyframe_insert"
BAKE = "constraints + nla.bake"
FINGERS = ("thumb", "index", "middle", "ring", "little")


def addon_package() -> str:
    """Makes the add-on importable without running its `__init__`, as the background scripts do."""
    package = ModuleType("tmr_addon")
    package.__path__ = [str(measure.ROOT / "blender_addon")]
    sys.modules["tmr_addon"] = package
    return "tmr_addon"


def add_rig(mannequin: ModuleType, name: str) -> bpy.types.Object:
    """The mannequin with fingers, eyes and more spine: 60 bones."""
    armature = mannequin.add_mannequin(bpy.context, name)
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    for side in ("L", "R"):
        hand = bones[f"hand.{side}"]
        for place, finger in enumerate(FINGERS):
            parent, head = hand, hand.tail.copy()
            head.y += 0.02 * (place - 2)
            for joint in range(1, 4):
                bone = bones.new(f"f_{finger}.0{joint}.{side}")
                bone.head, bone.parent = head, parent
                bone.tail = head + (hand.tail - hand.head).normalized() * 0.025
                parent, head = bone, bone.tail.copy()
        eye = bones.new(f"eye.{side}")
        eye.head, eye.parent = bones["head"].tail, bones["head"]
        eye.tail = eye.head + (bones["head"].tail - bones["head"].head) * 0.1
        for extra in range(3):
            helper = bones.new(f"helper.{extra}.{side}")
            helper.head, helper.parent = bones[f"thigh.{side}"].tail, bones[f"thigh.{side}"]
            helper.tail = helper.head + bones[f"thigh.{side}"].vector * 0.1
    jaw = bones.new("jaw")
    jaw.head, jaw.parent = bones["head"].head, bones["head"]
    jaw.tail = jaw.head + bones["head"].vector * 0.3
    bpy.ops.object.mode_set(mode="OBJECT")
    assert len(armature.data.bones) == 60, len(armature.data.bones)
    return armature


def wavy_motion(armature: bpy.types.Object) -> Motion:
    """Every joint of the rig sways; the hips walk forward. Engine axes: Y up."""
    to_y_up = rotation.about_axis("X", np.array(-np.pi / 2))
    bones = list(armature.data.bones)
    names = [bone.name for bone in bones]
    parents = np.array([names.index(bone.parent.name) if bone.parent else -1 for bone in bones])
    heads = rotation.rotate(to_y_up, np.array([list(bone.head_local) for bone in bones]))
    offsets = np.where(parents[:, None] >= 0, heads - heads[parents], heads)
    skeleton = Skeleton(tuple(names), parents, offsets, rotation.identity(len(names)))
    generator = np.random.default_rng(5)
    axes = generator.normal(size=(len(names), 3))
    phases = generator.uniform(0, 2 * np.pi, size=len(names))
    times = np.arange(FRAMES) / FPS
    swing = 0.3 * np.sin(2 * np.pi * times[:, None] + phases)
    rotations = rotation.from_axis_angle(axes / np.linalg.norm(axes, axis=1)[:, None] * swing[..., None])
    roots = offsets[0] + np.outer(times, [0.0, 0.0, 1.2])
    return Motion(skeleton, roots, rotations, FPS)


def clear(armature: bpy.types.Object, kept: bpy.types.Action) -> None:
    """Back to no action and the rest pose, so that every run starts alike."""
    armature.animation_data_clear()
    for action in [action for action in bpy.data.actions if action != kept]:
        bpy.data.actions.remove(action)
    for bone in armature.pose.bones:
        bone.matrix_basis.identity()


def insert_keys_one_by_one(armature: bpy.types.Object, bones: list[str]) -> None:
    """`keyframe_insert` of the bones' rotation for every frame, and of location for the hips."""
    for frame in range(1, FRAMES + 1):
        for bone in bones:
            armature.pose.bones[bone].keyframe_insert("rotation_quaternion", frame=frame)
        armature.pose.bones["hips"].keyframe_insert("location", frame=frame)


def constrain_and_bake(armature: bpy.types.Object, source: bpy.types.Object) -> None:
    """Copy-rotation constraints to a second, animated armature, baked by Blender."""
    for bone in armature.pose.bones:
        constraint = bone.constraints.new("COPY_ROTATION")
        constraint.target, constraint.subtarget = source, bone.name
    bpy.context.view_layer.objects.active = armature
    armature.select_set(True)
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.nla.bake(
        frame_start=1,
        frame_end=FRAMES,
        only_selected=False,
        visual_keying=True,
        clear_constraints=True,
        bake_types={"POSE"},
    )
    bpy.ops.object.mode_set(mode="OBJECT")


def keyed_bones(armature: bpy.types.Object) -> list[str]:
    """Bones that the armature's action turns: those that play a role in the body."""
    channels = import_module("tmr_addon.compat.actions").of(armature)
    return sorted({curve.group.name for curve in channels.fcurves()})


def main() -> None:
    """Measures in turns and saves the figures."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = int(FPS)
    package = addon_package()
    insert = import_module(f"{package}.armature.insert")
    mannequin = import_module(f"{package}.armature.mannequin")
    source = add_rig(mannequin, "Source")
    target = add_rig(mannequin, "Target")
    motion = wavy_motion(target)
    options = insert.InsertOptions(frame=1)
    insert.insert_motion(bpy.context, source, motion, options)
    solve, write = [], []

    def ours() -> None:
        report = insert.insert_motion(bpy.context, target, motion, options)
        solve.append(report.seconds_solve)
        write.append(report.seconds_keys)

    actions: dict[str, Callable[[], None]] = {
        OURS: ours,
        ONE_BY_ONE: lambda: insert_keys_one_by_one(target, bones),
        BAKE: lambda: constrain_and_bake(target, source),
    }
    ours()  # the first run reads the rig families from disk
    bones = keyed_bones(target)
    solve.clear()
    write.clear()
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(REPEATS):
        for name, action in actions.items():
            clear(target, kept=source.animation_data.action)
            taken[name].append(measure.seconds(action))
    figures = [
        measure.Figure.of(OURS, "s", taken[OURS], baseline=BAKE, aim="< 0.3 s"),
        measure.Figure.of("  of it mapping and solving", "s", solve),
        measure.Figure.of("  of it writing keys", "s", write, baseline=ONE_BY_ONE),
        *[measure.Figure.of(name, "s", values) for name, values in taken.items() if name != OURS],
    ]
    title = f"{FRAMES} frames onto {len(target.data.bones)} bones, Blender {bpy.app.version_string}"
    notes = [
        f"{len(bones)} of the bones play a role in the body and are keyed; the bake keys all of them",
        f"resident memory at the end: {measure.resident_mb():.0f} MB",
    ]
    measure.save("insert", title, figures, notes)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

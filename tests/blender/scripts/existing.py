"""Clips beside animation that is there already: laid over it, or taking over from it.

Answer: "layer" and "append", numbers of what Blender shows.
"""

import bpy
import numpy as np
from mathutils import Quaternion

from tests.blender.installed import part
from tests.blender.rigs.dance import FPS, dance, skeleton_of
from tests.blender.rigs.figure import make_figure
from tests.blender.snapshot import differences, snapshot

actions = part("compat.actions")
insert = part("armature.insert")
InsertOptions = insert.InsertOptions

MODES = ("QUATERNION", "XYZ", "ZYX", "AXIS_ANGLE")
START, BLEND = 20, 12


def fresh():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = FPS
    return make_figure(modes=MODES)


def put(figure, motion, **options):
    return insert.insert_motion(bpy.context, figure, motion, InsertOptions(**options))


def channels_at(figure, frame):
    """Bone -> (rotation channels, location) that Blender shows."""
    bpy.context.scene.frame_set(frame)
    shown = figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return {bone.name: (np.array(rotation_of(bone)), np.array(bone.location)) for bone in shown.pose.bones}


def rotation_of(bone):
    names = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
    return getattr(bone, names.get(bone.rotation_mode, "rotation_euler"))


def heads_at(figure, frame):
    bpy.context.scene.frame_set(frame)
    shown = figure.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([shown.matrix_world @ bone.head for bone in shown.pose.bones])


def layer():
    """The worst difference from base x (clip's first frame inverted x clip), channel by channel."""
    base, clip = dance(skeleton_of(fresh()), 2.0), dance(skeleton_of(fresh()), 0.5)
    figure = fresh()
    put(figure, clip, frame=START, place="REST")
    alone = {frame: channels_at(figure, frame) for frame in range(START, START + len(clip))}
    figure = fresh()
    put(figure, base, frame=1, place="REST", name="Base")
    outside = [1, START - 1, START + len(clip), 100]
    below = {frame: channels_at(figure, frame) for frame in [*alone, *outside]}
    before = {path: value for path, value in snapshot().items() if path.startswith('actions["Base"]')}
    report = put(figure, clip, frame=START, into="NLA_LAYER", place="REST", name="Layer")
    after = {path: value for path, value in snapshot().items() if path.startswith('actions["Base"]')}
    worst = 0.0
    for frame, now in alone.items():
        shown = channels_at(figure, frame)
        for bone in figure.pose.bones:
            if bone.name == "root":
                continue
            first, turn = alone[START][bone.name], now[bone.name]
            wanted = [below[frame][bone.name][i] + turn[i] - first[i] for i in (0, 1)]
            if bone.rotation_mode == "QUATERNION":
                change = Quaternion(first[0]).inverted() @ Quaternion(turn[0])
                wanted[0] = np.array(Quaternion(below[frame][bone.name][0]) @ change)
                if np.dot(wanted[0], shown[bone.name][0]) < 0:
                    wanted[0] = -wanted[0]
            worst = max(worst, *(np.abs(shown[bone.name][i] - wanted[i]).max() for i in (0, 1)))
    kept = [
        float(np.abs(np.concatenate(channels_at(figure, frame)[name]) - np.concatenate(rows)).max())
        for frame in outside
        for name, rows in below[frame].items()
    ]
    tracks = figure.animation_data.nla_tracks
    return {
        "off": float(worst),
        "moved_outside": max(kept),
        "strips": [[strip.name, strip.blend_type] for track in tracks for strip in track.strips],
        "warnings": list(report.warnings),
        "base_changed": [p for p in differences(before, after) if not p.endswith((".users", ".is_updated"))],
    }


def append():
    """Where the second clip begins, how smoothly, and whether the first stays and the second arrives."""
    first, second = dance(skeleton_of(fresh()), 1.0), dance(skeleton_of(fresh()), 1.0).cut(0.4, 1.0)
    found = {}
    arrived = {}
    for frames in (0, BLEND):
        figure = fresh()
        put(figure, first, frame=START, place="REST")
        end = START + len(first) - 1
        untouched = [heads_at(figure, frame) for frame in range(START, end + 1)]
        bpy.context.scene.frame_set(3, subframe=0.25)
        figure.pose.bones["root"].location = (0.0, 0.0, 0.0)
        report = put(figure, second, into="APPEND", blend_frames=frames)
        found[f"playhead_{frames}"] = [bpy.context.scene.frame_current, bpy.context.scene.frame_subframe]
        shown = [heads_at(figure, frame) for frame in range(START, report.last + 1)]
        jerk = np.linalg.norm(np.diff(shown, n=2, axis=0), axis=-1).max(axis=1)
        arrived[frames] = shown[len(first) - 1 + BLEND :]
        found[f"blend_{frames}"] = {
            "range": [report.first, report.last],
            "first_clip_off": float(np.abs(np.array(shown[: len(first)]) - untouched).max()),
            "jolt": float(jerk[len(first) - 2]),
            "usual": float(np.median(jerk)),
        }
    found["arrives_off"] = float(np.abs(np.array(arrived[0]) - arrived[BLEND]).max())
    return found


def unkeyed_pose():
    """A pose set without keys outlives a clip that is put somewhere else in time."""
    motion = dance(skeleton_of(fresh()), 0.5)
    figure = fresh()
    put(figure, motion, frame=1, place="REST")
    bpy.context.scene.frame_set(5)
    head = figure.pose.bones["head"]
    head.rotation_quaternion = head.rotation_quaternion @ Quaternion((1.0, 0.0, 0.0), 0.5)
    wanted = head.rotation_quaternion.copy()
    put(figure, motion, frame=60, into="CURRENT_ACTION")
    return head.rotation_quaternion == wanted


def run(_request):
    return {"layer": layer(), "append": append(), "unkeyed_pose_kept": unkeyed_pose()}

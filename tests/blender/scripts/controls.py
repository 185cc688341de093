"""Clips on control rigs: what the FK controls show, and whether the IK controls show the same.

Answer: family -> what `controlled` returns; "held" -> what is said of bones that do not obey keys.
"""

import functools

import bpy
import numpy as np

from tests.blender import posed
from tests.blender.installed import part
from tests.blender.rigs.controlled import generate_rigify, make_control_rig
from tests.blender.rigs.dance import FPS, dance, skeleton_of
from tests.blender.rigs.figure import make_figure
from tests.blender.scripts.figures import limb_error

insert = part("armature.insert")
InsertOptions = functools.partial(insert.InsertOptions, solve=posed.PLAIN)

MAKERS = {
    "rigify_controls": generate_rigify,
    "auto_rig_pro_controls": lambda: make_control_rig("auto_rig_pro_controls"),
    "cloudrig_controls": lambda: make_control_rig("cloudrig_controls"),
}
FIRST, FRAMES = 11, (11, 24, 40, 58, 71)
ENDS = ("hand.L", "hand.R", "foot.L", "foot.R", "toe.L", "toe.R")
MIDDLES = ("forearm.L", "forearm.R", "shin.L", "shin.R")


def fresh():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = FPS
    bpy.context.scene.frame_set(4, subframe=0.5)


def swing():
    """A T-posed body that walks, turns and bends its elbows and knees, some of them almost straight."""
    fresh()
    return dance(skeleton_of(make_figure()))


def poses(rig, names):
    """(F, B, 4, 4) what is shown at the frames looked at, world."""
    found = []
    for frame in FRAMES:
        bpy.context.scene.frame_set(frame)
        shown = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
        found.append([np.array(shown.matrix_world @ shown.pose.bones[name].matrix) for name in names])
    return np.array(found)


def switch_values(rig):
    """ "bone.property" -> its value before, in and behind the clip, for what has keys."""
    channels = part("compat.actions").of(rig)
    curves = [curve for curve in channels.fcurves() if curve.data_path.endswith('"]')]
    return {
        curve.data_path.split('"')[1] + "." + curve.data_path.split('"')[3]: [
            curve.evaluate(frame) for frame in (FIRST - 1, FIRST, FRAMES[-1], FRAMES[-1] + 1)
        ]
        for curve in curves
    }


def controlled(make, motion):
    fresh()
    rig, names = make()
    ends, middles = ([names[bone] for bone in bones] for bones in (ENDS, MIDDLES))
    report = insert.insert_motion(bpy.context, rig, motion, InsertOptions(frame=FIRST, place="REST"))
    answer = {
        "family": report.family,
        "warnings": list(report.warnings),
        "limbs": limb_error(rig, motion, names, first=FIRST),
        "switches": switch_values(rig),
    }
    wanted_ends, wanted_middles = poses(rig, ends), poses(rig, middles)
    fresh()
    rig, _ = make()
    settings = settings_of(rig)
    options = InsertOptions(frame=FIRST, place="REST", into="CURRENT_ACTION", snap_ik=True)
    rig.animation_data_create()
    start_action(rig)
    report = insert.insert_motion(bpy.context, rig, motion, options)
    answer["playhead"] = [bpy.context.scene.frame_current, bpy.context.scene.frame_subframe]
    answer["settings_kept"] = settings == settings_of(rig)
    answer["snapped_warnings"] = list(report.warnings)
    answer["snapped_switches"] = switch_values(rig)
    answer["ends_off"] = float(np.abs(poses(rig, ends) - wanted_ends).max())
    answer["middles_off"] = float(np.abs((poses(rig, middles) - wanted_middles)[..., :3, 3]).max())
    for bone in rig.pose.bones:
        bone.ik_stretch = 0.0
    answer["middles_off_unstretched"] = float(
        np.abs((poses(rig, middles) - wanted_middles)[..., :3, 3]).max()
    )
    return answer


def start_action(rig):
    """An action of the character's own, so that the clip has something around it."""
    actions = part("compat.actions")
    channels = actions.create("Own", rig)
    channels.ensure("location", 0, "Object").keyframe_points.insert(1, 0.0)
    actions.assign(rig, channels)


def settings_of(rig):
    """What must not be changed to make keys show: mutes, influences, IK settings."""
    found = [
        (bone.name, constraint.name, constraint.mute, constraint.enabled)
        for bone in rig.pose.bones
        for constraint in bone.constraints
    ]
    return found + [(bone.name, bone.ik_stretch, bone.lock_ik_x) for bone in rig.pose.bones]


def held(motion):
    """A constraint, a driver and an IK that would win over the keys."""
    fresh()
    figure = make_figure()
    target = bpy.data.objects.new("Target", None)
    bpy.context.scene.collection.objects.link(target)
    tracking = figure.pose.bones["upper_arm.L"].constraints.new("TRACK_TO")
    tracking.target = target
    figure.pose.bones["shin.R"].driver_add("rotation_quaternion", 1).driver.expression = "0"
    grip = figure.pose.bones["forearm.R"].constraints.new("IK")
    grip.target, grip.chain_count = target, 2
    bpy.context.view_layer.update()
    before = settings_of(figure)
    report = insert.insert_motion(bpy.context, figure, motion, InsertOptions(frame=FIRST, place="REST"))
    return {
        "warnings": list(report.warnings),
        "settings_kept": before == settings_of(figure),
        "track_keyed": "Track To" in str([c.data_path for c in part("compat.actions").of(figure).fcurves()]),
    }


def run(_request):
    motion = swing()
    return {family: controlled(make, motion) for family, make in MAKERS.items()} | {"held": held(motion)}

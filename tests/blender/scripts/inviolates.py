"""A clip put on characters of every state that users have them in: what shows, and what else changed.

Answer: case -> the limbs' error and the paths that changed although they must not.
"""

import re

import bpy

from tests.blender.installed import part
from tests.blender.posed import PLAIN
from tests.blender.rigs.dance import dance, skeleton_of
from tests.blender.rigs.figure import make_figure
from tests.blender.scripts.figures import fresh, limb_error
from tests.blender.snapshot import differences, snapshot

actions = part("compat.actions")
insert = part("armature.insert")

MODES = ("QUATERNION", "XYZ", "YZX", "AXIS_ANGLE")
# what an insertion as a new action is for: the action, that it plays, and what it shows
ALLOWED = re.compile(
    r'actions\.names|actions\["Clip"\]|objects\["Figure"\]\.animation_data$|'
    r'objects\["Figure"\]\.animation_data\.|'
    r'objects\["Figure"\]\.pose\.bones\[[^\]]+\]\.(rotation_\w+|location)$'
)


def put(figure, motion, **options):
    """Inserts without foot lock, so that limbs point where the clip points them."""
    return insert.insert_motion(
        bpy.context, figure, motion, insert.InsertOptions(frame=1, solve=PLAIN, **options)
    )


def plain(_figure):
    pass


def posed_by_hand(figure):
    """A pose without keys, among it bones that no clip keys, and custom properties."""
    figure.pose.bones["root"]["note"] = 3.0
    figure.pose.bones["root"].scale = (1.0, 1.0, 1.0)
    figure["of the object"] = "mine"
    figure.data["of the data"] = 5
    bpy.context.scene.frame_set(7, subframe=0.5)


def inherit_flags(figure):
    for bone in ("head", "forearm.L", "shin.R"):
        figure.data.bones[bone].use_inherit_rotation = False
    figure.data.bones["hips"].use_local_location = False
    for bone, scale in (("chest", "NONE"), ("hand.L", "AVERAGE"), ("foot.R", "ALIGNED")):
        figure.data.bones[bone].inherit_scale = scale


def locked_place(figure):
    for bone in figure.pose.bones:
        if bone.name != "hips":
            bone.lock_location = (True, True, True)


def hidden_collection(figure):
    """The object is in a collection that the view layer hides, its bones in collections that are hidden."""
    collection = bpy.data.collections.new("Hidden")
    bpy.context.scene.collection.children.link(collection)
    bpy.context.scene.collection.objects.unlink(figure)
    collection.objects.link(figure)
    bpy.context.view_layer.layer_collection.children["Hidden"].hide_viewport = True
    bones = figure.data.collections.new("Hidden bones")
    for bone in figure.data.bones:
        bones.assign(bone)
    bones.is_visible = False


def hidden_object(figure):
    figure.hide_set(True)
    figure.hide_viewport = True


def in_pose_mode(figure):
    figure.select_set(True)
    bpy.context.view_layer.objects.active = figure
    bpy.ops.object.mode_set(mode="POSE")


def limits(figure):
    """Constraints, IK settings and a driver on what no clip keys."""
    figure.pose.bones["hand.L"].constraints.new("LIMIT_SCALE").use_max_x = True
    figure.pose.bones["thigh.L"].lock_ik_x = True
    figure.pose.bones["thigh.L"].ik_stretch = 0.2
    figure.pose.bones["root"].driver_add("scale", 0).driver.expression = "1.0"


def muted_track(figure):
    channels = actions.create("Muted", figure)
    channels.ensure('pose.bones["head"].rotation_quaternion', 1, "head").keyframe_points.insert(1, 0.4)
    track = figure.animation_data_create().nla_tracks.new()
    track.mute = True
    actions.add_strip(track, "Muted", 1, channels).influence = 0.5


def shared_data(figure):
    """Another character with the same armature data and an action of its own."""
    other = bpy.data.objects.new("Other", figure.data)
    bpy.context.scene.collection.objects.link(other)
    bpy.context.view_layer.update()  # an object without a pose takes no action in Blender 4.5
    channels = actions.create("Other's", other)
    channels.ensure('pose.bones["head"].rotation_quaternion', 1, "head").keyframe_points.insert(1, 0.4)
    actions.assign(other, channels)


CASES = {
    "plain": plain,
    "posed by hand": posed_by_hand,
    "inherit flags": inherit_flags,
    "locked places": locked_place,
    "hidden collection": hidden_collection,
    "hidden object": hidden_object,
    "pose mode": in_pose_mode,
    "limits": limits,
    "muted track": muted_track,
    "shared data": shared_data,
}


def tried(prepare, motion):
    figure = fresh(modes=MODES)
    prepare(figure)
    bpy.context.view_layer.update()
    before = snapshot()
    put(figure, motion, place="REST", name="Clip")
    changed = [path for path in differences(before, snapshot()) if not ALLOWED.match(path)]
    figure.hide_viewport = False  # Blender evaluates no object that is switched off
    return {"changed": changed, "limbs": limb_error(figure, motion)}


def locked_channels(motion):
    """Locked channels get no keys, keep their locks, and are named."""
    figure = fresh(modes=MODES)
    figure.pose.bones["forearm.L"].lock_rotation = (False, True, False)
    figure.pose.bones["hips"].lock_location[2] = True
    before = snapshot()
    report = put(figure, motion, name="Clip")
    changed = [path for path in differences(before, snapshot()) if not ALLOWED.match(path)]
    keyed = {(curve.data_path, curve.array_index) for curve in actions.of(figure).fcurves()}
    mode = figure.pose.bones["forearm.L"].rotation_mode
    channel = {"QUATERNION": ("rotation_quaternion", 2), "AXIS_ANGLE": ("rotation_axis_angle", 2)}.get(
        mode, ("rotation_euler", 1)
    )
    return {
        "changed": changed,
        "keyed": (f'pose.bones["forearm.L"].{channel[0]}', channel[1]) in keyed
        or ('pose.bones["hips"].location', 2) in keyed,
        "others_keyed": ('pose.bones["hips"].location', 0) in keyed,
        "warnings": list(report.warnings),
    }


def one_action_of_two(motion):
    """One action animates two characters, through a slot each where Blender has slots."""
    figure = fresh()
    other = make_figure("Other")
    channels = actions.create("Both", figure)
    channels.ensure('pose.bones["head"].rotation_quaternion', 1, "head").keyframe_points.insert(1, 0.25)
    actions.assign(figure, channels)
    theirs = channels
    if actions.SLOTTED:
        slot = channels.action.slots.new(id_type="OBJECT", name="Other")
        theirs = actions.Channels(channels.action, slot)
        theirs.ensure('pose.bones["head"].rotation_quaternion', 2, "head").keyframe_points.insert(1, 0.75)
    actions.assign(other, theirs)
    before = keys_of(actions.of(other))
    report = put(figure, motion, into="CURRENT_ACTION")
    return {
        "theirs_kept": before == keys_of(actions.of(other)) and other.animation_data.action.name == "Both",
        "own_action": report.action,
        "slots": len(channels.action.slots) if actions.SLOTTED else 0,
        "limbs": limb_error(figure, motion),
    }


def keys_of(channels):
    return [
        (curve.data_path, curve.array_index, [tuple(key.co) for key in curve.keyframe_points])
        for curve in channels.fcurves()
    ]


def run(_request):
    motion = dance(skeleton_of(fresh()))
    found = {case: tried(prepare, motion) for case, prepare in CASES.items()}
    return found | {
        "locked channels": locked_channels(motion),
        "one action of two": one_action_of_two(motion),
    }

"""Characters of other files: linked, overridden, with a linked armature, with a linked action.

Request: "folder" to save in. Answer: case -> what was said, what changed, and what is there after saving.
"""

import bpy

from tests.blender.installed import part
from tests.blender.rigs.dance import FPS, dance, skeleton_of
from tests.blender.rigs.figure import make_figure
from tests.blender.snapshot import differences, snapshot

actions = part("compat.actions")
engine = part("_engine")
insert = part("armature.insert")

NAME = "Hero"


def empty_scene():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = FPS


def save_library(path):
    """A file with a character that plays an action; returns a motion for it."""
    empty_scene()
    figure = make_figure(NAME)
    channels = actions.create("Idle", figure)
    curve = channels.ensure('pose.bones["head"].rotation_quaternion', 1, "head")
    curve.keyframe_points.insert(1, 0.25)
    actions.assign(figure, channels)
    motion = dance(skeleton_of(figure))
    bpy.ops.wm.save_as_mainfile(filepath=path)
    return motion


def linked_object(path):
    """The library's character, linked into an empty scene."""
    empty_scene()
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = [NAME]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    bpy.context.view_layer.update()
    return wanted.objects[0]


def overridden(path):
    return linked_object(path).override_create(remap_local_usages=True)


def system_override(path):
    made = overridden(path)
    made.override_library.is_system_override = True
    return made


def linked_armature(path):
    """An object of this file with the armature of the library."""
    empty_scene()
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.armatures = [NAME]
    made = bpy.data.objects.new(NAME, wanted.armatures[0])
    bpy.context.scene.collection.objects.link(made)
    bpy.context.view_layer.update()
    return made


def linked_action(path):
    """A character of this file that plays the library's action."""
    empty_scene()
    made = make_figure(NAME)
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.actions = ["Idle"]
    actions.play(made, wanted.actions[0])
    return made


CASES = {
    "linked": (linked_object, "NEW_ACTION"),
    "system override": (system_override, "NEW_ACTION"),
    "override": (overridden, "NEW_ACTION"),
    "override, in a strip": (overridden, "NLA_STRIP"),
    "linked armature": (linked_armature, "NEW_ACTION"),
    "linked action": (linked_action, "CURRENT_ACTION"),
}


def turned(armature):
    """How far the upper arm is turned at the clip's last frame."""
    bpy.context.scene.frame_set(FPS + 1)
    shown = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return shown.pose.bones["upper_arm.L"].matrix_basis.to_quaternion().angle


def tried(case, library, motion, folder):
    prepare, into = CASES[case]
    armature = prepare(library)
    before = snapshot()
    options = insert.InsertOptions(frame=1, into=into, place="REST", name="Clip")
    try:
        report = insert.insert_motion(bpy.context, armature, motion, options)
    except engine.errors.RetargetError as error:
        return {"refused": str(error), "changed": differences(before, snapshot())}
    if into == "NLA_STRIP":
        armature.animation_data.action = None  # the library's own action plays above the strip
    angle = turned(armature)
    path = f"{folder}/{case}.blend"
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    reopened = next(o for o in bpy.context.scene.objects if o.name == NAME and o.library is None)
    return {
        "warnings": list(report.warnings),
        "local_action": bpy.data.actions[report.action, None].library is None,
        "armature_linked": reopened.data.library is not None,
        "angle": angle,
        "angle_reopened": turned(reopened),
    }


def run(request):
    folder = request["folder"]
    library = f"{folder}/library.blend"
    motion = save_library(library)
    return {case: tried(case, library, motion, folder) for case in CASES}

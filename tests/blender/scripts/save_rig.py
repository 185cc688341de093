"""Saves a .blend with a figure, or with one that has lost its arms and is no person any more.

Request: "path", "arms" (whether it keeps them).
"""

import bpy

from tests.blender.rigs.figure import ARM, make_figure


def run(request):
    armature = make_figure("Somebody", arm_down_deg=45.0)
    if not request["arms"]:
        bpy.ops.object.mode_set(mode="EDIT")
        bones = armature.data.edit_bones
        for bone in [bone for bone in bones if bone.name.split(".")[0] in {"shoulder", *ARM}]:
            bones.remove(bone)
        bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.wm.save_as_mainfile(filepath=request["path"])
    return {}

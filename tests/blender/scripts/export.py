"""Exports a moving figure as USD and FBX, and tells where its joints are at some frames."""

import bpy
import numpy as np

from tests.blender.rigs.figure import make_figure

FRAMES = (1, 13, 25)


def run(request):
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 1, 25
    armature = make_figure("Mover")
    mesh = bpy.data.meshes.new("Skin")
    mesh.from_pydata([(0, 0, 1), (0.1, 0, 1), (0, 0.1, 1)], [], [(0, 1, 2)])
    skin = bpy.data.objects.new("Skin", mesh)
    skin.vertex_groups.new(name="hips").add([0, 1, 2], 1.0, "REPLACE")
    scene.collection.objects.link(skin)
    skin.parent = armature
    skin.modifiers.new("Armature", "ARMATURE").object = armature
    for frame in (1, 13, 25):
        armature.pose.bones["hips"].location = (0.0, 0.0, -0.02 * frame)
        armature.pose.bones["hips"].keyframe_insert("location", frame=frame)
        armature.pose.bones["upper_arm.L"].rotation_quaternion = (1.0, 0.03 * frame, 0.0, 0.0)
        armature.pose.bones["upper_arm.L"].keyframe_insert("rotation_quaternion", frame=frame)
    bpy.ops.wm.usd_export(filepath=request["usda"], export_animation=True, export_armatures=True)
    armature.animation_data.action.name = "Reach"
    bpy.ops.export_scene.fbx(filepath=request["fbx"], object_types={"ARMATURE", "MESH"}, bake_anim=True)
    places = {}
    for frame in FRAMES:
        scene.frame_set(frame)
        places[frame] = {
            bone.name: np.array(armature.matrix_world @ bone.head).tolist() for bone in armature.pose.bones
        }
    return {"places": places}

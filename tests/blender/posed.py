"""The pose that a solution asks for, and the pose that Blender shows; imported inside a Blender."""

from dataclasses import replace

import bpy
import numpy as np

from tests.blender.installed import part

retarget = part("_engine").retarget
read_rig = part("armature.read").read_rig
pose_rig = part("tmr_engine.retarget.fk").pose_rig
# limbs point exactly where the clip points them only as long as no foot is held
PLAIN = retarget.SolveOptions(foot_lock=0.0)


def solved(armature, motion, fps):
    """The rig, its solution, and the solver's pose (T, B, 4, 4) in armature space by its own kinematics."""
    rig = read_rig(armature, bpy.context.evaluated_depsgraph_get())
    source = retarget.map_skeleton(motion.skeleton)
    solution = retarget.solve(motion, source, rig, retarget.map_rig(rig), replace(PLAIN, fps=fps))
    return rig, solution, pose_rig(rig, solution)


def shown(armature, names):
    """Evaluated pose matrices (B, 4, 4) of bones in armature space, and the object's own in the world."""
    evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    pose = np.array([evaluated.pose.bones[name].matrix for name in names])
    return pose, np.array(evaluated.matrix_world)


def distance(armature, rig, solution, wanted, frames):
    """How far Blender's pose of the keyed bones is from the wanted one: metres, and in axes' components.

    The keys start at frame 1; `frames` are rows of `wanted`.
    """
    keyed = [rig.indices[bone.bone] for bone in solution.bones]
    scale = float(np.cbrt(np.linalg.det(rig.matrix_world[:3, :3])))
    place = turn = 0.0
    for frame in frames:
        bpy.context.scene.frame_set(1 + int(frame))
        error = shown(armature, rig.names)[0][keyed] - wanted[frame][keyed]
        place = max(place, float(np.abs(error[:, :3, 3]).max()) * scale)
        turn = max(turn, float(np.abs(error[:, :3, :3]).max()))
    return place, turn

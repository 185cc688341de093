"""Puts a clip with a rolled left hand on rigs with twist bones and tells what Blender then shows.

Request: "folder" of the rigs, "rigs" (file -> armature), "motion" (a motion file), "hand" (its joint) and
"rolls" (degrees, one a frame). Answer: rig -> "turns" (bone -> one 3x3 a frame, world axes, since rest) of
"forearm", "hand" and the forearm's twist bones, their "shares", the forearm's direction at rest ("way"), and
"off_turn" and "off_place": how far hands and feet, and limbs' joints, are from where they are without twist
bones.
"""

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from tests.blender import posed
from tests.blender.installed import part
from tests.blender.scripts.rigs import FPS, insert, open_rig, read_motion, resample

rotation = part("tmr_engine.motion.rotation")
retarget = posed.retarget
ENDS = [f"{side}_{end}" for side in ("left", "right") for end in ("hand", "foot")]
JOINTS = [f"{side}_{joint}" for side in ("left", "right") for joint in ("lower_arm", "lower_leg")]


def rolled(motion, hand, degrees):
    """The clip with a hand rolled in addition about the bone above it."""
    joint = motion.skeleton.index(hand)
    axis = motion.skeleton.offsets[joint] / np.linalg.norm(motion.skeleton.offsets[joint])
    local = motion.rotations.copy()
    turn = rotation.from_axis_angle(np.radians(degrees)[:, None] * axis)
    local[:, joint] = rotation.multiply(turn, local[:, joint])
    return replace(motion, rotations=local)


def turns_since_rest(armature, rig, names, frames):
    """Bone -> (frames, 3, 3) and pose matrices (frames, bones, 4, 4) that Blender evaluates."""
    world = np.array(armature.matrix_world)[:3, :3]
    world = world / np.linalg.norm(world, axis=0)
    poses = []
    for frame in range(frames):
        bpy.context.scene.frame_set(1 + frame)
        poses.append(posed.shown(armature, rig.names)[0])
    poses = np.array(poses)
    found = {}
    for name in names:
        bone = rig.indices[name]
        turn = poses[:, bone, :3, :3] @ rig.rest_matrices[bone, :3, :3].T
        found[name] = (world @ turn @ world.T).tolist()
    return found, poses


def measure(path, wanted, motion):
    armature = open_rig(path, wanted)
    rig = posed.read_rig(armature, bpy.context.evaluated_depsgraph_get())
    mapping = retarget.map_rig(rig)
    source = retarget.map_skeleton(motion.skeleton)
    options = replace(posed.PLAIN, fps=FPS)
    without = posed.pose_rig(rig, retarget.solve(motion, source, rig, replace(mapping, twist={}), options))
    placed = insert.InsertOptions(frame=1, place="REST", name=path.stem, solve=posed.PLAIN)
    insert.insert_motion(bpy.context, armature, motion, placed)
    forearm, hand = mapping.bone("left_lower_arm"), mapping.bone("left_hand")
    twist = dict(mapping.twist["left_lower_arm"])
    turns, poses = turns_since_rest(armature, rig, [forearm, hand, *twist], len(motion))
    scale = float(np.cbrt(np.linalg.det(rig.matrix_world[:3, :3])))
    ends = [rig.indices[mapping.bone(role)] for role in ENDS]
    joints = ends + [rig.indices[mapping.bone(role)] for role in JOINTS]
    apart = np.abs(poses - without)
    way = rig.world_heads[rig.indices[hand]] - rig.world_heads[rig.indices[forearm]]
    return {
        "turns": turns,
        "forearm": forearm,
        "hand": hand,
        "shares": twist,
        "way": (way / np.linalg.norm(way)).tolist(),
        "off_turn": float(apart[:, ends, :3, :3].max()),
        "off_place": float(apart[:, joints, :3, 3].max()) * scale,
    }


def run(request):
    degrees = np.array(request["rolls"])
    motion = resample(read_motion(request["motion"]).cut(0.5, 2.5), FPS)
    motion = rolled(motion.cut(0.0, (len(degrees) - 1) / FPS), request["hand"], degrees)
    folder = Path(request["folder"])
    return {name: measure(folder / name, wanted, motion) for name, wanted in request["rigs"].items()}

"""Puts a clip on every rig of a list and measures what Blender shows, frame by frame.

Request: "folder" of the rigs, "rigs" (file names), "motion" (a motion file), "seconds" [start, end] of it,
"source" (role -> joint of the motion). Answer: rig -> what `measure` returns.
"""

import json
from pathlib import Path

import bpy
import numpy as np

from tests.blender import posed
from tests.blender.installed import part

engine = part("_engine")
humanoid = part("armature.humanoid")
insert = part("armature.insert")
scene = part("background.scene")
vrm = part("background.vrm")
read_motion = part("tmr_engine.formats").read_motion
resample = part("tmr_engine.motion.resample").resample

FPS = 30
SHOWN = 7
LIMBS = {
    "upper_arm": "lower_arm",
    "lower_arm": "hand",
    "upper_leg": "lower_leg",
    "lower_leg": "foot",
}
SIDES = {"left": "l", "right": "r"}


def open_rig(path, wanted):
    """The armature of a rig's file, as the background script opens it."""
    if path.suffix == ".blend":
        scene.open_blend(path, engine.errors.RetargetError)
    else:
        scene.import_file(path, engine.errors.RetargetError)
    armature = scene.pick_armature()
    if armature is None:
        raise engine.errors.RetargetError("there is no armature in it")
    if wanted:
        assert armature.name == wanted, f"picked {armature.name}, the character is {wanted}"
    if path.suffix == ".vrm":
        humanoid.write_humanoid(armature, vrm.humanoid_table(path))
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = FPS, 1.0
    bpy.context.view_layer.update()
    return armature


def angles(first, second):
    """Degrees between rows of vectors."""
    across = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.degrees(np.arctan2(across, np.sum(first * second, axis=-1)))


def facing_frame(left_hip, right_hip):
    """(T, 3, 3) columns: left, back, up, by the hips alone; world Z up."""
    left = left_hip - right_hip
    left[..., 2] = 0.0
    left /= np.linalg.norm(left, axis=-1, keepdims=True)
    up = np.broadcast_to([0.0, 0.0, 1.0], left.shape)
    return np.stack([left, np.cross(up, left), up], axis=-1)


def limb_angles(rig_places, source_places):
    """Degrees between each limb of the rig and of the source, both seen from their own hips."""
    frames = [
        facing_frame(places["left_upper_leg"].copy(), places["right_upper_leg"].copy())
        for places in (rig_places, source_places)
    ]
    found = []
    for side in SIDES:
        for role, child in LIMBS.items():
            seen = [
                np.einsum("tji,tj->ti", frame, places[f"{side}_{child}"] - places[f"{side}_{role}"])
                for frame, places in zip(frames, (rig_places, source_places), strict=True)
            ]
            found.append(angles(*seen))
    return np.array(found)


def source_places(motion, joints, frames):
    """Role -> (T, 3) of the source, Z up."""
    positions = motion.world[0][frames]
    turned = np.stack([positions[..., 0], -positions[..., 2], positions[..., 1]], axis=-1)
    return {role: turned[:, motion.skeleton.index(name)] for role, name in joints.items()}


def roles_of(document):
    """Role -> bone that shows the body, with sides spelled out."""
    listed = document["roles"] | document.get("roles_deform", {})
    named = {}
    for role, bone in listed.items():
        side = {"l_": "left_", "r_": "right_"}.get(role[:2], "")
        if isinstance(bone, str):
            named[side + role[2:] if side else role] = bone
    return named


def measure(path, motion, joints):
    document = json.loads(path.with_name(f"{path.stem}.mapping.json").read_text(encoding="utf-8"))
    armature = open_rig(path, document["armature"])
    rig, solution, wanted = posed.solved(armature, motion, FPS)
    options = insert.InsertOptions(frame=1, place="REST", name=path.stem, solve=posed.PLAIN)
    report = insert.insert_motion(bpy.context, armature, motion, options)
    roles = roles_of(document)
    frames = np.linspace(0, solution.frames - 1, SHOWN).round().astype(int)
    off_place, off_turn = posed.distance(armature, rig, solution, wanted, frames)
    places = {role: [] for role in roles}
    for frame in frames:
        bpy.context.scene.frame_set(1 + int(frame))
        shown, world = posed.shown(armature, rig.names)
        for role, bone in roles.items():
            head = world @ shown[rig.indices[bone]]
            places[role].append(head[:3, 3])
    places = {role: np.array(rows) for role, rows in places.items()}
    has_legs = "left_upper_leg" in places  # without, there are no hips to look from
    limbs = limb_angles(places, source_places(motion, joints, frames)) if has_legs else np.zeros(1)
    return {
        "off_place": off_place,
        "off_turn": off_turn,
        "limbs_p95": float(np.percentile(limbs, 95)),
        "limbs_median": float(np.median(limbs)),
        "places": {role: np.round(rows, 5).tolist() for role, rows in places.items()},
        "has_constraints": bool(rig.constraints),
        "warnings": list(report.warnings),
        "family": report.family,
        "bones": len(solution.bones),
    }


def run(request):
    start, end = request["seconds"]
    motion = resample(read_motion(request["motion"]).cut(start, end), FPS)
    answer = {}
    for name in request["rigs"]:
        try:
            answer[name] = measure(Path(request["folder"]) / name, motion, request["source"])
        except engine.errors.TMRError as error:
            answer[name] = {"refused": str(error)}
    return answer

"""What one does without a retargeter, on the same map of bones as ours.

Local-rotation copy: each bone turns in its own axes as the source's joint turned in its own, since the rest
pose. World-delta copy: each bone turns in the world as the source's joint did. Both take the hips' way
scaled by the legs' lengths. Constraints + nla.bake: the clip imported as BVH, Copy Rotation on every bone
that has a role and Copy Location on the hips, baked by Blender's operator.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np

from benchmarks.retargeting import stage
from benchmarks.retargeting.rigs import Character
from tmr_engine.formats import write_bvh
from tmr_engine.motion import Motion, rotation
from tmr_engine.motion.rotation import FloatArray
from tmr_engine.retarget import BoneMotion, Mapping, Rig, Solution
from tmr_engine.retarget.body import Body
from tmr_engine.retarget.chains import rotation_of
from tmr_engine.retarget.figure import Z_UP, figure_of_skeleton
from tmr_engine.retarget.moving import mover_of
from tmr_engine.retarget.placing import target_body, turn_to

Turner = Callable[[Motion, Rig, dict[str, str], FloatArray], dict[str, FloatArray]]


def local_copy(motion: Motion, source: Mapping, rig: Rig, target: Mapping) -> Solution:
    """Rotations relative to the parent's, copied from bone to bone."""
    return _copied(motion, source, rig, target, _local)


def world_delta(motion: Motion, source: Mapping, rig: Rig, target: Mapping) -> Solution:
    """How far each joint turned in the world since the rest pose, done to the bone's rest pose."""
    return _copied(motion, source, rig, target, _world)


def pairs(source: Mapping, target: Mapping) -> dict[str, str]:
    """Target bone -> source joint: role by role, lists by place."""
    found: dict[str, str] = {}
    for role in target.roles:
        if role not in ("root", "mover"):
            for bone, joint in zip(target.chain(role), source.chain(role), strict=False):
                found.setdefault(bone, joint)
    return found


def _copied(motion: Motion, source: Mapping, rig: Rig, target: Mapping, turner: Turner) -> Solution:
    theirs, ours = Body(figure_of_skeleton(motion.skeleton), source), target_body(rig, target)
    heading = rotation.multiply(turn_to(theirs, ours, motion, None), rotation.from_matrix(Z_UP))
    turned = turner(motion, rig, pairs(source, target), heading)
    mover = mover_of(rig, target)
    location = None
    if mover is not None:
        joint = motion.skeleton.index(str(source.bone("hips")))
        gone = motion.world[0][:, joint] - motion.skeleton.rest_pose[0][joint]
        location = _channels(rig, mover, rotation.rotate(heading, gone) * (ours.leg / theirs.leg))
    bones = [_bone(rig, bone, turn, location if bone == mover else None) for bone, turn in turned.items()]
    if mover is not None and mover not in turned:
        bones.append(_bone(rig, mover, None, location))
    return Solution(motion.fps, len(motion), tuple(bones), target.switches)


def _bone(rig: Rig, name: str, basis: FloatArray | None, location: FloatArray | None) -> BoneMotion:
    bone = rig.indices[name]
    quats = None if basis is None else rotation.continuous(basis)
    locks = rig.lock_rotation[bone], rig.lock_location[bone]
    return BoneMotion(name, rig.rotation_modes[bone], quats, location, *locks)


def _local(motion: Motion, _rig: Rig, joints: dict[str, str], _heading: FloatArray) -> dict[str, FloatArray]:
    rest = rotation.conjugate(motion.skeleton.rest_rotations)
    turned = rotation.multiply(rest, motion.rotations)
    return {bone: turned[:, motion.skeleton.index(joint)] for bone, joint in joints.items()}


def _world(motion: Motion, rig: Rig, joints: dict[str, str], heading: FloatArray) -> dict[str, FloatArray]:
    since_rest = rotation.multiply(motion.world[1], rotation.conjugate(motion.skeleton.rest_pose[1]))
    to_armature = rotation.multiply(rotation.conjugate(rotation_of(rig.matrix_world[:3, :3])), heading)
    delta = rotation.multiply(rotation.multiply(to_armature, since_rest), rotation.conjugate(to_armature))
    rest = rotation.from_matrix(rig.rest_matrices[:, :3, :3])
    posed = np.empty((len(motion), len(rig), 4))
    found = {}
    for bone, name in enumerate(rig.names):
        parent = int(rig.parents[bone])
        standing = rest[bone]
        if parent >= 0 and rig.inherit_rotation[bone]:
            standing = rotation.multiply(
                posed[:, parent], rotation.multiply(rotation.conjugate(rest[parent]), rest[bone])
            )
        posed[:, bone] = standing
        if name in joints:
            posed[:, bone] = rotation.multiply(delta[:, motion.skeleton.index(joints[name])], rest[bone])
            found[name] = rotation.multiply(rotation.conjugate(standing), posed[:, bone])
            found[name] = np.broadcast_to(found[name], (len(motion), 4))
    return found


def _channels(rig: Rig, mover: str, moved: FloatArray) -> FloatArray:
    """(T, 3) location channels of a bone that is to move as (T, 3) in the world."""
    axes = rig.matrix_world[:3, :3] @ rig.rest_matrices[rig.indices[mover], :3, :3]
    return np.linalg.solve(axes, moved.T).T


def bake(character: Character, motion: Motion, source: Mapping, target: Mapping) -> bpy.types.Object:
    """Puts the clip on the character by constraints and `nla.bake`; returns the imported armature.

    Call it within `stage.put_back`.
    """
    imported = import_bvh(motion)
    constrain_and_bake(character, imported, pairs(source, target), target.bone("hips"), len(motion))
    return imported


def import_bvh(motion: Motion) -> bpy.types.Object:
    """The clip as an armature, as Blender's importer makes it from BVH."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.bvh"
        write_bvh(motion, path)
        bpy.ops.import_anim.bvh(filepath=str(path), frame_start=stage.FIRST, rotate_mode="QUATERNION")
    return bpy.context.view_layer.objects.active


def constrain_and_bake(
    character: Character, imported: bpy.types.Object, joints: dict[str, str], hips: str | None, frames: int
) -> None:
    """Copy Rotation for each pair, Copy Location for the hips, and the operator."""
    armature = character.armature
    added = []
    for bone in armature.pose.bones:
        bone.bone.select = bone.name in joints
        if bone.name not in joints:
            continue
        for kind in ("COPY_ROTATION", "COPY_LOCATION") if bone.name == hips else ("COPY_ROTATION",):
            constraint = bone.constraints.new(kind)
            constraint.target, constraint.subtarget = imported, joints[bone.name]
            added.append((bone, constraint))
    bpy.ops.object.select_all(action="DESELECT")
    bpy.context.view_layer.objects.active = armature
    armature.select_set(True)
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.nla.bake(
        frame_start=stage.FIRST,
        frame_end=stage.FIRST + frames - 1,
        only_selected=True,
        visual_keying=True,
        clear_constraints=False,  # it would clear the rig's own too
        bake_types={"POSE"},
    )
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone, constraint in added:
        bone.constraints.remove(constraint)


def remove(imported: bpy.types.Object) -> None:
    """Takes an imported armature away again."""
    data = imported.data
    bpy.data.objects.remove(imported)
    bpy.data.armatures.remove(data)

"""An armature object as the arrays that the solver takes, and where its character stands now.

Nothing is changed, and the rest data do not depend on the mode, the pose or the frame.
"""

from __future__ import annotations

import re

import bpy
import numpy as np

from .._engine import retarget
from .humanoid import read_humanoid

_BONE_PATH = re.compile(r'^pose\.bones\["((?:[^"\\]|\\.)*)"\](.*)$', re.DOTALL)
_CONSTRAINT_PATH = re.compile(r'^\.constraints\["((?:[^"\\]|\\.)*)"\]\.(influence|mute|enabled)$', re.DOTALL)
_CHANNELS = {"location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale"}


def read_rig(armature: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> retarget.Rig:
    """The armature as arrays, with the pose that it shows at the current frame.

    Args:
        armature: the armature object.
        depsgraph: evaluated, of the view layer that shows it.

    Raises:
        RetargetError: it has no bone.
    """
    bones = _parents_first(armature.data.bones)
    index = {bone.name: place for place, bone in enumerate(bones)}
    pose = [armature.pose.bones[bone.name] for bone in bones]
    driven, driven_constraints = _driven(armature)
    return retarget.Rig(
        name=armature.name,
        names=tuple(bone.name for bone in bones),
        parents=np.array([index[bone.parent.name] if bone.parent else -1 for bone in bones], dtype=np.int64),
        rest_matrices=np.array([bone.matrix_local for bone in bones], dtype=np.float64).reshape(-1, 4, 4),
        tails=np.array([bone.tail_local for bone in bones], dtype=np.float64).reshape(-1, 3),
        matrix_world=np.array(armature.matrix_world, dtype=np.float64),
        inherit_rotation=np.array([bone.use_inherit_rotation for bone in bones], dtype=bool),
        inherit_scale=tuple(bone.inherit_scale for bone in bones),
        use_local_location=np.array([bone.use_local_location for bone in bones], dtype=bool),
        connected=np.array([bone.use_connect for bone in bones], dtype=bool),
        rotation_modes=tuple(bone.rotation_mode for bone in pose),
        lock_location=np.array([bone.lock_location for bone in pose], dtype=bool).reshape(-1, 3),
        lock_rotation=np.array([_rotation_locks(bone) for bone in pose], dtype=bool).reshape(-1, 4),
        deform=np.array([bone.use_deform for bone in bones], dtype=bool),
        constraints=tuple(_constraints(armature, pose, driven_constraints)),
        driven=driven,
        properties={bone.name: numbers for bone in pose if (numbers := _numbers(bone))},
        humanoid={role: name for role, name in read_humanoid(armature).items() if name in index},
        pose_matrices=_pose_matrices(armature.evaluated_get(depsgraph), bones),
    )


def _pose_matrices(evaluated: bpy.types.Object, bones: list[bpy.types.Bone]) -> np.ndarray:
    """(B, 4, 4) the pose shown, armature space."""
    pose = evaluated.pose.bones
    return np.array([pose[bone.name].matrix for bone in bones], dtype=np.float64).reshape(-1, 4, 4)


def _parents_first(bones: bpy.types.ArmatureBones) -> list[bpy.types.Bone]:
    ordered: list[bpy.types.Bone] = []
    waiting = [bone for bone in bones if bone.parent is None]
    while waiting:
        ordered += waiting
        waiting = [child for bone in waiting for child in bone.children]
    return ordered


def _rotation_locks(bone: bpy.types.PoseBone) -> list[bool]:
    """Locks of w, x, y, z; w counts only where Blender heeds it."""
    heeds_w = bone.lock_rotations_4d or bone.rotation_mode == "AXIS_ANGLE"
    return [heeds_w and bone.lock_rotation_w, *bone.lock_rotation]


def _numbers(bone: bpy.types.PoseBone) -> dict[str, float]:
    """Custom properties that are single numbers."""
    values = {key: bone[key] for key in bone.keys()}  # noqa: SIM118  a pose bone is no mapping
    return {key: float(value) for key, value in values.items() if isinstance(value, bool | int | float)}


def _driven(armature: bpy.types.Object) -> tuple[dict[str, tuple[str, ...]], set[tuple[str, str]]]:
    """Driven transform channels by bone, and (bone, constraint) pairs whose strength is driven."""
    channels: dict[str, list[str]] = {}
    constraints: set[tuple[str, str]] = set()
    animation = armature.animation_data
    for driver in animation.drivers if animation else ():
        found = _BONE_PATH.match(driver.data_path)
        if found is None:
            continue
        bone = bpy.utils.unescape_identifier(found[1])
        strength = _CONSTRAINT_PATH.match(found[2])
        if strength is not None:
            constraints.add((bone, bpy.utils.unescape_identifier(strength[1])))
        elif found[2].lstrip(".") in _CHANNELS:
            channels.setdefault(bone, []).append(f"{found[2].lstrip('.')}[{driver.array_index}]")
    return {bone: tuple(names) for bone, names in channels.items()}, constraints


def _constraints(
    armature: bpy.types.Object, pose: list[bpy.types.PoseBone], driven: set[tuple[str, str]]
) -> list[retarget.BoneConstraint]:
    """Constraints that act, or may come to act because a driver sets their strength."""
    found = []
    for bone in pose:
        for constraint in bone.constraints:
            is_driven = (bone.name, constraint.name) in driven
            if not is_driven and (constraint.mute or constraint.influence == 0.0):
                continue
            is_ik = constraint.type == "IK"
            found.append(
                retarget.BoneConstraint(
                    bone=bone.name,
                    name=constraint.name,
                    kind=constraint.type,
                    targets=_targets(armature, constraint),
                    influence=0.0 if constraint.mute else float(constraint.influence),
                    driven=is_driven,
                    chain=constraint.chain_count if is_ik else 0,
                    uses_tail=constraint.use_tail if is_ik else True,
                    pole=constraint.pole_subtarget if is_ik and constraint.pole_target == armature else "",
                    local=getattr(constraint, "target_space", "WORLD").startswith("LOCAL"),
                )
            )
    return found


def _targets(armature: bpy.types.Object, constraint: bpy.types.Constraint) -> tuple[str, ...]:
    """The bones of the same armature that a constraint reads."""
    entries = constraint.targets if constraint.type == "ARMATURE" else [constraint]
    return tuple(
        entry.subtarget
        for entry in entries
        if getattr(entry, "target", None) == armature and getattr(entry, "subtarget", "")
    )

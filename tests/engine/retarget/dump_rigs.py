"""Run by a Blender's Python: dump_rigs.py FOLDER OUT [NAME...]. Writes every armature as OUT/<file>.json."""

import json
import os
import struct
import sys
from pathlib import Path

import bpy
import numpy as np

from tmr_engine.retarget import BoneConstraint, Rig, rig_to_json

CHANNELS = ("location", "rotation_euler", "rotation_quaternion", "rotation_axis_angle", "scale")


def open_file(path: Path) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    suffix = path.suffix.lower()
    if suffix == ".blend":
        bpy.ops.wm.open_mainfile(filepath=str(path))
    elif suffix in (".glb", ".vrm"):
        bpy.ops.import_scene.gltf(filepath=str(path))
    elif suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    elif suffix == ".bvh":
        bpy.ops.import_anim.bvh(filepath=str(path))


def humanoid(path: Path) -> dict[str, str]:
    """VRM's own table of bones (versions 0 and 1)."""
    if path.suffix.lower() != ".vrm":
        return {}
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    document = json.loads(data[20 : 20 + length])
    nodes = document["nodes"]
    extensions = document.get("extensions", {})
    if "VRMC_vrm" in extensions:
        bones = extensions["VRMC_vrm"]["humanoid"]["humanBones"]
        return {role: nodes[entry["node"]]["name"] for role, entry in bones.items()}
    bones = extensions["VRM"]["humanoid"]["humanBones"]
    return {entry["bone"]: nodes[entry["node"]]["name"] for entry in bones}


def constraints(pose_bone, rig_object) -> list[BoneConstraint]:
    found = []
    animation = rig_object.animation_data
    for constraint in pose_bone.constraints:
        path = f'pose.bones["{bpy.utils.escape_identifier(pose_bone.name)}"].constraints["{constraint.name}"]'
        driven = bool(animation) and any(d.data_path.startswith(path) for d in animation.drivers)
        if (constraint.mute or constraint.influence == 0.0) and not driven:
            continue
        if constraint.type == "ARMATURE":
            pairs = [(t.target, t.subtarget) for t in constraint.targets]
        else:
            pairs = [(getattr(constraint, "target", None), getattr(constraint, "subtarget", ""))]
        targets = tuple(name for target, name in pairs if target == rig_object and name)
        found.append(
            BoneConstraint(
                bone=pose_bone.name,
                name=constraint.name,
                kind=constraint.type,
                targets=targets,
                influence=constraint.influence,
                driven=driven,
                chain=getattr(constraint, "chain_count", 0),
                uses_tail=getattr(constraint, "use_tail", True),
                pole=getattr(constraint, "pole_subtarget", ""),
                local=getattr(constraint, "target_space", "WORLD").startswith("LOCAL"),
            )
        )
    return found


def read_rig(rig_object, table: dict[str, str]) -> Rig:
    bones = list(rig_object.data.bones)
    order = {bone.name: index for index, bone in enumerate(bones)}
    pose = [rig_object.pose.bones[bone.name] for bone in bones]
    driven: dict[str, tuple[str, ...]] = {}
    animation = rig_object.animation_data
    for driver in animation.drivers if animation else []:
        for bone in bones:
            prefix = f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"].'
            rest = driver.data_path.removeprefix(prefix)
            if driver.data_path.startswith(prefix) and rest in CHANNELS:
                driven[bone.name] = (*driven.get(bone.name, ()), f"{rest}[{driver.array_index}]")
    properties = {p.name: {k: float(v) for k, v in p.items() if isinstance(v, (int, float))} for p in pose}
    return Rig(
        name=rig_object.name,
        names=tuple(bone.name for bone in bones),
        parents=np.array([order[b.parent.name] if b.parent else -1 for b in bones], dtype=np.int64),
        rest_matrices=np.array([b.matrix_local for b in bones], dtype=np.float64),
        tails=np.array([b.tail_local for b in bones], dtype=np.float64),
        matrix_world=np.array(rig_object.matrix_world, dtype=np.float64),
        inherit_rotation=np.array([b.use_inherit_rotation for b in bones]),
        inherit_scale=tuple(b.inherit_scale for b in bones),
        use_local_location=np.array([b.use_local_location for b in bones]),
        connected=np.array([b.use_connect for b in bones]),
        rotation_modes=tuple(p.rotation_mode for p in pose),
        lock_location=np.array([p.lock_location for p in pose]),
        lock_rotation=np.array(
            [
                (
                    p.lock_rotation_w and (p.lock_rotations_4d or p.rotation_mode == "AXIS_ANGLE"),
                    *p.lock_rotation,
                )
                for p in pose
            ]
        ),
        deform=np.array([b.use_deform for b in bones]),
        constraints=tuple(c for p in pose for c in constraints(p, rig_object)),
        driven=driven,
        properties={name: values for name, values in properties.items() if values},
        humanoid={role: name for role, name in table.items() if name in order},
        pose_matrices=np.array([p.matrix for p in pose], dtype=np.float64),
    )


def main() -> None:
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = set(sys.argv[3:])
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in (".blend", ".glb", ".vrm", ".fbx", ".bvh"):
            continue
        if wanted and path.stem not in wanted:
            continue
        open_file(path)
        mapping = json.loads((folder / f"{path.stem}.mapping.json").read_text(encoding="utf-8"))
        armatures = [o for o in bpy.data.objects if o.type == "ARMATURE"]
        if not armatures:
            continue
        named = [o for o in armatures if o.name == mapping.get("armature")]
        bpy.context.view_layer.update()
        rig = read_rig((named or armatures)[0], humanoid(path))
        (out / f"{path.stem}.json").write_text(rig_to_json(rig), encoding="utf-8")


main()
sys.stdout.flush()
os._exit(0)

"""A plain figure to look at motion on, for scenes that hold no character yet."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

_RINGS = 9
_SEGMENTS = 12


def add_mannequin(context: bpy.types.Context, name: str = "Mannequin") -> bpy.types.Object:
    """Adds an A-posed human armature with a skinned mesh to the scene, at the origin, facing -Y.

    Leaves Blender in object mode with the armature as the active object.
    """
    data = json.loads(Path(__file__).with_name("mannequin.json").read_text(encoding="utf-8"))
    bones = _with_right_side(data["bones"])
    armature = _add_armature(context, name, bones)
    _add_flesh(context, armature, bones, data["colours"])
    context.view_layer.objects.active = armature
    return armature


def _with_right_side(bones: list[dict]) -> list[dict]:
    mirrored = []
    for bone in bones:
        if not bone["name"].endswith(".L"):
            continue
        parent = bone["parent"]
        mirrored.append(
            bone
            | {
                "name": bone["name"][:-2] + ".R",
                "parent": parent[:-2] + ".R" if parent.endswith(".L") else parent,
                "head": [-bone["head"][0], *bone["head"][1:]],
                "tail": [-bone["tail"][0], *bone["tail"][1:]],
            }
        )
    return bones + mirrored


def _add_armature(context: bpy.types.Context, name: str, bones: list[dict]) -> bpy.types.Object:
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    context.collection.objects.link(armature)
    if context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for entry in bones:
        bone = armature.data.edit_bones.new(entry["name"])
        bone.head, bone.tail = entry["head"], entry["tail"]
        # a bone's Z axis forward, so that elbows, knees and spine all bend about their X axis
        bone.align_roll(Vector((0.0, -1.0, 0.0)))
        if entry["parent"]:
            bone.parent = armature.data.edit_bones[entry["parent"]]
    bpy.ops.object.mode_set(mode="OBJECT")
    return armature


def _add_flesh(
    context: bpy.types.Context, armature: bpy.types.Object, bones: list[dict], colours: dict
) -> None:
    mesh = bpy.data.meshes.new(armature.name + " Body")
    body = bpy.data.objects.new(mesh.name, mesh)
    vertices: list[Vector] = []
    faces: list[tuple[int, ...]] = []
    materials: list[int] = []
    groups: list[tuple[str, range]] = []
    sides = list(colours)
    for entry in bones:
        first = len(vertices)
        rest = armature.data.bones[entry["name"]].matrix_local
        vertices += _capsule(rest, (Vector(entry["tail"]) - Vector(entry["head"])).length, *entry["flesh"])
        new_faces = [tuple(first + corner for corner in face) for face in _capsule_faces()]
        faces += new_faces
        side = {".L": "left", ".R": "right"}.get(entry["name"][-2:], "middle")
        materials += [sides.index(side)] * len(new_faces)
        groups.append((entry["name"], range(first, len(vertices))))
    mesh.from_pydata(vertices, [], faces)
    for side in sides:
        mesh.materials.append(_material(f"{armature.name} {side.title()}", colours[side]))
    mesh.polygons.foreach_set("material_index", materials)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    for name, members in groups:
        body.vertex_groups.new(name=name).add(list(members), 1.0, "REPLACE")
    body.modifiers.new("Armature", "ARMATURE").object = armature
    body.parent = armature
    context.collection.objects.link(body)


def _capsule(rest: Matrix, length: float, half_width: float, half_depth: float) -> list[Vector]:
    """Points of a rounded tube along a bone, in armature space; a pole at each end closes it."""
    turns = np.linspace(0.0, 2.0 * np.pi, _SEGMENTS, endpoint=False)
    places = np.linspace(-1.0, 1.0, _RINGS + 2)
    overhang = 0.45 * half_depth  # neighbours overlap, so that bending opens no gap
    points = []
    for place in places:
        along = (0.5 + 0.5 * place) * (length + 2 * overhang) - overhang
        width = (1.0 - abs(place) ** 4) ** 0.5
        if width < 1e-6:
            points.append(rest @ Vector((0.0, along, 0.0)))
            continue
        for turn in turns:
            across = (half_width * width * np.cos(turn), along, half_depth * width * np.sin(turn))
            points.append(rest @ Vector(across))
    return points


def _capsule_faces() -> list[tuple[int, ...]]:
    last = 1 + _RINGS * _SEGMENTS
    faces: list[tuple[int, ...]] = []
    for segment in range(_SEGMENTS):
        beside = (segment + 1) % _SEGMENTS
        faces.append((0, 1 + segment, 1 + beside))
        for ring in range(_RINGS - 1):
            low, high = 1 + ring * _SEGMENTS, 1 + (ring + 1) * _SEGMENTS
            faces.append((low + segment, high + segment, high + beside, low + beside))
        top = 1 + (_RINGS - 1) * _SEGMENTS
        faces.append((top + segment, last, top + beside))
    return faces


def _material(name: str, colour: list[float]) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.diffuse_color = colour
    material.use_nodes = True
    shader = material.node_tree.nodes.get("Principled BSDF")
    shader.inputs["Base Color"].default_value = colour
    shader.inputs["Roughness"].default_value = 0.6
    return material

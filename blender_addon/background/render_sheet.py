"""Renders a contact sheet of an animated character: some frames side by side, for a person to look at."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from .._engine import errors, retarget
from ..armature.read import read_rig

COLUMNS = 4
_SAMPLES = 16
# the camera stands before the character's left, a little above it; in heights of the character
_BEFORE, _BESIDE, _ABOVE = 1.4, 1.05, 0.45
_LABEL_DEPTH = 0.12  # metres before the camera
_HALF_VIEW = 18.0 / 50.0  # half of the picture's longer side at distance 1: Blender's sensor and lens
_SKY = (0.82, 0.86, 0.92, 1.0)
_GROUND = (0.42, 0.44, 0.47, 1.0)
_BONE = (0.7, 0.62, 0.4, 1.0)
_INK = (0.02, 0.02, 0.03, 1.0)


def run(request: dict) -> dict:
    """Renders a .blend's character.

    Args:
        request: "blend" and "out" (PNG) as absolute paths, "frames" how many to show, "size" [width, height]
            of one of them in pixels.

    Returns:
        "out", "frames" (the frame numbers shown).

    Raises:
        RetargetError: the file holds no armature with an action.
    """
    bpy.ops.wm.open_mainfile(filepath=request["blend"], load_ui=False)
    scene = bpy.context.scene
    armature = _animated_armature(scene)
    start, end = (int(edge) for edge in armature.animation_data.action.frame_range)
    numbers = [round(value) for value in np.linspace(start, end, request["frames"])]
    scene.frame_set(start)
    subject = _look_at(scene, armature)
    camera, label = _furnish(scene, subject, request["size"])
    bones = None if subject.meshes else _add_bone_figure(scene, subject.height)
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            scene.frame_set(number)
            if bones is not None:
                _pose_bone_figure(bones, armature)
            _aim(camera, subject)
            label.data.body = f"{number}"
            pictures.append(_render(scene, Path(folder) / f"{number}.png"))
    _write_png(Path(request["out"]), _tile(pictures))
    return {"out": request["out"], "frames": numbers}


@dataclass(frozen=True)
class Subject:
    """The character in the picture; lengths and directions in the world.

    Args:
        armature: its armature.
        meshes: its body; empty where it has none.
        bones: names of those that play a role in the body.
        height: of the body.
        floor: height of the plane that it stands on.
        facing: horizontal unit vector out of its chest at rest.
    """

    armature: bpy.types.Object
    meshes: list[bpy.types.Object]
    bones: list[str]
    height: float
    floor: float
    facing: Vector


def _animated_armature(scene: bpy.types.Scene) -> bpy.types.Object:
    for obj in scene.objects:
        if obj.type == "ARMATURE" and obj.animation_data and obj.animation_data.action:
            return obj
    raise errors.RetargetError(
        "the file holds no armature with an action", where=bpy.data.filepath, fix="insert a clip first"
    )


def _look_at(scene: bpy.types.Scene, armature: bpy.types.Object) -> Subject:
    """Measures the character; the scene is at the clip's first frame."""
    meshes = [obj for obj in scene.objects if obj.type == "MESH" and obj.find_armature() == armature]
    rig = read_rig(armature, bpy.context.evaluated_depsgraph_get())
    mapping = retarget.map_rig(rig)
    place = retarget.placement(replace(rig, pose_matrices=None), mapping)
    played = [found for role, found in mapping.roles.items() if role != "root"]  # a root stays behind
    bones = [name for found in played for name in ([found] if isinstance(found, str) else found)]
    height = 0.0
    # the rest pose shows the height, but in files whose rest pose shows nobody the first frame does
    for position in ("REST", "POSE"):
        armature.data.pose_position = position
        bpy.context.view_layer.update()
        low, high = _extent(armature, meshes, bones)
        height = max(height, float(high[2] - low[2]))
    return Subject(armature, meshes, bones, height, float(place.ground[2]), Vector(place.facing))


def _extent(
    armature: bpy.types.Object, meshes: list[bpy.types.Object], bones: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest corner of the body: of its meshes, or else of its bones."""
    graph = bpy.context.evaluated_depsgraph_get()
    shown = [obj.evaluated_get(graph) for obj in meshes]
    points = [obj.matrix_world @ Vector(corner) for obj in shown for corner in obj.bound_box]
    if not points:
        # a control's tail may end anywhere; that of the topmost joint is the crown of the head
        joints = sorted((armature.pose.bones[name] for name in bones), key=lambda bone: bone.head.z)
        points = [
            armature.matrix_world @ point for point in (*(bone.head for bone in joints), joints[-1].tail)
        ]
    return np.min(points, axis=0), np.max(points, axis=0)


def _furnish(
    scene: bpy.types.Scene, subject: Subject, size: list[int]
) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Puts ground, light, camera and a label into the scene; sets the renderer."""
    ground = bpy.data.objects.new("Sheet Ground", bpy.data.meshes.new("Sheet Ground"))
    reach, floor = 40.0 * subject.height, subject.floor
    corners = [(-reach, -reach, floor), (reach, -reach, floor), (reach, reach, floor), (-reach, reach, floor)]
    ground.data.from_pydata(corners, [], [(0, 1, 2, 3)])
    ground.data.materials.append(_checker(subject.height))
    sun = bpy.data.objects.new("Sheet Sun", bpy.data.lights.new("Sheet Sun", "SUN"))
    sun.data.energy = 1.8
    camera = bpy.data.objects.new("Sheet Camera", bpy.data.cameras.new("Sheet Camera"))
    camera.data.clip_end = 100.0 * subject.height
    # the light comes over the camera's right shoulder, wherever the character faces
    sun.rotation_euler = (0.6, 0.25, 0.5 + subject.facing.to_2d().angle_signed(Vector((0.0, -1.0))))
    label = bpy.data.objects.new("Sheet Label", bpy.data.curves.new("Sheet Label", "FONT"))
    label.parent = camera
    edge = np.array(size) / max(size) * _HALF_VIEW * _LABEL_DEPTH
    label.location = (0.004 - edge[0], 0.004 - edge[1], -_LABEL_DEPTH)
    label.data.size = 0.008
    label.data.materials.append(_plain("Sheet Label", _INK))
    for obj in (ground, sun, camera, label):
        scene.collection.objects.link(obj)
    scene.camera = camera
    scene.world = bpy.data.worlds.new("Sheet Sky")
    scene.world.use_nodes = True
    sky = scene.world.node_tree.nodes["Background"].inputs
    sky["Color"].default_value = _SKY
    sky["Strength"].default_value = 0.7
    scene.render.engine = "CYCLES"
    scene.cycles.samples = _SAMPLES
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.view_settings.view_transform = "Standard"
    return camera, label


def _checker(height: float) -> bpy.types.Material:
    """Half-metre squares (for a human of ordinary height), so that travel and sliding feet can be seen."""
    material = bpy.data.materials.new("Sheet Ground")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    squares = nodes.new("ShaderNodeTexChecker")
    squares.inputs["Scale"].default_value = 3.4 / height
    squares.inputs["Color1"].default_value = _GROUND
    squares.inputs["Color2"].default_value = tuple(0.8 * channel for channel in _GROUND[:3]) + (1.0,)
    place = nodes.new("ShaderNodeTexCoord")
    links.new(place.outputs["Object"], squares.inputs["Vector"])
    links.new(squares.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    return material


def _plain(name: str, colour: tuple[float, ...]) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = colour
    return material


def _aim(camera: bpy.types.Object, subject: Subject) -> None:
    """Looks at the middle of the character; it stays in view wherever it goes."""
    low, high = _extent(subject.armature, subject.meshes, subject.bones)
    left = Vector((-subject.facing.y, subject.facing.x, 0.0))
    away = (subject.facing * _BEFORE + left * _BESIDE + Vector((0.0, 0.0, _ABOVE))) * subject.height
    camera.location = Vector((low + high) / 2) + away
    camera.rotation_euler = (-away).to_track_quat("-Z", "Y").to_euler()


def _add_bone_figure(scene: bpy.types.Scene, height: float) -> bpy.types.Object:
    """A body made of the bones, for rigs that have no mesh."""
    figure = bpy.data.objects.new("Sheet Bones", bpy.data.meshes.new("Sheet Bones"))
    figure.data.materials.append(_plain("Sheet Bones", _BONE))
    figure["thickness"] = 0.012 * height
    scene.collection.objects.link(figure)
    return figure


def _pose_bone_figure(figure: bpy.types.Object, armature: bpy.types.Object) -> None:
    """Draws each visible deforming bone as a double pyramid between its joints."""
    vertices: list[Vector] = []
    faces: list[tuple[int, int, int]] = []
    world = armature.matrix_world
    for bone in armature.pose.bones:
        if not bone.bone.use_deform:
            continue
        head, tail = world @ bone.head, world @ bone.tail
        across = (world.to_3x3() @ bone.x_axis).normalized() * figure["thickness"]
        beside = (world.to_3x3() @ bone.z_axis).normalized() * figure["thickness"]
        thick = head.lerp(tail, 0.25)
        first = len(vertices)
        vertices += [head, thick + across, thick + beside, thick - across, thick - beside, tail]
        for corner in range(4):
            low, high = first + 1 + corner, first + 1 + (corner + 1) % 4
            faces += [(first, high, low), (first + 5, low, high)]
    figure.data.clear_geometry()
    figure.data.from_pydata(vertices, [], faces)


def _render(scene: bpy.types.Scene, path: Path) -> np.ndarray:
    """(height, width, 4) float pixels of the current frame, bottom row first as Blender stores them."""
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    width, height = image.size
    pixels = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return pixels.reshape(height, width, 4)


def _tile(pictures: list[np.ndarray]) -> np.ndarray:
    """Pictures in rows of `COLUMNS`, the first at the top left."""
    blank = np.ones_like(pictures[0])
    pictures = pictures + [blank] * (-len(pictures) % COLUMNS)
    rows = [np.concatenate(pictures[i : i + COLUMNS], axis=1) for i in range(0, len(pictures), COLUMNS)]
    return np.concatenate(rows[::-1], axis=0)


def _write_png(out: Path, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    image = bpy.data.images.new("Sheet", width, height)
    image.pixels.foreach_set(np.ascontiguousarray(pixels).ravel())
    aside = out.with_name(out.stem + ".part.png")
    image.filepath_raw = str(aside)
    image.file_format = "PNG"
    image.save()
    os.replace(aside, out)

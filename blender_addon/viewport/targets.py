"""What a carried clip would land on: the region, the frame or the character under the mouse."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from bpy_extras import view3d_utils

from ..characters import armature_of, target_armature
from .carry import TIME_EDITORS, VIEWPORT, RegionBox, Target, nearest_character, nearest_frame, region_under
from .project import pixels_of


@dataclass(frozen=True)
class Place:
    """The region under the mouse and the mouse in its own pixels."""

    area: bpy.types.Area
    region: bpy.types.Region
    x: int
    y: int


def place_under(screen: bpy.types.Screen, x: int, y: int) -> Place | None:
    """The region under the window pixel (x, y), with sidebars and headers above the main region."""
    regions = [(area, region) for area in screen.areas for region in area.regions]
    boxes = [
        RegionBox(area.type, region.type, region.x, region.y, region.width, region.height)
        for area, region in regions
    ]
    index = region_under(boxes, x, y)
    if index is None:
        return None
    area, region = regions[index]
    return Place(area, region, x - region.x, y - region.y)


def target_at(context: bpy.types.Context, place: Place | None) -> Target | None:
    """Where the clip would go if it were dropped there; None where nothing takes one.

    A time editor gives the frame, and the clip goes to the active character. The viewport gives the
    character, and the clip goes to the playhead.
    """
    if place is None or place.region.type != "WINDOW":
        return None
    if place.area.type in TIME_EDITORS:
        armature = target_armature(context)
        view_x, _ = place.region.view2d.region_to_view(place.x, place.y)
        return armature and Target(armature.name, nearest_frame(view_x), place.area.type)
    if place.area.type == VIEWPORT:
        name = _character_at(context, place)
        return Target(name, context.scene.frame_current, VIEWPORT) if name else None
    return None


def bone_pixels(armature: bpy.types.Object, place: Place) -> tuple[np.ndarray, np.ndarray]:
    """Heads and tails (B, 2) of the posed bones in the pixels of a viewport region."""
    bones = armature.pose.bones
    ends = np.empty((2, len(bones) * 3), dtype=np.float32)
    bones.foreach_get("head", ends[0])
    bones.foreach_get("tail", ends[1])
    world = np.array(armature.matrix_world)
    points = ends.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]
    view = np.array(_view_of(place).perspective_matrix)
    pixels = pixels_of(points, view, place.region.width, place.region.height)
    return pixels[: len(bones)], pixels[len(bones) :]


def _character_at(context: bpy.types.Context, place: Place) -> str:
    """The character whose surface is under the mouse, else the one whose bones pass near it."""
    view, point = _view_of(place), (place.x, place.y)
    hit, _, _, _, obj, _ = context.scene.ray_cast(
        context.evaluated_depsgraph_get(),
        view3d_utils.region_2d_to_origin_3d(place.region, view, point),
        view3d_utils.region_2d_to_vector_3d(place.region, view, point),
    )
    armature = armature_of(obj.original) if hit else None
    if armature is not None:
        return armature.name
    shown = [obj for obj in context.view_layer.objects if obj.type == "ARMATURE" and obj.visible_get()]
    return nearest_character(np.array(point, float), [(obj.name, *bone_pixels(obj, place)) for obj in shown])


def _view_of(place: Place) -> bpy.types.RegionView3D:
    """The view of the region itself: a quad view has four of them in one area."""
    return place.region.data

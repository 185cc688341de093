"""Opens a rig or a motion file in an otherwise empty scene and finds its armature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy

from .._engine import errors


def _import_bvh(path: str) -> None:
    bpy.ops.import_anim.bvh(filepath=path, update_scene_fps=True)


def _import_fbx(path: str) -> None:
    # the importer moves keys by one frame unless told otherwise; times are kept as the file has them
    bpy.ops.import_scene.fbx(filepath=path, anim_offset=0.0, use_custom_props=False)
    # It also connects bones that touch, and a connected bone does not show its location keys: hips under a
    # root bone would stay where they are.
    for armature in [obj for obj in bpy.data.objects if obj.type == "ARMATURE"]:
        bpy.context.view_layer.objects.active = armature
        bpy.ops.object.mode_set(mode="EDIT")
        for bone in armature.data.edit_bones:
            bone.use_connect = False
        bpy.ops.object.mode_set(mode="OBJECT")


def _import_gltf(path: str) -> None:
    bpy.ops.import_scene.gltf(filepath=path)


def _import_usd(path: str) -> None:
    bpy.ops.wm.usd_import(filepath=path, set_frame_range=True)


IMPORTERS: dict[str, Callable[[str], None]] = {
    ".bvh": _import_bvh,
    ".fbx": _import_fbx,
    ".glb": _import_gltf,
    ".gltf": _import_gltf,
    ".vrm": _import_gltf,
    ".usd": _import_usd,
    ".usda": _import_usd,
    ".usdc": _import_usd,
    ".usdz": _import_usd,
}


def open_blend(path: Path, error: type[errors.TMRError]) -> None:
    """Opens a .blend; scripts and drivers in it are not run."""
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False, use_scripts=False)
    except RuntimeError as cause:
        raise error("Blender cannot open it", why=_last_line(cause)) from cause


def import_file(path: Path, error: type[errors.TMRError]) -> None:
    """Imports a file into an empty scene by the importer of its suffix."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    try:
        IMPORTERS[path.suffix.lower()](str(path))
    except Exception as cause:  # importers are Python add-ons: a damaged file raises anything at all
        raise error("Blender's importer cannot read it", why=_last_line(cause)) from cause


def pick_armature() -> bpy.types.Object | None:
    """The armature that is meant: the active one, or the one with most bones; local ones come first."""
    layer = bpy.context.view_layer
    found = [obj for obj in layer.objects if obj.type == "ARMATURE"]
    if not found:
        return None
    active = layer.objects.active
    return max(found, key=lambda obj: (obj.library is None, obj == active, len(obj.data.bones)))


def _last_line(cause: Exception) -> str:
    """The last line of a message: importers print a whole traceback, its end says what happened."""
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return lines[-1] if lines else type(cause).__name__

"""Writes a .blend with the A-posed mannequin, for those who have no character at hand."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..armature.mannequin import add_mannequin


def run(request: dict) -> dict:
    """Writes the file.

    Args:
        request: "out", absolute path of the .blend.

    Returns:
        "out" and "bones", how many the armature has.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    armature = add_mannequin(bpy.context)
    out = Path(request["out"])
    aside = out.with_name(out.stem + ".part.blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(aside), copy=True)
    os.replace(aside, out)
    return {"out": str(out), "bones": len(armature.data.bones)}

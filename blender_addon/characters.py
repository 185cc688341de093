"""Which character is meant: the armature that takes the clip."""

from __future__ import annotations

import bpy


def armature_of(obj: bpy.types.Object | None) -> bpy.types.Object | None:
    """The armature that `obj` is, is deformed by, or hangs on; None where there is none."""
    while obj is not None:
        if obj.type == "ARMATURE":
            return obj
        deforming = obj.find_armature()
        if deforming is not None:
            return deforming
        obj = obj.parent
    return None


def target_armature(context: bpy.types.Context) -> bpy.types.Object | None:
    """The armature that a clip goes to: the active character's, else the only one in the view layer.

    Neither selection nor mode matter.
    """
    layer = context.view_layer
    active = armature_of(layer.objects.active)
    if active is not None:
        return active
    armatures = [obj for obj in layer.objects if obj.type == "ARMATURE"]
    return armatures[0] if len(armatures) == 1 else None

"""VRM's humanoid table of an armature: which bone plays which role."""

from __future__ import annotations

import bpy

# where the scripts of background/ note the table of a .vrm that Blender's plain glTF importer read
PROPERTY = "vrm_humanoid"
_VRM_ADDON = "vrm_addon_extension"


def read_humanoid(armature: bpy.types.Object) -> dict[str, str]:
    """Role name of the VRM specification -> bone name; empty where the armature has no such table."""
    noted = armature.get(PROPERTY)
    if noted is not None:
        return {role: str(noted[role]) for role in noted.keys()}  # noqa: SIM118  an ID property group
    return _from_vrm_addon(armature.data)


def write_humanoid(armature: bpy.types.Object, table: dict[str, str]) -> None:
    """Notes a table on an armature object, so that it is there when the file is opened again."""
    armature[PROPERTY] = table


def _from_vrm_addon(data: bpy.types.Armature) -> dict[str, str]:
    """The table that the VRM add-on (extension "VRM format") keeps on the armature's data."""
    extension = getattr(data, _VRM_ADDON, None)
    if extension is None:
        return {}
    if extension.spec_version.startswith("1"):
        bones = extension.vrm1.humanoid.human_bones
        slots = {human.value: node for human, node in bones.human_bone_name_to_human_bone().items()}
    else:
        slots = {human.bone: human for human in extension.vrm0.humanoid.human_bones}
    return {role: slot.node.bone_name for role, slot in slots.items() if slot.node.bone_name}

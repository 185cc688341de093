"""The mapping that the panel shows and the user edits: filled and read by operators, only drawn by panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bpy

from ._engine import retarget
from ._engine import roles as role_names
from .properties import BY_HAND, state

SAVED = "saved"

RoleBones = Mapping[str, str | Sequence[str]]


def show(
    armature: bpy.types.Object, found: retarget.Mapping, *, by_hand: RoleBones, saved: RoleBones
) -> None:
    """Fills the rows: one for a bone, and an empty one for a role without any, so that it can be given one.

    Args:
        armature: whose mapping it is.
        found: the mapping as an insertion uses it.
        by_hand: roles that the user has changed since it was saved.
        saved: roles that come from a saved mapping.
    """
    shown = state().mapping
    shown.armature, shown.family, shown.confidence = armature.name, found.family, found.confidence
    shown.warnings = "\n".join(found.warnings)
    shown.rows.clear()
    for role in (*role_names.SINGLE_ROLES, *role_names.LIST_ROLES):
        bones = found.chain(role)
        origin = BY_HAND if role in by_hand else SAVED if role in saved else found.family if bones else ""
        for bone in bones or ("",):
            row = shown.rows.add()
            row.role, row.bone = role, bone
            row.origin = origin  # after the bone, whose change says that it was made by hand


def edited(armature: bpy.types.Object) -> dict[str, str | list[str]]:
    """Role -> bone or bones, of the roles changed by the user for this armature; a bone may be empty."""
    shown = state().mapping
    if shown.armature != armature.name:
        return {}
    found: dict[str, str | list[str]] = {}
    for role in dict.fromkeys(row.role for row in shown.rows if row.origin == BY_HAND):
        bones = [row.bone for row in shown.rows if row.role == role and row.bone]
        found[role] = bones if role in role_names.LIST_ROLES else "".join(bones)
    return found

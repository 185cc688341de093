"""Whether keys may be put on an object, and whether they would show."""

from __future__ import annotations

import bpy

from .._engine import errors
from .write import IN_NLA


def check_writable(armature: bpy.types.Object | None) -> list[str]:
    """Refuses what cannot take keys (its scale is the mapper's business).

    Returns:
        warnings, one sentence each.

    Raises:
        RetargetError: no armature, linked data, or NLA tweak mode.
    """
    if armature is None:
        raise errors.RetargetError("there is no armature to animate", fix="Select the character's armature")
    if armature.type != "ARMATURE":
        raise errors.RetargetError(
            f"it is no armature (Blender calls it {armature.type})",
            where=armature.name,
            fix="Select the character's armature",
        )
    _check_library(armature)
    _check_nla(armature)
    if armature.mode == "EDIT":
        return [f"{armature.name} is in Edit Mode: its rest pose from before the edit was used"]
    return []


def _check_library(armature: bpy.types.Object) -> None:
    override = armature.override_library
    if armature.library is not None or (override is not None and override.is_system_override):
        source = armature.library or override.reference.library
        raise errors.RetargetError(
            "the armature is linked, so Blender would lose the keys when the file is saved",
            where=f"{armature.name} (from {source.filepath})",
            fix="Make an editable library override of it first (Object > Library Override > Make)",
        )


def _check_nla(armature: bpy.types.Object) -> None:
    animation = armature.animation_data
    if animation is None:
        return
    if animation.use_tweak_mode:
        raise errors.RetargetError(
            "an NLA strip is being tweaked, and keys would land in it at strip time",
            where=armature.name,
            fix="Leave tweak mode first (Tab in the Nonlinear Animation editor)",
        )


def check_shows(armature: bpy.types.Object, into: str) -> list[str]:
    """Whether the NLA lets new keys show as they are written.

    Args:
        armature: the object, with or without animation.
        into: where the keys go, one of `write.TARGETS`.

    Returns:
        warnings, one sentence each.

    Raises:
        RetargetError: the active action is added to, or mixed with, the strips below it.
    """
    animation = armature.animation_data
    if animation is None:
        return []
    if not animation.use_nla:
        said = (
            f"the NLA of {armature.name} is switched off, so the strip does not show until it is switched on"
        )
        return [said] if into in IN_NLA else []
    if any(track.is_solo for track in animation.nla_tracks):
        return [
            f"an NLA track of {armature.name} is solo, so other animation does not show until that is "
            f"switched off"
        ]
    if into == "NLA_STRIP":
        if animation.action is not None and animation.action_influence > 0:
            return [
                f"the active action {animation.action.name!r} plays above the new strip "
                f"and hides it where both key a bone"
            ]
        return []
    _check_mixing(armature, into)
    return []


def _check_mixing(armature: bpy.types.Object, into: str) -> None:
    """Refuses keys in an action, or a layer over one, that the NLA mixes with the strips below."""
    animation = armature.animation_data
    if animation.action_blend_type == "REPLACE" and animation.action_influence == 1.0:
        return
    plays_below = any(not track.mute and len(track.strips) for track in animation.nla_tracks)
    if plays_below or (into == "NLA_LAYER" and animation.action is not None):
        raise errors.RetargetError(
            f"the active action is mixed with the NLA strips below it "
            f"({animation.action_blend_type.title()}, influence {animation.action_influence:g})",
            where=armature.name,
            why="Keys would be added to the strips instead of showing the clip",
            fix="Set the action to Replace with influence 1, or insert the clip as an NLA strip",
        )

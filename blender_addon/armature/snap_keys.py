"""Keys for IK controls: beside a clip that was just written, or for an action as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import bpy

from .._engine import errors, retarget, saved_mapping
from ..compat import actions
from . import checks, continuing, read, snap, write


def key_ik(
    context: bpy.types.Context,
    armature: bpy.types.Object,
    rig: retarget.Rig,
    mapping: retarget.Mapping,
    written: write.Written,
) -> list[str]:
    """Keys the IK controls for the frames just written; returns what the user should know."""
    where = armature.name
    if not snap.ik_limbs(rig, mapping):
        return [f"no IK controls of {where} are known, so only the bones that were found are keyed"]
    if written.into == "NLA_LAYER":
        return [f"the IK controls of {where} were not snapped: a layer adds to them as they are"]
    playing = armature.animation_data.action
    if written.into == "NLA_STRIP" and playing is not None:
        return [
            f"the action {playing.name!r} plays above the strip, so the IK controls were not snapped to it"
        ]
    try:
        return _write(context, armature, rig, mapping, written)
    except errors.RetargetError as error:  # the clip itself is there, and complete
        return [f"the IK controls were not snapped: {error}"]


def snap_action(
    context: bpy.types.Context,
    armature: bpy.types.Object,
    first: int | None = None,
    last: int | None = None,
    *,
    overrides: Mapping[str, str | Sequence[str]],
    mappings: Path | None,
) -> tuple[range, list[str]]:
    """Keys the IK controls for what the active action does with the FK controls.

    Args:
        context: gives the scene and its evaluation.
        armature: a control rig that plays an action.
        first, last: scene frames; None means from the first, or to the last, key of the FK controls.
        overrides: role -> bone or bones, where the user corrects the mapping.
        mappings: folder of the saved mappings.

    Returns:
        the frames, and warnings.

    Raises:
        RetargetError: the armature cannot take keys or is refused, no IK controls of it are known, its FK
            controls have no keys, or an F-curve cannot take keys. Nothing was written.
    """
    warnings = checks.check_writable(armature) + checks.check_shows(armature, "CURRENT_ACTION")
    rig = read.read_rig(armature, context.evaluated_depsgraph_get())
    saved = saved_mapping.find_mapping(mappings, rig) if mappings else {}
    mapping = retarget.map_rig(rig, {**saved, **overrides})
    limbs = snap.ik_limbs(rig, mapping)
    joints = tuple(str(mapping.bone(role)) for limb in limbs for role in limb.joints)
    keyed = continuing.keyed_range(armature, joints)
    if limbs and keyed is None:
        raise errors.RetargetError(
            "the FK controls have no keys in the active action",
            where=armature.name,
            fix="Insert a clip first",
        )
    start, end = keyed or (0, 0)
    frames = range(start if first is None else first, (end if last is None else last) + 1)
    if not frames:
        raise errors.RetargetError("the last frame is before the first", where=armature.name)
    channels = actions.of(armature)
    begin, finish = (round(frame) for frame in channels.action.frame_range)
    whole = frames.start <= begin and frames.stop > finish
    written = write.Written(
        channels, "NEW_ACTION" if whole else "CURRENT_ACTION", frames.start, frames.stop - 1, ()
    )
    return frames, warnings + _write(context, armature, rig, mapping, written)


def _write(
    context: bpy.types.Context,
    armature: bpy.types.Object,
    rig: retarget.Rig,
    mapping: retarget.Mapping,
    written: write.Written,
) -> list[str]:
    frames = range(written.first, written.last + 1)
    snapped = snap.snap_ik(context, armature, rig, mapping, frames)
    write.write_beside(armature, snapped.solution, written)
    return snap.error_warning(rig, *snap.largest_error(context, armature, rig, snapped))

"""A solution as keys: a new action, an NLA strip or layer, or keys in the current action.

Everything goes through the data API: no operator, no context, no undo step, no change of mode, selection or
frame. What can be refused is refused before anything is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import bpy
import numpy as np

from .._engine import errors, joining, retarget
from ..compat import actions
from . import borders, keys

TARGETS = ("NEW_ACTION", "NLA_STRIP", "NLA_LAYER", "CURRENT_ACTION", "APPEND")
# those that write between other keys, and those that become strips
IN_ACTION, IN_NLA = ("CURRENT_ACTION", "APPEND"), ("NLA_STRIP", "NLA_LAYER")
NAME_BYTES = 63  # what every supported Blender keeps of a name
# custom property of a new action: the action that it took the place of, which would else be lost at saving
REPLACED = "tmr_replaced"


@dataclass(frozen=True)
class WriteOptions:
    """Where keys go and what is noted beside them.

    Args:
        frame: the scene frame of the clip's first frame.
        into: one of TARGETS: "NEW_ACTION", "NLA_STRIP" (on a new track on top), "NLA_LAYER" (a strip that
            combines with what plays below), "CURRENT_ACTION" or "APPEND" (both: keys in the active action).
        name: of the action, the strip and its track.
        notes: custom properties of the action: where the clip comes from ("tmr_clip", "tmr_licence", ...).
    """

    frame: int
    into: str = "NEW_ACTION"
    name: str = "Clip"
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """What was written: where and as what, its first and last frame, and what the user should know."""

    channels: actions.Channels
    into: str
    first: int
    last: int
    warnings: tuple[str, ...]


def write_solution(armature: bpy.types.Object, solution: retarget.Solution, options: WriteOptions) -> Written:
    """Writes a solution's keys for an armature that `checks.check_writable` let pass.

    Raises:
        RetargetError: a value is not finite, or an F-curve that is to be written cannot take keys. Nothing
            was written.
    """
    curves = solution.curves()
    _check_values(armature, curves, solution.frames)
    first, last = options.frame, options.frame + solution.frames - 1
    if options.into in IN_ACTION:
        channels, warnings = _write_current(armature, solution, curves, options)
    elif options.into == "NLA_STRIP":
        channels, warnings = _write_strip(armature, solution, curves, options), []
    elif options.into == "NLA_LAYER":
        channels, warnings = _write_layer(armature, solution, curves, options)
    elif options.into == "NEW_ACTION":
        channels, warnings = _write_new(armature, solution, curves, options), []
    else:
        raise ValueError(f"into is {options.into!r}, expected one of {TARGETS}")
    armature.update_tag(refresh={"TIME"})
    return Written(channels, options.into, first, last, tuple(warnings))


def write_beside(armature: bpy.types.Object, solution: retarget.Solution, written: Written) -> None:
    """Writes a second solution for the same frames beside the first.

    Args:
        armature: the armature object.
        solution: of other bones; its switches replace those of the first.
        written: what the first solution's writing returned.

    Raises:
        RetargetError: as `write_solution`; nothing of the second solution was written.
    """
    curves = solution.curves()
    _check_values(armature, curves, solution.frames)
    _check_curves(written.channels, curves)
    curves = borders.matched(written.channels, curves, written.first)
    _fill(
        written.channels,
        solution,
        curves,
        WriteOptions(written.first),
        keep_switches=written.into != "CURRENT_ACTION",
    )
    armature.update_tag(refresh={"TIME"})


def _write_new(
    armature: bpy.types.Object,
    solution: retarget.Solution,
    curves: list[retarget.Curve],
    options: WriteOptions,
) -> actions.Channels:
    channels = _filled(armature, solution, curves, options)
    animation = armature.animation_data
    if animation is not None and animation.action is not None:
        channels.action[REPLACED] = animation.action
    actions.assign(armature, channels)
    return channels


def _write_strip(
    armature: bpy.types.Object,
    solution: retarget.Solution,
    curves: list[retarget.Curve],
    options: WriteOptions,
) -> actions.Channels:
    channels = _filled(armature, solution, curves, options)
    _add_strip(armature, channels, options.frame)
    return channels


def _write_layer(
    armature: bpy.types.Object,
    solution: retarget.Solution,
    curves: list[retarget.Curve],
    options: WriteOptions,
) -> tuple[actions.Channels, list[str]]:
    """A strip that adds the clip's motion to what plays below; the active action is put there first."""
    warnings = []
    if solution.switches:
        names = ", ".join(sorted({f"{switch.path} of {switch.bone}" for switch in solution.switches}))
        warnings.append(f"a layer keys no switches, so set these by hand where its keys shall show: {names}")
    channels = _filled(armature, replace(solution, switches=()), joining.layered(curves), options)
    animation = armature.animation_data_create()
    if animation.action is not None:
        name = animation.action.name
        actions.push_down(armature, animation.nla_tracks.new())
        warnings.append(f"the action {name!r} was pushed down into the NLA, so that the layer lies above it")
    _add_strip(armature, channels, options.frame).blend_type = "COMBINE"
    return channels, warnings


def _add_strip(armature: bpy.types.Object, channels: actions.Channels, frame: int) -> bpy.types.NlaStrip:
    """A strip on a new track on top; the tracks below keep what they show before and after it."""
    track = armature.animation_data_create().nla_tracks.new()
    track.name = channels.action.name
    strip = actions.add_strip(track, channels.action.name, frame, channels)
    strip.extrapolation = "NOTHING"
    return strip


def _write_current(
    armature: bpy.types.Object,
    solution: retarget.Solution,
    curves: list[retarget.Curve],
    options: WriteOptions,
) -> tuple[actions.Channels, list[str]]:
    """Replaces the keys of the written channels in the written range; every other key stays as it is."""
    channels = actions.of(armature)
    if channels is None:
        return _write_new(armature, solution, curves, options), []
    warnings = []
    _check_curves(channels, curves)
    if channels.is_shared(armature) or channels.action.library is not None:
        warnings.append(
            f"the action {channels.action.name!r} is used elsewhere too, "
            f"so a copy of it was made for {armature.name}"
        )
        channels = channels.copy()
    curves = borders.matched(channels, curves, options.frame)
    _fill(channels, solution, curves, options, keep_switches=False)
    if armature.animation_data.action != channels.action:
        actions.assign(armature, channels)
    return channels, warnings


def _filled(
    armature: bpy.types.Object,
    solution: retarget.Solution,
    curves: list[retarget.Curve],
    options: WriteOptions,
) -> actions.Channels:
    """A new action with the keys in it, not assigned to anything; taken away again when that fails."""
    channels = actions.create(cut_name(options.name), armature)
    try:
        _fill(channels, solution, curves, options, keep_switches=True)
    except BaseException:
        bpy.data.actions.remove(channels.action)
        raise
    return channels


def _fill(
    channels: actions.Channels,
    solution: retarget.Solution,
    curves: list[retarget.Curve],
    options: WriteOptions,
    keep_switches: bool,
) -> None:
    frames = options.frame + np.arange(solution.frames)
    for curve in curves:
        fcurve = channels.ensure(keys.bone_path(curve.bone, curve.property), curve.index, curve.bone)
        keys.write(fcurve, frames, curve.values, keys.LINEAR)
    for switch in solution.switches:
        _write_switch(channels, switch, options.frame, solution.frames, keep_switches)
    for name, text in options.notes.items():
        _note(channels.action, name, text)


def _write_switch(
    channels: actions.Channels, switch: retarget.Switch, first: int, count: int, keep: bool
) -> None:
    """Keys a switch for the clip; in an action that goes on around it, it is put back."""
    path = keys.bone_path(switch.bone, switch.path)
    after = first + count
    found = channels.find(path, 0)
    fcurve = channels.ensure(path, 0, switch.bone)
    if keep:
        keys.write(fcurve, np.array([first]), np.array([switch.value]), keys.CONSTANT)
    elif found is None:
        frames, values = [first - 1, first, after], [switch.found, switch.value, switch.found]
        keys.write(fcurve, np.array(frames), np.array(values), keys.CONSTANT)
    else:
        back = fcurve.evaluate(after)
        has_key = any(round(point.co[0]) == after for point in fcurve.keyframe_points)
        keys.write(fcurve, np.array([first, after - 1]), np.full(2, switch.value), keys.CONSTANT)
        if not has_key:
            keys.write(fcurve, np.array([after]), np.array([back]), keys.CONSTANT)


def _check_values(armature: bpy.types.Object, curves: list[retarget.Curve], count: int) -> None:
    """Refuses values that must not get into a file, before the first key is written."""
    for curve in curves:
        if len(curve.values) != count or not np.isfinite(curve.values).all():
            raise errors.RetargetError(
                f"{curve.property}[{curve.index}] holds numbers that are not finite, or not {count} of them",
                where=f"{armature.name}, {curve.bone}",
                fix="Please report this clip and this armature",
            )


def _check_curves(channels: actions.Channels, curves: list[retarget.Curve]) -> None:
    """Refuses to write into F-curves whose keys the user locked, or that have none to replace."""
    for curve in curves:
        fcurve = channels.find(keys.bone_path(curve.bone, curve.property), curve.index)
        if fcurve is None:
            continue
        where = f"{channels.action.name}, {curve.bone}, {curve.property}[{curve.index}]"
        if fcurve.lock:
            raise errors.RetargetError(
                "the F-curve is locked", where=where, fix="Unlock it, or insert the clip as a new action"
            )
        if len(fcurve.sampled_points):
            raise errors.RetargetError(
                "the F-curve holds samples instead of keys",
                where=where,
                fix="Convert it to keys (Key > Samples to Keyframes), or insert the clip as a new action",
            )


def cut_name(name: str) -> str:
    """The name within Blender's length, never in the middle of a letter."""
    return name.encode("utf-8")[:NAME_BYTES].decode("utf-8", "ignore") or "Clip"


def _note(action: bpy.types.Action, name: str, text: str) -> None:
    """Adds a text to a custom property; an action with several clips names them all."""
    found = action.get(name, "")
    if text and text not in found.split("; "):
        action[name] = f"{found}; {text}" if found else text

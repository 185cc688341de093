"""Puts a motion on a rig's file and saves the result as another file."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
import numpy as np

from .._engine import arrays, errors, retarget
from ..armature import read
from ..armature.humanoid import write_humanoid
from ..armature.insert import InsertOptions, insert_motion
from . import measuring, scene, vrm

FIRST_FRAME = 1


def run(request: dict) -> dict:
    """Opens `rig`, inserts `motion` (an .npz) at frame 1 and saves `out`, aside first.

    `options` are fields of the engine's SolveOptions; with `measure` the answer holds measures too.

    Raises:
        RetargetError: the rig cannot be opened, has no armature, or is refused.
    """
    rig = Path(request["rig"])
    with np.load(request["motion"], allow_pickle=False) as handed:
        motion = arrays.motion_from_arrays(handed)
    try:
        armature = _open_rig(rig)
    except errors.RetargetError as error:
        raise error.located(str(rig)) from error
    bpy.context.view_layer.update()
    render = bpy.context.scene.render
    solving = retarget.SolveOptions(fps=render.fps / render.fps_base, **_with_tuples(request["options"]))
    options = InsertOptions(
        frame=FIRST_FRAME, place="REST", name=request["name"], notes=request["notes"], solve=solving
    )
    rig_before = read.read_rig(armature, bpy.context.evaluated_depsgraph_get())
    report = insert_motion(bpy.context, armature, motion, options)
    answer = {}
    if request["measure"]:
        keyed = report.first, report.last
        answer["measures"] = measuring.measured(armature, rig_before, motion, solving, keyed)
    warnings = [*_version_warning(), *report.warnings]
    if rig.suffix.lower() != ".blend":  # an imported scene is ours: it shows the clip from its first frame on
        bpy.context.scene.frame_start, bpy.context.scene.frame_end = report.first, report.last
        bpy.context.scene.frame_set(report.first)
    _save(Path(request["out"]))
    return answer | {
        "mapping": report.mapping,
        "twist": report.twist,
        "family": report.family,
        "confidence": report.confidence,
        "unmapped": list(report.unmapped),
        "warnings": warnings,
        "armature": armature.name,
        "action": report.action,
        "frames": [report.first, report.last],
        "seconds": round(report.seconds_solve + report.seconds_keys, 4),
    }


def _with_tuples(options: dict) -> dict:
    """The options as they were before JSON made lists of their tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


def _open_rig(path: Path) -> bpy.types.Object:
    if path.suffix.lower() == ".blend":
        scene.open_blend(path, errors.RetargetError)
    else:
        scene.import_file(path, errors.RetargetError)
    armature = scene.pick_armature()
    if armature is None:
        raise errors.RetargetError(
            "there is no armature in it",
            why="It holds plain objects only" if len(bpy.data.objects) else "It is empty",
            fix="Give a file with a skinned character",
        )
    if path.suffix.lower() in {".vrm", ".glb"}:
        table = vrm.humanoid_table(path)
        if table:
            write_humanoid(armature, table)
    return armature


def _version_warning() -> list[str]:
    """A file of a later Blender opens, but may lose what this one does not know."""
    saved = tuple(bpy.data.version)
    if saved[:2] <= bpy.app.version[:2]:
        return []
    return [
        f"the rig was saved by Blender {saved[0]}.{saved[1]} and opened by {bpy.app.version_string}: "
        f"what is new in between may be lost"
    ]


def _save(out: Path) -> None:
    """Writes the file aside and renames it; paths to textures and libraries stay valid."""
    aside = out.with_name(f".{out.stem}.part.blend")
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(aside), copy=True, check_existing=False)
        with aside.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(aside, out)
    except (OSError, RuntimeError) as cause:
        aside.unlink(missing_ok=True)
        raise errors.RetargetError("it cannot be written", where=str(out), why=str(cause).strip()) from cause

"""A motion onto a rig's file, by a background Blender."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RetargetError
from ..motion import Motion
from ..motion.arrays import arrays_from_motion
from ..retarget import SolveOptions
from .child import TIME_LIMIT_S, run_background
from .find import BlenderCommand

_PLAIN = SolveOptions()
_OF_THE_FILE = ("fps", "place")

RIG_SUFFIXES = (".blend", ".glb", ".gltf", ".vrm", ".fbx", ".bvh")


def retarget_file(
    motion: Motion,
    rig: Path,
    out: Path,
    *,
    name: str = "",
    notes: Mapping[str, str] | None = None,
    options: SolveOptions = _PLAIN,
    measure: bool = False,
    blender: BlenderCommand | None = None,
    timeout_s: float = TIME_LIMIT_S,
) -> dict[str, Any]:
    """Writes a .blend with the rig and the motion as an action that starts at frame 1.

    Args:
        motion: the clip.
        rig: .blend, .glb, .gltf, .vrm, .fbx or .bvh.
        out: the .blend to write; it appears whole or not at all.
        name: of the action.
        notes: custom properties of the action (licence and credit).
        options: how the motion is solved; frame rate and place are those of the rig's file.
        measure: measure the result too, on what Blender shows of every frame.
        blender: the Blender to use; found when left out.
        timeout_s: limit for the whole of it.

    Returns:
        mapping {role: bone or [bones]}, family, confidence, unmapped, warnings, armature, action, frames
        [first, last], the child's own seconds, and measures (`tmr_engine.retarget.measures.measure`) where
        they were asked for.

    Raises:
        RetargetError: the rig's file cannot be used, or its armature is refused. Nothing is written.
        BlenderError: no Blender, or it failed.
    """
    if rig.suffix.lower() not in RIG_SUFFIXES:
        raise RetargetError(
            f"{rig.suffix or 'a file without a suffix'} is no rig that can be opened",
            where=str(rig),
            fix="give one of " + ", ".join(RIG_SUFFIXES),
        )
    if not rig.is_file():
        raise RetargetError("there is no such file", where=str(rig))
    if out.suffix.lower() != ".blend":
        raise RetargetError("the result is a .blend file", where=str(out), fix="end its name in .blend")
    if not out.absolute().parent.is_dir():
        raise RetargetError("its folder does not exist", where=str(out), fix="make the folder first")
    with tempfile.TemporaryDirectory(prefix="tmr-motion-") as folder:
        handed = Path(folder) / "motion.npz"
        np.savez(handed, **arrays_from_motion(motion))  # type: ignore[arg-type]  # numpy's stub reads ** as a flag
        request = {
            "motion": str(handed),
            "rig": str(rig.absolute()),
            "out": str(out.absolute()),
            "name": name,
            "notes": dict(notes or {}),
            "options": {name: value for name, value in vars(options).items() if name not in _OF_THE_FILE},
            "measure": measure,
        }
        return run_background("retarget", request, blender=blender, timeout_s=timeout_s)

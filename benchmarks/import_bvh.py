"""Imports every BVH file of a folder with Blender's own importer; prints the seconds it took.

.blender/4.5/bin/python -m benchmarks.import_bvh FOLDER
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

import bpy

from benchmarks.measure import seconds


def import_all(folder: Path) -> None:
    """One file after the other, each thrown away so that the scene does not grow."""
    for path in sorted(folder.rglob("*.bvh")):
        with contextlib.redirect_stdout(io.StringIO()):
            bpy.ops.import_anim.bvh(filepath=str(path))
        bpy.data.objects.remove(bpy.context.object)
        bpy.data.batch_remove([*bpy.data.armatures, *bpy.data.actions])


if __name__ == "__main__":
    taken = seconds(lambda: import_all(Path(sys.argv[1])))
    print(f"\nseconds {taken:.6f}", flush=True)
    os._exit(0)  # bpy may crash while it is unloaded

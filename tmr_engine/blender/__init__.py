"""Finds a Blender and has it do, in the background, what only Blender can.

    run_background("retarget", {...}) -> dict     one of the scripts in blender_addon/background/
    read_with_blender(path) -> list[Motion]       every take of an FBX or USD file
    retarget_file(motion, rig, out, ...) -> dict  a rig's file and a motion to a .blend

The engine imports no `bpy`: a Blender runs as a child process, asked and answered by files.
"""

from .child import run_background
from .find import BlenderCommand, find_blender
from .reading import BLENDER_SUFFIXES, read_with_blender
from .retargeting import RIG_SUFFIXES, retarget_file

__all__ = [
    "BLENDER_SUFFIXES",
    "RIG_SUFFIXES",
    "BlenderCommand",
    "find_blender",
    "read_with_blender",
    "retarget_file",
    "run_background",
]

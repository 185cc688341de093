"""Reads the armature of every rig. Request: "folder", "rigs" (file -> armature). Answer: rig -> its JSON."""

from pathlib import Path

import bpy

from tests.blender.installed import part
from tests.blender.scripts.rigs import open_rig

read_rig = part("armature.read").read_rig
rig_to_json = part("tmr_engine.retarget.rig").rig_to_json


def run(request):
    found = {}
    for name, wanted in request["rigs"].items():
        armature = open_rig(Path(request["folder"]) / name, wanted)
        found[name] = rig_to_json(read_rig(armature, bpy.context.evaluated_depsgraph_get()))
    return found

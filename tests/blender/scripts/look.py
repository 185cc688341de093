"""Opens a .blend and tells what its own armature shows at the first and the last frame of its action."""

import bpy


def run(request):
    bpy.ops.wm.open_mainfile(filepath=request["blend"])
    armature = next(obj for obj in bpy.data.objects if obj.type == "ARMATURE" and obj.library is None)
    action = armature.animation_data.action
    first, last = action.frame_range
    directions = []
    for frame in (first, last):
        bpy.context.scene.frame_set(int(frame))
        heads = [armature.matrix_world @ armature.pose.bones[request[key]].head for key in ("from", "bone")]
        directions.append(list((heads[1] - heads[0]).normalized()))
    return {
        "first": first,
        "last": last,
        "directions": directions,
        "missing": [library.filepath for library in bpy.data.libraries if library.is_missing],
        "notes": {key: str(action[key]) for key in action.keys()},  # noqa: SIM118  an ID is no mapping
    }

"""The installed extension from outside, as a script of a user: search, insert, undo, draw, disable.

Request: "zip". Answer: what each part found; the tests judge it.
"""

import importlib
import tempfile
from pathlib import Path
from types import SimpleNamespace

import addon_utils
import bpy

from tests.blender.rigs.figure import make_figure
from tests.blender.scripts.ui_layout import drawn

MODULE = "bl_ext.user_default.tmr_motion_search"
QUERY = "a person walks forward"
WAIT_S = 60.0
BVH = """HIERARCHY
ROOT Hips
{{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest
  {{
    OFFSET 0 40 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {{
      OFFSET 0 40 0
    }}
  }}
}}
MOTION
Frames: {frames}
Frame Time: 0.0333333
{rows}
"""


class Context:
    """Context as in a sidebar of a given width: without a window Blender has neither scale nor region."""

    def __init__(self, width):
        self.region = SimpleNamespace(width=width)
        self.preferences = SimpleNamespace(
            system=SimpleNamespace(ui_scale=1.0), addons=bpy.context.preferences.addons
        )

    def __getattr__(self, name):
        return getattr(bpy.context, name)


def shown():
    return bpy.context.window_manager.tmr


def session():
    return importlib.import_module(f"{MODULE}.session").session


def install(path):
    bpy.ops.extensions.package_install_files(repo="user_default", filepath=path, enable_on_install=True)


def footprint():
    """Everything that a registered add-on could leave behind."""
    return {
        "types": sorted(name for name in dir(bpy.types) if "TMR" in name.upper()),
        "operators": sorted(dir(bpy.ops.tmr)) if hasattr(bpy.ops, "tmr") else [],
        "window_manager": hasattr(bpy.types.WindowManager, "tmr"),
        "handlers": {
            name: len(getattr(bpy.app.handlers, name))
            for name in dir(bpy.app.handlers)
            if isinstance(getattr(bpy.app.handlers, name), list)
        },
    }


def all_panels(width):
    classes = importlib.import_module(f"{MODULE}.registration").CLASSES
    panels = [cls for cls in classes if issubclass(cls, bpy.types.Panel)]
    return {cls.__name__: drawn(cls, Context(width)) for cls in panels}


def refused(operator, **options):
    """The text with which an operator refuses; empty when it does not."""
    try:
        operator("EXEC_DEFAULT", **options)
    except RuntimeError as error:
        return str(error)
    return ""


def armature_state(name):
    armature = bpy.data.objects[name]
    data = armature.animation_data
    return {
        "action": data.action.name if data and data.action else None,
        "tracks": [track.name for track in data.nla_tracks] if data else [],
        "actions": sorted(action.name for action in bpy.data.actions),
        "objects": sorted(obj.name for obj in bpy.data.objects),
        "mode": bpy.context.mode,
        "selected": sorted(obj.name for obj in bpy.context.view_layer.objects if obj.select_get()),
        "frame": bpy.context.scene.frame_current,
        "rotations": [list(bone.rotation_quaternion) for bone in armature.pose.bones],
    }


def searching(facts):
    facts["first_draw"] = all_panels(280)
    bpy.ops.tmr.search(query=QUERY, wait_s=WAIT_S)
    rows = list(shown().results)
    facts["results"] = [
        {name: getattr(row, name) for name in ("rank", "clip", "caption", "score", "duration_s", "licence")}
        for row in rows
    ]
    facts["status"], facts["error"] = shown().status, shown().error if shown().has_error else ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "saved.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
        facts["query_in_file"] = QUERY.encode() in path.read_bytes()
    shown().query = "  "
    facts["blank_search"] = (session().is_searching, list(bpy.ops.tmr.search()))
    shown().query = "someone jumps"  # what Enter does
    facts["typing_searches"] = session().is_searching
    session().wait_for_search(WAIT_S)


def inserting(facts):
    facts["without_character"] = refused(bpy.ops.tmr.insert_clip)
    make_figure("Hero")
    other = make_figure("Extra")
    bpy.context.view_layer.objects.active = None
    facts["with_two"] = refused(bpy.ops.tmr.insert_clip)
    named = bpy.ops.tmr.insert_clip(armature="Extra")
    moved = [obj.name for obj in bpy.data.objects if obj.animation_data and obj.animation_data.action]
    facts["with_two_named"] = [list(named), *moved]
    bpy.data.actions.remove(other.animation_data.action)
    bpy.data.objects.remove(other)
    bpy.context.scene.frame_set(25)
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="before")
    facts["before"] = armature_state("Hero")
    first = shown().results[0]
    facts["first_row"] = {"clip": first.clip, "licence": first.licence}
    facts["insert"] = list(bpy.ops.tmr.insert_clip("EXEC_DEFAULT", True))
    facts["inserted"] = armature_state("Hero")
    action = bpy.data.objects["Hero"].animation_data.action
    facts["range"] = list(action.frame_range)
    facts["notes"] = {key: str(value) for key, value in action.items()}
    facts["insert_status"] = shown().status
    bpy.ops.ed.undo()
    facts["undone"] = armature_state("Hero")
    clip = shown().results[1].clip
    bpy.ops.tmr.insert_clip(clip=clip, armature="Hero", frame=100, insert_as="NLA_STRIP")
    strip = bpy.data.objects["Hero"].animation_data.nla_tracks[0].strips[0]
    facts["strip"] = {"start": strip.frame_start, "clip": strip.action["tmr_clip"], "wanted": clip}
    facts["unknown_clip"] = refused(bpy.ops.tmr.insert_clip, clip="0000000000000000")
    facts["error_box"] = {"on": shown().has_error, "text": shown().error}
    facts["panels_with_error"] = all_panels(280)
    bpy.ops.tmr.dismiss_error()
    facts["error_gone"] = not shown().has_error
    bpy.data.objects.remove(bpy.data.objects["Hero"])
    bpy.ops.tmr.add_mannequin()
    facts["mannequin"] = list(bpy.ops.tmr.insert_clip())
    bone = bpy.data.objects.new("Hinge", bpy.data.armatures.new("Hinge"))
    bpy.context.collection.objects.link(bone)
    facts["no_character"] = refused(bpy.ops.tmr.insert_clip, armature="Hinge")
    facts["fix"] = shown().fix_operator
    facts["panels_wide"] = all_panels(600)


def write_walk(path, frames):
    """A BVH of three joints that walks forward."""
    rows = "\n".join(f"0 {100 + frame % 3} {frame * 2} 0 0 0 0 0 {frame % 20}" for frame in range(frames))
    path.write_text(BVH.format(frames=frames, rows=rows), encoding="ascii")


def indexing(facts):
    """A folder with two motions and a broken one becomes the user's library."""
    with tempfile.TemporaryDirectory() as folder:
        write_walk(Path(folder) / "stroll_in_park.bvh", 60)
        write_walk(Path(folder) / "march_to_door.bvh", 90)
        (Path(folder) / "broken.bvh").write_text("HIERARCHY\nROOT", encoding="ascii")
        shown().query = ""
        facts["index"] = list(bpy.ops.tmr.index_folder(directory=folder, wait_s=WAIT_S))
        facts["index_error"] = shown().error if shown().has_error else ""
        facts["index_summary"] = shown().index_summary
        facts["failures"] = [[row.path, row.reason] for row in shown().failures]
        facts["library_panel"] = all_panels(280)["TMR_PT_library"]
        bpy.ops.tmr.search(query="march", wait_s=WAIT_S)
        facts["own_results"] = [row.source for row in shown().results]
        bpy.ops.tmr.use_demo_library()
        session().wait_for_search(WAIT_S)
        facts["demo_again"] = len(shown().results)


def registering(facts):
    """Twice off and on again; off leaves nothing."""
    facts["on"] = footprint()
    pids = []
    for turn in range(2):
        process = session()._client._process if session()._client else None
        pids += [process.pid] if process else []
        addon_utils.disable(MODULE, default_set=True)
        facts[f"off_{turn}"] = footprint()
        addon_utils.enable(MODULE, default_set=True)
        facts[f"on_{turn}"] = footprint()
        if turn == 0:
            bpy.ops.tmr.search(query=QUERY, wait_s=WAIT_S)
            facts["search_after_enable"] = len(shown().results)
    facts["engines"] = len(pids)
    facts["engines_alive"] = [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def run(request):
    facts = {"clean": footprint()}
    install(request["zip"])
    searching(facts)
    inserting(facts)
    indexing(facts)
    registering(facts)
    return facts

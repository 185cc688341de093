"""The retargeting options and the bone mapping, as a user's script uses them in the installed extension.

Request: "folder" for exported files. Answer: what each step left in the panel, the file or the character.
"""

from pathlib import Path

import bpy

from tests.blender.installed import part
from tests.blender.rigs.controlled import make_control_rig
from tests.blender.rigs.figure import make_figure
from tests.blender.scripts.ui import Context
from tests.blender.scripts.ui_layout import drawn

actions = part("compat.actions")
engine = part("_engine")
panels = part("panels.retarget")
WAIT_S = 60.0


def shown():
    return bpy.context.window_manager.tmr


def fresh(make=make_figure):
    """A scene with one character only; factory settings would switch the extension off."""
    bpy.data.batch_remove([*bpy.data.objects, *bpy.data.armatures, *bpy.data.actions])
    made = make()
    bpy.context.view_layer.objects.active = made[0] if isinstance(made, tuple) else made
    bpy.context.view_layer.update()
    return made


def rows():
    """ "role number" -> [bone, origin]."""
    found = {}
    for row in shown().mapping.rows:
        number = sum(key.startswith(row.role + " ") for key in found)
        found[f"{row.role} {number}"] = [row.bone, row.origin]
    return found


def pick(role, bone):
    next(row for row in shown().mapping.rows if row.role == role).bone = bone


def tried(operator, **options):
    """What an operator returned, or the text with which it refused."""
    try:
        return list(operator("EXEC_DEFAULT", **options))
    except RuntimeError as error:
        return str(error)


def draw(panel):
    seen = drawn(panel, Context(400))
    return seen | {"choices": sorted(seen.get("choices", ()))}


def mapping(facts, folder):
    facts["before_reading"] = draw(panels.TMR_PT_mapping)
    fresh()
    facts["read"] = tried(bpy.ops.tmr.read_mapping)
    facts["rows"], facts["family"] = rows(), shown().mapping.family
    facts["confidence"] = shown().mapping.confidence
    pick("left_toe", "")
    pick("right_hand", "forearm.R")
    facts["edited"] = rows()
    facts["again"] = tried(bpy.ops.tmr.read_mapping)
    facts["read_again"] = rows()
    facts["save"] = tried(bpy.ops.tmr.save_mapping)
    facts["saved"] = rows()
    exported = Path(folder) / "mapping.json"
    facts["export"] = tried(bpy.ops.tmr.export_mapping, filepath=str(exported))
    fresh(lambda: make_figure("Twin", unit=100.0))
    tried(bpy.ops.tmr.read_mapping)
    facts["twin"] = rows()
    facts["forget"] = tried(bpy.ops.tmr.forget_mapping)
    facts["forgotten"] = rows()
    facts["import"] = tried(bpy.ops.tmr.import_mapping, filepath=str(exported))
    facts["imported"] = rows()
    exported.write_text("{", encoding="utf-8")
    facts["damaged"] = tried(bpy.ops.tmr.import_mapping, filepath=str(exported))
    facts["damaged_box"], facts["kept"] = shown().error, rows()
    facts["drawn"] = drawn_without_work(panels.TMR_PT_mapping)


def drawn_without_work(panel):
    """Draws while mapping, reading armatures and opening files are impossible."""
    import builtins

    def forbidden(*_args, **_options):
        raise AssertionError("a panel that draws must not do this")

    read, saved, opened = engine.retarget.map_rig, engine.saved_mapping.find_mapping, builtins.open
    engine.retarget.map_rig = engine.saved_mapping.find_mapping = builtins.open = forbidden
    try:
        return draw(panel)
    finally:
        engine.retarget.map_rig, engine.saved_mapping.find_mapping, builtins.open = read, saved, opened


def keyed(figure):
    """(bones with keys, first and last frame, how far the hips go over the ground)."""
    curves = actions.of(figure).fcurves()
    bones = sorted({curve.data_path.split('"')[1] for curve in curves})
    ranges = [curve.range() for curve in curves]
    # the figure's hips bone stands upright, so its own y is the world's height
    ways = [
        max(key.co[1] for key in curve.keyframe_points) - min(key.co[1] for key in curve.keyframe_points)
        for curve in curves
        if curve.data_path == 'pose.bones["hips"].location' and curve.array_index != 1
    ]
    return {
        "bones": bones,
        "range": [min(start for start, _ in ranges), max(end for _, end in ranges)],
        "way": max(ways, default=0.0),
    }


def inserted(**options):
    figure = fresh()
    said = tried(bpy.ops.tmr.insert_clip, frame=10, **options)
    return {"said": said} | (keyed(figure) if actions.of(figure) else {})


def options(facts):
    facts["drawn_options"] = draw(panels.TMR_PT_retarget)
    bpy.ops.tmr.search(query="a person walks forward", wait_s=WAIT_S)
    clip = shown().results[0].clip
    facts["plain"] = inserted(clip=clip)
    facts["in_place"] = inserted(clip=clip, in_place=True)
    shown().solving.stretch = 2.0
    facts["stretched_by_the_panel"] = inserted(clip=clip)
    facts["given_wins"] = inserted(clip=clip, stretch=1.0)
    shown().solving.stretch = 1.0
    facts["part"] = inserted(clip=clip, use_range=True, range_start_s=0.25, range_end_s=0.75)
    facts["no_range"] = inserted(clip=clip, use_range=True, range_start_s=2.0)
    return clip


def corrected(facts, clip):
    """The corrections count in the insertion, saved or not."""
    figure = fresh()
    tried(bpy.ops.tmr.read_mapping)
    pick("left_hand", "")
    tried(bpy.ops.tmr.insert_clip, clip=clip)
    facts["by_hand"] = keyed(figure)["bones"]
    tried(bpy.ops.tmr.save_mapping)
    figure = fresh()
    tried(bpy.ops.tmr.insert_clip, clip=clip)
    facts["by_saved"] = keyed(figure)["bones"]
    tried(bpy.ops.tmr.read_mapping)
    tried(bpy.ops.tmr.forget_mapping)


def in_a_row(facts, clip):
    figure = fresh()
    tried(bpy.ops.tmr.insert_clip, clip=clip, frame=1)
    end = keyed(figure)["range"][1]
    facts["append"] = tried(bpy.ops.tmr.insert_clip, clip=clip, insert_as="APPEND")
    facts["appended"] = [end, *keyed(figure)["range"]]
    facts["layer"] = tried(bpy.ops.tmr.insert_clip, clip=clip, insert_as="NLA_LAYER", frame=5)
    tracks = figure.animation_data.nla_tracks
    facts["layers"] = [[strip.blend_type, strip.frame_start] for track in tracks for strip in track.strips]


def snapping(facts, clip):
    facts["snap_without_action"] = bpy.ops.tmr.snap_ik.poll()
    fresh()
    tried(bpy.ops.tmr.insert_clip, clip=clip)
    facts["snap_plain"] = tried(bpy.ops.tmr.snap_ik)
    rig, _ = fresh(lambda: make_control_rig("cloudrig_controls"))
    tried(bpy.ops.tmr.insert_clip, clip=clip)
    before = set(keyed(rig)["bones"])
    facts["warned"] = " ".join(draw(part("panels.search").TMR_PT_search_view3d)["text"])
    facts["snap"] = tried(bpy.ops.tmr.snap_ik)
    facts["snapped"] = sorted(set(keyed(rig)["bones"]) - before)
    rig, _ = fresh(lambda: make_control_rig("cloudrig_controls"))
    tried(bpy.ops.tmr.insert_clip, clip=clip, snap_ik=True)
    facts["snapped_at_once"] = sorted(set(keyed(rig)["bones"]) - before)


def run(request):
    facts = {}
    mapping(facts, request["folder"])
    clip = options(facts)
    corrected(facts, clip)
    in_a_row(facts, clip)
    fresh()
    snapping(facts, clip)
    return facts

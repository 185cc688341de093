"""Writes keys in each way into a file full of other things, and tells what else changed."""

import re

import bpy
import numpy as np

from tests.blender.installed import part
from tests.blender.rigs.figure import make_figure
from tests.blender.snapshot import differences, snapshot

actions = part("compat.actions")
keys = part("armature.keys")
write = part("armature.write")
retarget = part("_engine").retarget
RetargetError = part("_engine").errors.RetargetError

FIRST, COUNT = 20, 11
WRITTEN = ("upper_arm.L", "shin.R")


class Made:
    """A solution as far as the writer looks at it."""

    fps = 24.0
    frames = COUNT
    warnings = ()
    switches = ()

    def curves(self):
        angle = np.linspace(0.0, 1.0, COUNT)
        quats = np.stack([np.cos(angle / 2), np.sin(angle / 2), 0 * angle, 0 * angle])
        turns = np.stack([angle, 0.1 * angle, -angle])
        return [retarget.Curve("upper_arm.L", "rotation_quaternion", i, quats[i]) for i in range(4)] + [
            retarget.Curve("shin.R", "rotation_euler", i, turns[i]) for i in range(3)
        ]


def add_keys(channels, path, index, points, group):
    curve = channels.ensure(path, index, group)
    for frame, value, interpolation, handle in points:
        key = curve.keyframe_points.insert(frame, value)
        key.interpolation = interpolation
        key.handle_left_type = key.handle_right_type = handle
    curve.update()
    return curve


def furnish():
    """A scene with all that must stay: other actions, keys around, strips, drivers, state."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    figure = make_figure()
    figure.pose.bones["shin.R"].rotation_mode = "YZX"
    other = make_figure("Other")
    channels = actions.create("Hand made", figure)
    actions.assign(figure, channels)
    places = [
        (1, 0.2, "BEZIER", "FREE"),
        (15, 0.5, "BEZIER", "AUTO_CLAMPED"),
        (25, 0.9, "CONSTANT", "AUTO"),
        (40, -0.3, "ELASTIC", "VECTOR"),
    ]
    for index in range(4):
        add_keys(channels, keys.bone_path("upper_arm.L", "rotation_quaternion"), index, places, "Mine")
        add_keys(channels, keys.bone_path("head", "rotation_quaternion"), index, places, "head")
    add_keys(channels, "location", 2, places, "Object")
    curve = channels.find(keys.bone_path("head", "rotation_quaternion"), 1)
    curve.modifiers.new("NOISE")
    channels.action.pose_markers.new("here").frame = 7
    elsewhere = actions.create("Elsewhere", other)
    add_keys(elsewhere, keys.bone_path("head", "location"), 1, places, "head")
    track = other.animation_data_create().nla_tracks.new()
    actions.add_strip(track, "Strip", 3, elsewhere)
    driver = figure.driver_add("hide_render").driver
    driver.expression = "0"
    figure.pose.bones["thigh.L"].constraints.new("LIMIT_ROTATION").max_x = 0.5
    figure.pose.bones["hand.L"].location = (0.1, 0.2, 0.3)
    figure.pose.bones["hand.L"]["note"] = 4.0
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 5, 77
    scene.render.fps = 30
    scene.timeline_markers.new("beat", frame=9)
    scene.tool_settings.use_keyframe_insert_auto = True
    bpy.context.view_layer.objects.active = other
    other.select_set(True)
    bpy.ops.object.mode_set(mode="POSE")
    scene.frame_set(12, subframe=0.25)
    return figure


# per way: what may differ, as regular expressions on paths
NEW_ACTION = r'actions\["Clip"\]|actions\.names'
POSED = r'objects\["Figure"\]\.pose\.bones\[(upper_arm\.L|shin\.R)\]\.(rotation_\w+|location)$'
ALLOWED = {
    "NEW_ACTION": [
        NEW_ACTION,
        POSED,
        r'objects\["Figure"\]\.animation_data\.(action|action_slot\w*|last_slot_identifier|action_suitable_slots)\b',
        # the other bones' old keys no longer play; what they showed stays shown
        r'objects\["Figure"\]\.pose\.bones\[head\]\.rotation_quaternion$',
    ],
    "NLA_STRIP": [NEW_ACTION, POSED, r'objects\["Figure"\]\.animation_data\.nla_tracks'],
    "CURRENT_ACTION": [
        POSED,
        r'actions\["Hand made"\]\.(?:.*\.)?fcurves\.len$',
        r'actions\["Hand made"\]\.(?:.*\.)?fcurves\[pose\.bones\["(upper_arm\.L|shin\.R)"\]',
        r'actions\["Hand made"\]\.(?:.*\.)?groups(\.len|\[shin\.R\])',
        r'actions\["Hand made"\]\.(?:.*\.)?(groups\[.*\.channels|(curve_)?frame_(start|end|range))',
        r'actions\["Hand made"\]\["tmr_clip"\]',
    ],
}


def changed(into):
    """Paths outside the allowed ones that writing changed, and what of old keys in written curves changed."""
    figure = furnish()
    before = snapshot()
    options = write.WriteOptions(FIRST, into, "Clip", {"tmr_clip": "walk_01"})
    written = write.write_solution(figure, Made(), options)
    after = snapshot()
    allowed = re.compile("|".join(f"(?:{text})" for text in ALLOWED[into]))
    found = [path for path in differences(before, after) if not allowed.match(path)]
    return {
        "changed": found,
        "old_keys": old_keys_changed(before, after),
        "action": written.channels.action.name,
        "range": [written.first, written.last],
        "note": written.channels.action["tmr_clip"],
        "looked_at": len(before),
    }


def old_keys_changed(before, after):
    """Differences of the keys outside the written range, in any F-curve."""
    frame = re.compile(r"keyframe_points\[([-\d.]+)\]")
    found = []
    for path in differences(before, after):
        match = frame.search(path)
        is_new_curve = match and not any(p.startswith(path[: match.start()]) for p in before)
        if not match or is_new_curve or 'actions["Hand made"]' not in path:
            continue
        if not FIRST <= float(match[1]) < FIRST + COUNT:
            found.append(path)
    return found


def evaluated(figure, into):
    """The largest error of what Blender shows, over the written frames."""
    curves = Made().curves()
    worst = 0.0
    for number in range(COUNT):
        bpy.context.scene.frame_set(FIRST + number)
        shown = figure.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        for curve in curves:
            value = getattr(shown[curve.bone], curve.property)[curve.index]
            wanted = curve.values[number]
            worst = max(worst, min(abs(value - wanted), abs(value + wanted)))
    return worst


def shown(into):
    """Blender's evaluation of what was written; the strip is looked at without the action above it."""
    figure = furnish()
    write.write_solution(figure, Made(), write.WriteOptions(FIRST, into, "Clip"))
    if into == "NLA_STRIP":
        figure.animation_data.action = None
    return evaluated(figure, into)


def layout(into):
    """How the keys lie in the action, told by Blender's own names for it."""
    figure = furnish()
    action = write.write_solution(figure, Made(), write.WriteOptions(FIRST, into, "Clip")).channels.action
    animation = figure.animation_data
    if bpy.app.version < (4, 4):
        curves, found = action.fcurves, {}
    else:
        user = animation.nla_tracks[-1].strips[0] if into == "NLA_STRIP" else animation
        strip = action.layers[0].strips[0]
        curves = strip.channelbag(action.slots[0]).fcurves
        found = {
            "slots": [slot.identifier for slot in action.slots],
            "played": user.action_slot.identifier,
            "layers": len(action.layers),
            "strips": [strip.type for strip in action.layers[0].strips],
        }
    return found | {
        "curves": sorted((curve.data_path, curve.array_index, curve.group.name) for curve in curves),
        "keys": sorted({len(curve.keyframe_points) for curve in curves}),
        "interpolation": sorted({key.interpolation for curve in curves for key in curve.keyframe_points}),
    }


def twice():
    """Writing the same again into the current action changes nothing."""
    figure = furnish()
    write.write_solution(figure, Made(), write.WriteOptions(FIRST, "CURRENT_ACTION", "Clip"))
    first = snapshot()
    write.write_solution(figure, Made(), write.WriteOptions(FIRST, "CURRENT_ACTION", "Clip"))
    return differences(first, snapshot())


def undone():
    """What one undo leaves different."""
    figure = furnish()
    before = snapshot()
    bpy.ops.ed.undo_push(message="before")
    write.write_solution(figure, Made(), write.WriteOptions(FIRST, "CURRENT_ACTION", "Clip"))
    bpy.ops.ed.undo_push(message="insert")
    bpy.ops.ed.undo()
    after = snapshot()
    return [path for path in differences(before, after) if "is_updated" not in path and ".tag" not in path]


def shared():
    """Two figures play one action: the other one's keys stay, and it is said so."""
    figure = furnish()
    other = bpy.data.objects["Other"]
    channels = actions.of(figure)
    actions.assign(other, channels)
    before = {path: value for path, value in snapshot().items() if path.startswith('actions["Hand made"]')}
    written = write.write_solution(figure, Made(), write.WriteOptions(FIRST, "CURRENT_ACTION", "Clip"))
    after = {path: value for path, value in snapshot().items() if path.startswith('actions["Hand made"]')}
    kept = actions.of(figure).find(keys.bone_path("head", "rotation_quaternion"), 0)
    return {
        "changed": [p for p in differences(before, after) if not p.endswith((".users", ".is_updated"))],
        "warnings": list(written.warnings),
        "other_plays": other.animation_data.action.name,
        "own": figure.animation_data.action.name,
        "head_keys_kept": len(kept.keyframe_points),
    }


def refused():
    """A locked F-curve is refused and nothing is written."""
    figure = furnish()
    channels = actions.of(figure)
    channels.find(keys.bone_path("upper_arm.L", "rotation_quaternion"), 2).lock = True
    before = snapshot()
    try:
        write.write_solution(figure, Made(), write.WriteOptions(FIRST, "CURRENT_ACTION", "Clip"))
    except RetargetError as error:
        return {"error": str(error), "changed": differences(before, snapshot())}
    return {"error": "", "changed": []}


def broken():
    """A value that is no number is refused, and nothing is left of the rest."""
    figure = furnish()

    class Broken(Made):
        def curves(self):
            good = super().curves()
            return [*good, retarget.Curve("head", "location", 0, np.full(COUNT, np.nan))]

    before = snapshot()
    left = {}
    for into in ("NEW_ACTION", "NLA_STRIP", "CURRENT_ACTION"):
        try:
            write.write_solution(figure, Broken(), write.WriteOptions(FIRST, into, "Clip"))
        except RetargetError:
            left[into] = differences(before, snapshot())
    return left


def saved(folder):
    """The action that was replaced is still in the file after saving and opening it."""
    figure = furnish()
    fake = bpy.data.actions["Hand made"].use_fake_user
    write.write_solution(figure, Made(), write.WriteOptions(FIRST, "NEW_ACTION", "Clip"))
    path = f"{folder}/saved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    return {
        "actions": sorted(action.name for action in bpy.data.actions),
        "fake_user_changed": fake != bpy.data.actions["Hand made"].use_fake_user,
        "plays": bpy.data.objects["Figure"].animation_data.action.name,
        "error": evaluated(bpy.data.objects["Figure"], "NEW_ACTION"),
    }


def seen():
    """Names of deliberate changes that the snapshot notices."""
    figure = furnish()

    def change_key():
        actions.of(figure).find("location", 2).keyframe_points[0].handle_left[1] += 0.001

    def change_flag():
        figure.pose.bones["toe.L"].lock_location[1] = True

    def change_bone():
        figure.pose.bones["toe.L"].location.x += 0.001

    def change_selection():
        figure.select_set(not figure.select_get())

    def make_object():
        bpy.data.objects.new("New", None)

    noticed = []
    for name, change in (
        ("key", change_key),
        ("flag", change_flag),
        ("bone", change_bone),
        ("selection", change_selection),
        ("new object", make_object),
    ):
        before = snapshot()
        change()
        if differences(before, snapshot()):
            noticed.append(name)
    return noticed


def run(request):
    ways = ("NEW_ACTION", "NLA_STRIP", "CURRENT_ACTION")
    return {
        "changed": {into: changed(into) for into in ways},
        "shown": {into: shown(into) for into in ways},
        "layout": {into: layout(into) for into in ways[:2]},
        "seen": seen(),
        "twice": twice(),
        "undone": undone(),
        "shared": shared(),
        "refused": refused(),
        "broken": broken(),
        "saved": saved(request["folder"]),
    }

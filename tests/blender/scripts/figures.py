"""Clips on figures that are made here: what Blender shows against what the clip is, and what is refused."""

import functools
import math

import bpy
import numpy as np
from mathutils import Matrix

from tests.blender import posed
from tests.blender.installed import part
from tests.blender.rigs.dance import FPS, at_rest, dance, skeleton_of
from tests.blender.rigs.figure import LEFT, MIDDLE, make_figure
from tests.blender.snapshot import differences, snapshot

actions = part("compat.actions")
engine = part("_engine")
humanoid = part("armature.humanoid")
insert = part("armature.insert")
InsertOptions = functools.partial(insert.InsertOptions, solve=posed.PLAIN)

LIMBS = {"upper_arm": "forearm", "forearm": "hand", "thigh": "shin", "shin": "foot"}
MIXAMO = {
    "hips": "mixamorig:Hips",
    "spine": "mixamorig:Spine",
    "chest": "mixamorig:Spine1",
    "neck": "mixamorig:Neck",
    "head": "mixamorig:Head",
    **{
        f"{bone}.{side[0]}": f"mixamorig:{side}{name}"
        for side in ("Left", "Right")
        for bone, name in (
            ("shoulder", "Shoulder"),
            ("upper_arm", "Arm"),
            ("forearm", "ForeArm"),
            ("hand", "Hand"),
            ("thigh", "UpLeg"),
            ("shin", "Leg"),
            ("foot", "Foot"),
            ("toe", "ToeBase"),
        )
    },
}
# kinds whose joints rest where the plain figure's do
SAME_BODY = (
    "rolled",
    "centimetres",
    "hectometres",
    "lying, turned up",
    "on its side, turned up",
    "connected",
    "on an empty",
    "eight modes",
)
EIGHT_MODES = ("QUATERNION", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")


def fresh(fps=FPS, **options):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps = fps
    return make_figure(**options)


def heads_at(armature, frame, part=0.0):
    """Bone -> world joint that Blender shows."""
    bpy.context.scene.frame_set(frame, subframe=part)
    shown = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return {bone.name: np.array(shown.matrix_world @ bone.head) for bone in shown.pose.bones}


def angle(first, second):
    return math.degrees(math.atan2(np.linalg.norm(np.cross(first, second)), float(first @ second)))


def limb_error(armature, motion, names=None, turn=None, first=1):
    """The worst angle in degrees between a limb that Blender shows and the clip's, from frame `first` on."""
    names = names or {}
    turn = np.eye(3) if turn is None else turn
    positions = motion.world[0]
    positions = np.stack([positions[..., 0], -positions[..., 2], positions[..., 1]], axis=-1)
    worst = 0.0
    for frame in range(0, len(motion), 5):
        shown = heads_at(armature, first + frame)
        for side in (".L", ".R"):
            for bone, child in LIMBS.items():
                ends = [names.get(name + side, name + side) for name in (bone, child)]
                there = [positions[frame, motion.skeleton.index(name + side)] for name in (bone, child)]
                worst = max(worst, angle(shown[ends[1]] - shown[ends[0]], turn @ (there[1] - there[0])))
    return worst


def source():
    """A T-posed skeleton, and a dance on it."""
    skeleton = skeleton_of(fresh())
    return skeleton, dance(skeleton)


KINDS = {
    "T": {},
    "A45": {"arm_down_deg": 45.0},
    "rolled": {"roll_deg": 37.0},
    "centimetres": {"unit": 100.0},
    "hectometres": {"unit": 0.01},
    "lying, turned up": {"unit": 100.0, "lying_deg": 90.0},
    "on its side, turned up": {"unit": 0.01, "lying_deg": -90.0, "about": "Y"},
    "connected": {"connected": True, "arm_down_deg": 0.0},
    "on an empty": {"unit": 100.0, "lying_deg": 90.0, "on_empty": True},
    "eight modes": {"modes": EIGHT_MODES},
    "mixamo names": {"rename": MIXAMO},
    "quotes in names": {"rename": {"hand.L": 'hand "left".L', "hand.R": 'hand "left".R'}},
}


def limbs():
    """Kind of figure -> the worst limb error of the dance."""
    _, motion = source()
    found = {}
    for kind, options in KINDS.items():
        armature = fresh(**options)
        insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=1, place="REST"))
        found[kind] = limb_error(armature, motion, options.get("rename"))
    return found


def as_solved():
    """Kind of figure -> metres between Blender's joints and those of the solver's own kinematics."""
    _, motion = source()
    found = {}
    for kind, options in KINDS.items():
        armature = fresh(**options)
        rig, solution, wanted = posed.solved(armature, motion, FPS)
        insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=1, place="REST"))
        frames = range(0, solution.frames, 6)
        found[kind] = posed.distance(armature, rig, solution, wanted, frames)[0]
    return found


def equal_joints():
    """The largest distance of a joint from the plain figure's, metres, over the dance."""
    _, motion = source()
    wanted = None
    found = {}
    for kind in ("T", *SAME_BODY):
        armature = fresh(**KINDS[kind])
        insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=1, place="REST"))
        places = np.array([list(heads_at(armature, frame).values()) for frame in (1, 17, 40, 61)])
        wanted = places if wanted is None else wanted
        found[kind] = float(np.abs(places - wanted).max())
    return found


def rests():
    """A rest pose put on another rest pose: the target is posed like the source's rest, not like its own."""
    found = {}
    for first, second in (("T", "A45"), ("A45", "T"), ("T", "T")):
        skeleton = skeleton_of(fresh(**KINDS[first]))
        armature = fresh(**KINDS[second])
        insert.insert_motion(bpy.context, armature, at_rest(skeleton), InsertOptions(frame=1, place="REST"))
        found[f"{first} to {second}"] = limb_error(armature, at_rest(skeleton))
        if first == second:
            bases = [bone.matrix_basis for bone in armature.pose.bones]
            found["identity"] = float(max(abs(np.array(basis) - np.eye(4)).max() for basis in bases))
    return found


def between_frames():
    """How far the pose between two keys is from half way, degrees: jumping signs and turns show here."""
    _, motion = source()
    worst = 0.0
    armature = fresh(modes=EIGHT_MODES)
    insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=1, place="REST"))
    for frame in range(1, len(motion)):
        turns = []
        for ahead in (0.0, 0.5, 1.0):
            bpy.context.scene.frame_set(frame + int(ahead), subframe=ahead % 1.0)
            turns.append([bone.matrix_basis.to_quaternion() for bone in armature.pose.bones])
        for start, middle, end in zip(*turns, strict=True):
            half = start.slerp(end, 0.5)
            apart = 2 * math.degrees(math.acos(min(1.0, abs(half.dot(middle)))))
            # an Euler path is curved: what counts is that it stays between its ends
            worst = max(worst, apart - math.degrees(start.rotation_difference(end).angle))
    return worst


def resampled():
    """60 frames a second in scenes of other rates: the same places at the same times."""
    _, motion = source()
    hips = motion.world[0][:, 0]
    times = np.arange(len(motion)) / FPS
    found = {}
    for rate, base in ((24, 1.0), (30, 1.001), (120, 1.0)):
        armature = fresh(fps=rate)
        bpy.context.scene.render.fps_base = base
        report = insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=1, place="REST"))
        off = 0.0
        for frame in range(report.first, report.last + 1):
            second = min((frame - 1) * base / rate, times[-1])
            wanted = np.array([np.interp(second, times, hips[:, axis]) for axis in range(3)])
            off = max(off, float(np.abs(heads_at(armature, frame)["hips"] - to_z_up(wanted)).max()))
        found[f"{rate}/{base:g}"] = {"range": [report.first, report.last], "off": off}
    return found


def to_z_up(place):
    return np.array([place[0], -place[2], place[1]])


def standing(heads):
    """Ground point and facing angle (degrees) of a pose."""
    left, right = heads["thigh.L"], heads["thigh.R"]
    middle = (left + right) / 2
    across = left - right
    return middle[:2], math.degrees(math.atan2(-across[0], across[1]))


def placed():
    """The clip starts where the character stands and faces, wherever its object or its bones have put it."""
    motion = source()[1].cut(0.3, 1.0)  # it begins far from its origin, turned
    found = {}
    for kind in ("object", "root bone", "second clip"):
        armature = fresh()
        if kind == "object":
            armature.matrix_world = Matrix.Translation((2, -3, 0.5)) @ Matrix.Rotation(
                math.radians(135), 4, "Z"
            )
        elif kind == "root bone":
            turned = Matrix.Translation((1, 2, 0)) @ Matrix.Rotation(math.radians(-60), 4, "Z")
            root = armature.pose.bones["root"]
            root.matrix_basis = root.bone.matrix_local.inverted() @ turned @ root.bone.matrix_local
        else:
            insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=1, into="CURRENT_ACTION"))
        bpy.context.view_layer.update()
        frame = len(motion) if kind == "second clip" else 10
        before = standing(heads_at(armature, frame))
        insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=None, into="CURRENT_ACTION"))
        after = standing(heads_at(armature, frame))
        found[kind] = {
            "ground": float(np.abs(before[0] - after[0]).max()),
            "turn": abs((before[1] - after[1] + 180) % 360 - 180),
        }
    return found


def vrm_table():
    """Bones without meaning in their names are mapped by VRM's table."""
    _, motion = source()
    names = ["root", *[bone for bone in MIDDLE if bone != "root"]]
    names += [bone + side for bone in LEFT for side in (".L", ".R")]
    rename = {name: f"J_{number:02d}" for number, name in enumerate(names)}
    armature = fresh(rename=rename)
    roles = {"hips": "hips", "spine": "spine", "chest": "chest", "neck": "neck", "head": "head"}
    parts = {"UpperArm": "upper_arm", "LowerArm": "forearm", "Hand": "hand", "Shoulder": "shoulder"}
    parts |= {"UpperLeg": "thigh", "LowerLeg": "shin", "Foot": "foot", "Toes": "toe"}
    for side, end in (("left", ".L"), ("right", ".R")):
        roles |= {side + part: bone + end for part, bone in parts.items()}
    humanoid.write_humanoid(armature, {role: rename[bone] for role, bone in roles.items()})
    report = insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=1))
    wanted = {"left_upper_arm": rename["upper_arm.L"], "right_lower_leg": rename["shin.R"]}
    return {"family": report.family, "right": all(report.mapping[r] == b for r, b in wanted.items())}


def refused():
    """Case -> what is said, and what is different afterwards."""
    _, motion = source()
    found = {}
    for case, prepare in REFUSED.items():
        armature = prepare(fresh())
        bpy.context.view_layer.update()
        before = snapshot()
        said = ""
        try:
            insert.insert_motion(bpy.context, armature, motion, InsertOptions(frame=1))
        except engine.errors.RetargetError as error:
            said = str(error)
        found[case] = {"said": said, "changed": differences(before, snapshot())}
    return found


def negative(armature):
    armature.scale.x = -1.0
    return armature


def uneven(armature):
    armature.scale.z = 1.2
    return armature


def on_an_uneven_empty(armature):
    armature.parent = empty(armature)
    armature.parent.scale = (1.0, 1.0, 1.3)
    armature.rotation_euler.x = 0.5
    return armature


def zero(armature):
    armature.scale = (0.0, 0.0, 0.0)
    return armature


def empty(_):
    made = bpy.data.objects.new("Nothing", None)
    bpy.context.scene.collection.objects.link(made)
    return made


def with_strip(armature):
    channels = actions.create("Below", armature)
    channels.ensure("location", 0, "Object").keyframe_points.insert(1, 1.0)
    animation = armature.animation_data_create()
    actions.add_strip(animation.nla_tracks.new(), "Below", 1, channels)
    return armature


def mixed(armature):
    with_strip(armature)
    actions.assign(armature, actions.create("Above", armature))
    armature.animation_data.action_blend_type = "ADD"
    return armature


def tweaked(armature):
    with_strip(armature)
    animation = armature.animation_data
    animation.nla_tracks[0].strips[0].select = True
    animation.nla_tracks.active = animation.nla_tracks[0]
    animation.use_tweak_mode = True
    assert animation.use_tweak_mode
    return armature


def with_muted_strip(armature):
    """An action that would be mixed with the strip below it, were that not muted."""
    mixed(armature).animation_data.nla_tracks[0].mute = True
    return armature


def with_solo_track(armature):
    with_strip(armature).animation_data.nla_tracks[0].is_solo = True
    return armature


def with_action(armature):
    channels = actions.create("Above", armature)
    actions.assign(armature, channels)
    return armature


def without_nla(armature):
    armature.animation_data_create().use_nla = False
    return armature


BESIDE = {
    "muted strip": (with_muted_strip, "CURRENT_ACTION"),
    "solo track": (with_solo_track, "NEW_ACTION"),
    "action above the strip": (with_action, "NLA_STRIP"),
    "NLA switched off": (without_nla, "NLA_STRIP"),
}


def beside():
    """Case -> what is said where other animation of the character bears on what shows; the limbs' error."""
    _, motion = source()
    found = {}
    for case, (prepare, into) in BESIDE.items():
        armature = prepare(fresh())
        options = InsertOptions(frame=1, into=into, place="REST")
        report = insert.insert_motion(bpy.context, armature, motion, options)
        found[case] = {"said": list(report.warnings), "limbs": limb_error(armature, motion)}
    return found


def no_arms(armature):
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in list(armature.data.edit_bones):
        if bone.name.split(".")[0] in {"shoulder", "upper_arm", "forearm", "hand"}:
            armature.data.edit_bones.remove(bone)
    bpy.ops.object.mode_set(mode="OBJECT")
    return armature


REFUSED = {
    "negative scale": negative,
    "zero scale": zero,
    "uneven scale": uneven,
    "on an uneven empty": on_an_uneven_empty,
    "no armature": empty,
    "mixed with the NLA": mixed,
    "tweak mode": tweaked,
    "no arms": no_arms,
}


def run(request):
    return {
        "limbs": limbs(),
        "as_solved": as_solved(),
        "equal_joints": equal_joints(),
        "rests": rests(),
        "between_frames": between_frames(),
        "resampled": resampled(),
        "placed": placed(),
        "vrm_table": vrm_table(),
        "refused": refused(),
        "beside": beside(),
    }

"""A clip onto a character: read the armature, solve, write the keys."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from .._engine import joining, retarget, saved_mapping
from .._engine import motion as motion_module
from . import checks, continuing, playhead, read, snap_keys, write

PLACES = ("CHARACTER", "REST")


@dataclass(frozen=True)
class InsertOptions:
    """What the user chooses about an insertion.

    Args:
        frame: the scene frame of the clip's first frame; None is the playhead, and for "APPEND" the frame of
            the active action's last key on a bone.
        into: one of `write.TARGETS`: "NEW_ACTION", "NLA_STRIP", "NLA_LAYER", "CURRENT_ACTION" or "APPEND".
        place: "CHARACTER" starts where the character stands and faces at that frame, "REST" where its rest
            pose does.
        name: of the action or the strip; the file's or the take's name when empty.
        overrides: role -> bone, or bones, where the user corrects the mapping.
        mappings: folder of the mappings that the user has saved; the overrides go before these.
        blend_frames: how long a clip that is appended takes to take over from the pose and speed of what is
            there; 0 lets it start at once.
        snap_ik: key the IK controls of a control rig too, so that they show what the FK controls show.
        notes: custom properties of the action ("tmr_clip", "tmr_licence", "tmr_credit").
        solve: how the motion is solved (foot lock, mirror, in place and so on); its frame rate and place are
            not looked at.
    """

    frame: int | None = None
    into: str = "NEW_ACTION"
    place: str = "CHARACTER"
    name: str = ""
    overrides: dict[str, str | list[str]] = field(default_factory=dict)
    mappings: Path | None = None
    blend_frames: int = 0
    snap_ik: bool = False
    notes: dict[str, str] = field(default_factory=dict)
    solve: retarget.SolveOptions = field(default_factory=retarget.SolveOptions)


@dataclass(frozen=True)
class InsertReport:
    """What an insertion did.

    Args:
        action: name of the action that holds the keys.
        first, last: scene frames of the first and the last key.
        mapping: role -> bone, or bones where a role has several.
        twist: limb role -> its twist bones with where each begins along the limb, 0 to 1; they stay at rest.
        family: the rig family that was recognised.
        confidence: how sure the mapping is, 0 to 1.
        unmapped: roles that the rig has no bone for.
        warnings: one plain sentence each.
        seconds_solve, seconds_keys: time spent on understanding and solving, and on writing.
    """

    action: str
    first: int
    last: int
    mapping: dict[str, str | list[str]]
    twist: dict[str, list[tuple[str, float]]]
    family: str
    confidence: float
    unmapped: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds_solve: float
    seconds_keys: float


def insert_motion(
    context: bpy.types.Context,
    armature: bpy.types.Object,
    motion: motion_module.Motion,
    options: InsertOptions = InsertOptions(),
) -> InsertReport:
    """Puts a motion on an armature as keys.

    Nothing of the user's state is touched, no undo step is made, and nothing is written when it fails.

    Args:
        context: gives the scene and its frame rate; selection, active object and mode do not matter.
        armature: the armature object.
        motion: the clip, at its own frame rate.
        options: what the user chose.

    Raises:
        RetargetError: the armature cannot take keys or is no humanoid, or the motion's skeleton is not
            understood.
    """
    start = time.perf_counter()
    scene = context.scene
    warnings = checks.check_writable(armature)
    warnings += checks.check_shows(armature, options.into)
    frame = _first_frame(context, armature, options)
    with playhead.at_frame(scene, armature, frame):
        rig = read.read_rig(armature, context.evaluated_depsgraph_get())
    if rig.calibration is not rig.rest_matrices:
        warnings.append(
            f"{armature.name} rests with all bones in a heap, so the pose of frame {frame} "
            f"was taken for its T-pose"
        )
    saved = saved_mapping.find_mapping(options.mappings, rig) if options.mappings else {}
    mapping = retarget.map_rig(rig, {**saved, **options.overrides})
    place = retarget.placement(rig, mapping, rig.pose_matrices) if options.place == "CHARACTER" else None
    solution = retarget.solve(
        motion,
        retarget.map_skeleton(motion.skeleton),
        rig,
        mapping,
        replace(options.solve, fps=scene.render.fps / scene.render.fps_base, place=place),
    )
    if (
        options.blend_frames
        and options.into == "APPEND"
        and continuing.keyed_range(armature, mapping.bones())
    ):
        before = continuing.moving_into(armature, solution, frame)
        solution = joining.joined(solution, before, options.blend_frames)
    solved = time.perf_counter()
    name = options.name or motion.source.take or "Clip"
    written = write.write_solution(
        armature, solution, write.WriteOptions(frame, options.into, name, options.notes)
    )
    if options.snap_ik:
        warnings += snap_keys.key_ik(context, armature, rig, mapping, written)
    return InsertReport(
        action=written.channels.action.name,
        first=written.first,
        last=written.last,
        mapping={role: b if isinstance(b, str) else list(b) for role, b in mapping.roles.items()},
        twist={role: list(bones) for role, bones in mapping.twist.items()},
        family=mapping.family,
        confidence=mapping.confidence,
        unmapped=tuple(solution.unmapped),
        warnings=(*warnings, *solution.warnings, *written.warnings),
        seconds_solve=solved - start,
        seconds_keys=time.perf_counter() - solved,
    )


def _first_frame(context: bpy.types.Context, armature: bpy.types.Object, options: InsertOptions) -> int:
    if options.frame is not None:
        return options.frame
    last = None
    if options.into == "APPEND":
        keyed = continuing.keyed_range(armature, tuple(armature.pose.bones.keys()))
        last = None if keyed is None else keyed[1]
    return context.scene.frame_current if last is None else last

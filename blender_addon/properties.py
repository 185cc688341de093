"""Run-time state that panels draw. It lives on the window manager: no .blend ever holds any of it.

Modules that declare Blender properties leave out `from __future__ import annotations`: Blender would have to
evaluate the declarations from text, and drops all of a class when one of them fails.
"""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)
from bpy.types import PropertyGroup

from ._engine import retarget
from .preferences import preferences

NO_MODEL = "none"


class TMR_Result(PropertyGroup):
    """One row of the result list."""

    clip: StringProperty(name="Clip", description="The clip's id in its library")
    caption: StringProperty(name="Caption")
    rank: IntProperty(name="Rank", min=1)
    score: FloatProperty(name="Score", description="How well the clip fits the sentence")
    duration_s: FloatProperty(name="Duration", unit="TIME_ABSOLUTE")
    source: StringProperty(name="Source", description="The file that the clip comes from")
    licence: StringProperty(name="License")
    credit: StringProperty(name="Credit")
    synthesised: StringProperty(name="Synthesised", description="How it was made; empty for a recording")

    def title(self):
        """The caption, said to be synthesised where it is: a list must not take it for a recording."""
        return f"Synthesised: {self.caption}" if self.synthesised else self.caption


class TMR_Model(PropertyGroup):
    """A motion model that can be chosen; its `name` is what the engine calls it."""

    about: StringProperty(name="About", description="Its licence, and whose work it is")
    problem: StringProperty(description="Why it cannot be used; empty where it can")


class TMR_Failure(PropertyGroup):
    """A motion file that could not be indexed."""

    path: StringProperty(name="File")
    reason: StringProperty(name="Reason")


BY_HAND = "by hand"


def _bone_chosen(row, _context):
    """The user picked a bone; what fills the rows sets the origin after the bone."""
    row.origin = BY_HAND


def _query_entered(shown, _context):
    """Enter in the search box: Blender calls this when the text has changed."""
    if shown.query.strip():
        bpy.ops.tmr.search()


class Solving:
    """How a clip is put on a character: the engine's SolveOptions, and what Blender's side adds to them.

    The panel has these properties, and the operator has them again, so that a redo does the same again.
    """

    foot_lock: FloatProperty(
        name="Foot Lock",
        description="How firmly feet stay where the clip's feet stand",
        default=retarget.SolveOptions().foot_lock,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options={"SKIP_SAVE"},
    )
    hand_goals: FloatProperty(
        name="Hand Goals",
        description="How firmly hands stay where they are near each other, the head or the hips",
        default=retarget.SolveOptions().hand_goals,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options={"SKIP_SAVE"},
    )
    in_place: BoolProperty(
        name="In Place", description="The character stays over the spot it starts on", options={"SKIP_SAVE"}
    )
    height: BoolProperty(
        name="Keep Height",
        description="The hips rise and sink as in the clip; without, they stay as high as at its start",
        default=True,
        options={"SKIP_SAVE"},
    )
    root_motion: BoolProperty(
        name="Root Motion",
        description="The root bone takes the way over ground and the turning, where the rig has such a bone",
        options={"SKIP_SAVE"},
    )
    mirror: BoolProperty(name="Mirror", description="Exchange left and right", options={"SKIP_SAVE"})
    loop: FloatProperty(
        name="Loop Blend",
        description="Share of the clip blended into its beginning, so that it can go round; 0 for none",
        min=0.0,
        max=0.5,
        subtype="FACTOR",
        options={"SKIP_SAVE"},
    )
    stretch: FloatProperty(
        name="Stretch",
        description="How many times as long the clip lasts",
        default=1.0,
        min=0.01,
        max=100.0,
        soft_min=0.25,
        soft_max=4.0,
        options={"SKIP_SAVE"},
    )
    use_range: BoolProperty(name="Range", description="Take a part of the clip only", options={"SKIP_SAVE"})
    range_start_s: FloatProperty(
        name="Start", description="Seconds from the clip's beginning", min=0.0, options={"SKIP_SAVE"}
    )
    range_end_s: FloatProperty(
        name="End",
        description="Seconds from the clip's beginning",
        default=1.0,
        min=0.01,
        options={"SKIP_SAVE"},
    )
    blend_frames: IntProperty(
        name="Blend",
        description="Frames in which a clip after an action takes over from its pose and speed",
        default=10,
        min=0,
        soft_max=60,
        options={"SKIP_SAVE"},
    )
    snap_ik: BoolProperty(
        name="Snap IK Controls",
        description="On control rigs, key the IK controls too, and switch the limbs to IK",
        options={"SKIP_SAVE"},
    )


class TMR_Solving(Solving, PropertyGroup):
    """The options as the panel holds them."""


class Generating:
    """What motion is made. The panel has these properties, and the operator has them again."""

    seconds: FloatProperty(
        name="Seconds",
        description="Length of a take",
        default=4.0,
        min=0.5,
        max=60.0,
        soft_max=10.0,
        options={"SKIP_SAVE"},
    )
    seed: IntProperty(
        name="Seed",
        description="Another number gives other takes; the same number the same ones again",
        min=0,
        options={"SKIP_SAVE"},
    )
    takes: IntProperty(
        name="Takes", description="How many to choose from", default=4, min=1, max=64, options={"SKIP_SAVE"}
    )


class TMR_Generating(Generating, PropertyGroup):
    """What the panel holds of it."""


class TMR_RoleRow(PropertyGroup):
    """A bone of the mapping: one row for a role, or for each bone of a role that has several."""

    role: StringProperty(name="Role")
    bone: StringProperty(name="Bone", description="The bone that plays this role", update=_bone_chosen)
    origin: StringProperty(name="Origin", description="Where this comes from")


class TMR_Mapping(PropertyGroup):
    """The mapping that is shown, and whose it is."""

    armature: StringProperty(description="Name of the armature; empty while none was read")
    family: StringProperty(name="Family", description="The kind of rig that was recognised")
    confidence: FloatProperty(name="Confidence", min=0.0, max=1.0, subtype="FACTOR")
    warnings: StringProperty(description="One sentence a line")
    rows: CollectionProperty(type=TMR_RoleRow)
    active: IntProperty(name="Role")


_choices = []  # Blender does not keep the texts of an enumeration's items; this does


def _model_choices(shown, _context):
    """The models that can be used, the chosen one if it is gone, and none."""
    found = [(row.name, row.name, row.about) for row in shown.models if not row.problem]
    chosen = _chosen_model(shown)
    if chosen not in (NO_MODEL, *(name for name, *_ in found)):
        found.append((chosen, f"{chosen} (missing)", "It is no longer installed, or cannot be used"))
    found.append((NO_MODEL, "Text Only", "Clips are found by what is written about them"))
    if found != _choices:
        _choices[:] = found
    return _choices


def _chosen_model(shown):
    return preferences().model or shown.default_model or NO_MODEL


def _model_number(shown):
    names = [name for name, *_ in _model_choices(shown, None)]
    return names.index(_chosen_model(shown))


def _choose_model(shown, number):
    preferences().model = _model_choices(shown, None)[number][0]  # this searches with it


class TMR_State(PropertyGroup):
    """What the panels show."""

    query: StringProperty(
        name="Query",
        description="What the motion looks like, in plain words. The text never leaves this computer",
        update=_query_entered,
    )
    results: CollectionProperty(type=TMR_Result)
    active: IntProperty(name="Result", description="The chosen result")
    status: StringProperty(name="Status", default="Ready")
    job: StringProperty(description="What the progress bar is about; empty when no long work runs")
    progress: FloatProperty(name="Progress", min=0.0, max=1.0, subtype="FACTOR")
    index_summary: StringProperty(description="What the last indexing did")
    failures: CollectionProperty(type=TMR_Failure)
    models: CollectionProperty(type=TMR_Model)
    has_models: BoolProperty(description="Whether the engine was asked for its models")
    default_model: StringProperty(description="The model that is meant where none is chosen; empty for none")
    model: EnumProperty(
        name="Model",
        description="Reads the motions themselves. What another model has read stays in the library",
        items=_model_choices,
        get=_model_number,
        set=_choose_model,
    )
    note: StringProperty(description="What the last search did not compare, and why")
    unread: IntProperty(description="Clips of the searched library that the chosen model has not read")
    generating: PointerProperty(type=TMR_Generating)
    is_generating: BoolProperty()
    has_error: BoolProperty()
    error: StringProperty(name="Error")
    advice: StringProperty(name="Advice")
    fix_operator: StringProperty()
    fix_label: StringProperty()
    warnings: StringProperty(description="What the last insertion could not do as asked; one sentence a line")
    solving: PointerProperty(type=TMR_Solving)
    mapping: PointerProperty(type=TMR_Mapping)

    def chosen(self):
        """The selected result, or None when there is none."""
        return self.results[self.active] if 0 <= self.active < len(self.results) else None


def state() -> TMR_State:
    """The window manager's state. `bpy.context` is asked each time, because loading a file replaces it."""
    return bpy.context.window_manager.tmr


def attach() -> None:
    """Puts the state on the window manager."""
    bpy.types.WindowManager.tmr = PointerProperty(type=TMR_State)


def detach() -> None:
    """Takes the state off the window manager."""
    del bpy.types.WindowManager.tmr

"""Run-time state that panels draw. It lives on the window manager: no .blend ever holds any of it.

Modules that declare Blender properties leave out `from __future__ import annotations`: Blender would have to
evaluate the declarations from text, and drops all of a class when one of them fails.
"""

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)
from bpy.types import PropertyGroup


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


class TMR_Failure(PropertyGroup):
    """A motion file that could not be indexed."""

    path: StringProperty(name="File")
    reason: StringProperty(name="Reason")


def _query_entered(shown, _context):
    """Enter in the search box: Blender calls this when the text has changed."""
    if shown.query.strip():
        bpy.ops.tmr.search()


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
    has_error: BoolProperty()
    error: StringProperty(name="Error")
    advice: StringProperty(name="Advice")
    fix_operator: StringProperty()
    fix_label: StringProperty()

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

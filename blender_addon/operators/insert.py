"""Insert: the chosen clip becomes keys on the character. The one operator that writes any."""

from time import monotonic
from typing import ClassVar

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy.types import Context, Event, Operator

from .. import mapping
from .._engine import errors
from ..answers import FetchedClip
from ..armature.insert import InsertOptions, insert_motion
from ..characters import target_armature
from ..panels.retarget import draw_solving
from ..preferences import INSERT_AS, mappings_folder, preferences
from ..properties import Solving, state
from ..session import session
from ..solving import fill_unset, solve_options

_TICK_S = 0.05
_FETCH_LIMIT_S = 20.0


class TMR_OT_insert_clip(Solving, Operator):
    """Put the clip on the character as keyframes, starting at the playhead"""

    bl_idname = "tmr.insert_clip"
    bl_label = "Insert Clip"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    clip: StringProperty(
        name="Clip", description="The clip's id; empty for the chosen result", options={"SKIP_SAVE"}
    )
    armature: StringProperty(
        name="Armature",
        description="Name of the armature; empty for the active character, or the only one",
        options={"SKIP_SAVE"},
    )
    frame: IntProperty(
        name="Frame",
        description="Where the clip starts; the playhead if not given, or the action's last key",
        options={"SKIP_SAVE"},
    )
    insert_as: EnumProperty(
        name="Insert As", description="What the clip becomes", items=INSERT_AS, options={"SKIP_SAVE"}
    )
    wait_s: FloatProperty(
        name="Wait",
        description="Seconds that a script waits for the engine to read the clip",
        default=_FETCH_LIMIT_S,
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Needs an armature in the scene; neither selection nor mode."""
        if not any(obj.type == "ARMATURE" for obj in context.view_layer.objects):
            cls.poll_message_set("There is no armature: add a character, or a mannequin")
            return False
        return True

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """From the panel: Blender stays usable while the engine reads the clip."""
        if not self._complete(context):
            return {"CANCELLED"}
        session.fetch(self.clip)
        if session.fetched(self.clip):
            return self._write(context)
        self._deadline = monotonic() + _FETCH_LIMIT_S
        self._timer = context.window_manager.event_timer_add(_TICK_S, window=context.window)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Waits for the clip; Escape gives it up."""
        if event.type == "ESC":
            return self._give_up(context)
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if session.is_fetching(self.clip):
            if monotonic() < self._deadline:
                return {"PASS_THROUGH"}
            self.report({"ERROR"}, f"The engine did not read the clip within {_FETCH_LIMIT_S:g} s")
            return self._give_up(context)
        if not session.fetched(self.clip):  # the error box says why
            return self._give_up(context)
        self._remove_timer(context)
        return self._write(context)

    def execute(self, context: Context) -> set[str]:
        """From a script, or again from the redo panel: waits for the clip."""
        if not self._complete(context):
            return {"CANCELLED"}
        session.fetch(self.clip)
        if not session.wait_for_clip(self.clip, self.wait_s):
            why = state().error if state().has_error else f"The clip did not arrive within {self.wait_s:g} s"
            self.report({"ERROR"}, why)
            return {"CANCELLED"}
        return self._write(context)

    def draw(self, _context: Context) -> None:
        """The redo panel."""
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "frame")
        column.prop(self, "insert_as")
        draw_solving(self.layout, self, self.insert_as)

    def cancel(self, context: Context) -> None:
        """Blender ends the modal operator (the window closes, a file is loaded)."""
        self._remove_timer(context)

    def _complete(self, context: Context) -> bool:
        """Fills in what was not given, so that a redo does the same again."""
        if not self.clip:
            chosen = state().chosen()
            if chosen is None:
                self.report({"ERROR"}, "Search first, then choose a result")
                return False
            self.clip = chosen.clip
        if not self.armature:
            target = target_armature(context)
            if target is None:
                self.report({"ERROR"}, "Select an armature: there are several")
                return False
            self.armature = target.name
        if not self.properties.is_property_set("insert_as"):
            self.insert_as = preferences(context).insert_as
        if not self.properties.is_property_set("frame") and self.insert_as != "APPEND":
            self.frame = context.scene.frame_current
        fill_unset(self, state().solving, self.properties.is_property_set)
        return True

    def _write(self, context: Context) -> set[str]:
        state().warnings = ""
        armature = bpy.data.objects.get(self.armature)
        if armature is None or armature.type != "ARMATURE":
            self.report({"ERROR"}, f"There is no armature named {self.armature}")
            return {"CANCELLED"}
        clip = session.fetched(self.clip)
        try:
            done = insert_motion(context, armature, clip.motion, self._options(armature, clip))
        except errors.TMRError as error:
            session.show_error(error)
            self.report({"ERROR"}, state().error)
            return {"CANCELLED"}
        self.frame = done.first
        state().warnings = "\n".join(done.warnings)
        for warning in done.warnings:
            self.report({"WARNING"}, warning)
        frames = done.last - done.first + 1
        bones = sum(1 if isinstance(found, str) else len(found) for found in done.mapping.values())
        summary = f"Inserted {frames} frames on {bones} bones of {armature.name}"
        session.say(summary)
        self.report({"INFO"}, summary)
        return {"FINISHED"}

    def _options(self, armature: bpy.types.Object, clip: FetchedClip) -> InsertOptions:
        return InsertOptions(
            frame=self.frame if self.properties.is_property_set("frame") else None,
            into=self.insert_as,
            name=clip.name,
            overrides=mapping.edited(armature),
            mappings=mappings_folder(),
            blend_frames=self.blend_frames,
            snap_ik=self.snap_ik,
            notes=clip.notes,
            solve=solve_options(self),
        )

    def _give_up(self, context: Context) -> set[str]:
        self._remove_timer(context)
        return {"CANCELLED"}

    def _remove_timer(self, context: Context) -> None:
        context.window_manager.event_timer_remove(self._timer)

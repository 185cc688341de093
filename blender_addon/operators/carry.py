"""Carry: take a result with the mouse, drop it on a frame or on a character."""

from typing import ClassVar

import bpy
from bpy.props import BoolProperty, IntProperty
from bpy.types import Context, Event, Operator

from ..properties import state
from ..session import session
from ..viewport.carry import Carry, Phase
from ..viewport.ghost import Ghost
from ..viewport.targets import place_under, target_at

_HELP = "Drop it on a frame of a time editor, or on a character in the viewport. Esc: cancel"


class TMR_OT_carry_clip(Operator):
    """Take the clip with the mouse: click on a frame of a time editor, or on a character, to drop it"""

    bl_idname = "tmr.carry_clip"
    bl_label = "Carry Clip"
    bl_options: ClassVar = {"INTERNAL"}  # no undo step of its own: the insert that it ends with makes one

    result: IntProperty(name="Result", description="Row of the result list", options={"SKIP_SAVE"})
    held: BoolProperty(
        name="Held", description="The button is down and its release drops", options={"SKIP_SAVE"}
    )

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Picks the clip up, and has the engine read it while it is on its way."""
        results = state().results
        if not 0 <= self.result < len(results):
            self.report({"ERROR"}, "Search first")
            return {"CANCELLED"}
        state().active = self.result
        chosen = results[self.result]
        session.fetch(chosen.clip)
        self._clip = chosen.clip
        self._carry = Carry(event.mouse_x, event.mouse_y, held=self.held)
        self._ghost = Ghost(f"{chosen.title()}  ({chosen.duration_s:.1f} s)")
        context.workspace.status_text_set(_HELP)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Context, event: Event) -> set[str]:
        """Hands the event to the state machine and does what it decides."""
        if event.type in {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE"}:
            return {"PASS_THROUGH"}  # look around on the way
        self._follow(context, event)
        phase = self._decide(event)
        if phase is Phase.CARRYING:
            return {"RUNNING_MODAL"}
        target = self._carry.target
        self._let_go(context)
        if phase is Phase.DROPPED:
            bpy.ops.tmr.insert_clip(
                "INVOKE_DEFAULT", True, clip=self._clip, armature=target.armature, frame=target.frame
            )
            return {"FINISHED"}
        return {"CANCELLED"}

    def cancel(self, context: Context) -> None:
        """Blender ends the modal operator."""
        self._let_go(context)

    def _follow(self, context: Context, event: Event) -> None:
        place = place_under(context.window.screen, event.mouse_x, event.mouse_y)
        target = target_at(context, place)
        self._carry.move(event.mouse_x, event.mouse_y, target)
        self._ghost.move(place, target)

    def _decide(self, event: Event) -> Phase:
        if event.type in {"ESC", "RIGHTMOUSE"}:
            return self._carry.cancel()
        if event.type == "LEFTMOUSE":
            return self._carry.press() if event.value == "PRESS" else self._carry.release()
        return self._carry.phase

    def _let_go(self, context: Context) -> None:
        self._ghost.close()
        context.workspace.status_text_set(None)

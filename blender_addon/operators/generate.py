"""New motion for a sentence, and cancelling it."""

from typing import ClassVar

from bpy.props import FloatProperty, StringProperty
from bpy.types import Context, Operator

from ..properties import Generating, state
from ..session import session


class TMR_OT_generate(Generating, Operator):
    """Make new motion for the sentence in the search box; the takes appear in the result list"""

    bl_idname = "tmr.generate"
    bl_label = "Generate"
    bl_options: ClassVar = {"INTERNAL"}

    text: StringProperty(
        name="Text", description="The sentence; empty for the one in the search box", options={"SKIP_SAVE"}
    )
    wait_s: FloatProperty(
        name="Wait",
        description="Seconds to wait for the takes; scripts need it",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def execute(self, _context: Context) -> set[str]:
        """Asks the engine; the takes arrive later, unless it shall wait."""
        text = (self.text or state().query).strip()
        if not text:
            self.report({"INFO"}, "Type what the motion looks like")
            return {"CANCELLED"}
        for name in Generating.__annotations__:
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(state().generating, name))
        session.generate(text, self.seconds, self.seed, self.takes)
        if self.wait_s > 0.0 and not session.wait_for_takes(self.wait_s):
            why = state().error if state().has_error else f"No takes within {self.wait_s:g} s"
            self.report({"WARNING"}, why)
            return {"CANCELLED"}
        return {"FINISHED"}


class TMR_OT_cancel_generating(Operator):
    """Stop generating; the result list stays as it is"""

    bl_idname = "tmr.cancel_generating"
    bl_label = "Cancel"
    bl_options: ClassVar = {"INTERNAL"}

    def execute(self, _context: Context) -> set[str]:
        """Tells the engine."""
        session.cancel_generating()
        return {"FINISHED"}

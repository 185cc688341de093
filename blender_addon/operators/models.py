"""Motion models: which there are, and having one read the library."""

from typing import ClassVar

from bpy.props import FloatProperty
from bpy.types import Context, Operator

from ..session import session


class TMR_OT_list_models(Operator):
    """Look which motion models there are (tmr models add FOLDER adds one)"""

    bl_idname = "tmr.list_models"
    bl_label = "Show Models"
    bl_options: ClassVar = {"INTERNAL"}

    wait_s: FloatProperty(
        name="Wait", description="Seconds to wait for the list; scripts need it", options={"SKIP_SAVE"}
    )

    def execute(self, _context: Context) -> set[str]:
        """Asks the engine; the list arrives later, unless it shall wait."""
        session.list_models()
        if self.wait_s > 0.0 and not session.wait_for_models(self.wait_s):
            self.report({"WARNING"}, f"No list within {self.wait_s:g} s")
            return {"CANCELLED"}
        return {"FINISHED"}


class TMR_OT_read_motions(Operator):
    """Have the chosen model read the clips of the searched library. What other models have read stays"""

    bl_idname = "tmr.read_motions"
    bl_label = "Re-index"

    wait_s: FloatProperty(
        name="Wait",
        description="Seconds to wait for the end; scripts need it",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """One index job at a time."""
        if session.is_indexing:
            cls.poll_message_set("A folder is being indexed; wait for it, or cancel it")
            return False
        return True

    def execute(self, _context: Context) -> set[str]:
        """Starts the job; its progress and its end show in the panel."""
        session.read_motions()
        if self.wait_s > 0.0 and not session.wait_for_indexing(self.wait_s):
            self.report({"WARNING"}, f"Not finished within {self.wait_s:g} s; it goes on")
        return {"FINISHED"}

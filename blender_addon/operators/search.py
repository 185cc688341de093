"""Search."""

from typing import ClassVar

from bpy.props import FloatProperty, StringProperty
from bpy.types import Context, Operator

from ..properties import state
from ..session import session


class TMR_OT_search(Operator):
    """Find clips that fit the sentence"""

    bl_idname = "tmr.search"
    bl_label = "Search Motions"
    bl_options: ClassVar = {"INTERNAL"}

    query: StringProperty(
        name="Query", description="The sentence; empty for the one in the search box", options={"SKIP_SAVE"}
    )
    wait_s: FloatProperty(
        name="Wait", description="Seconds to wait for the results; scripts need it", options={"SKIP_SAVE"}
    )

    def execute(self, _context: Context) -> set[str]:
        """Asks the engine; the results arrive later, unless it shall wait."""
        shown = state()
        if self.query and self.query != shown.query:
            shown.query = self.query  # this searches: it is what Enter in the search box does
        elif shown.query.strip():
            session.search(shown.query)
        else:
            self.report({"INFO"}, "Type what the motion looks like")
            return {"CANCELLED"}
        if self.wait_s > 0.0 and not session.wait_for_search(self.wait_s):
            self.report({"WARNING"}, f"No results within {self.wait_s:g} s")
            return {"CANCELLED"}
        return {"FINISHED"}

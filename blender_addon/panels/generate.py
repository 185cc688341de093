"""The sub-panel that makes new motion."""

from typing import ClassVar

from bpy.types import Context, Panel

from ..properties import state
from .search import TAB, lines


class TMR_PT_generate(Panel):
    """New motion for the sentence in the search box."""

    bl_idname = "TMR_PT_generate"
    bl_parent_id = "TMR_PT_search_view3d"
    bl_label = "Generate"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draws what the state holds."""
        shown = state()
        column = self.layout.column()
        about = column.column(align=True)
        about.active = False
        for line in lines(context, "New motion for the sentence above: synthesised, not recorded"):
            about.label(text=line)
        options = column.column(align=True)
        options.use_property_split = True
        options.use_property_decorate = False
        for name in ("seconds", "seed", "takes"):
            options.prop(shown.generating, name)
        if shown.is_generating:
            column.operator("tmr.cancel_generating", icon="X")
            return
        row = column.row()
        row.enabled = bool(shown.query.strip())
        row.operator("tmr.generate", icon="ARMATURE_DATA")

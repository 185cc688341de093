"""The sub-panels below the search: the user's own library, and the engine."""

from typing import ClassVar

from bpy.types import Context, Panel, UILayout

from ..preferences import preferences
from ..properties import state
from .search import TAB, lines

_FAILURES = 5  # as many as a panel can show without becoming a log


class TMR_PT_library(Panel):
    """Indexing of the user's own motion folders."""

    bl_idname = "TMR_PT_library"
    bl_parent_id = "TMR_PT_search_view3d"
    bl_label = "My Library"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draws what the state holds."""
        column = self.layout.column()
        column.operator("tmr.index_folder", icon="FILE_FOLDER")
        column.prop(preferences(context), "library_folder", text="Index")
        draw_model(column)
        for line in lines(context, state().index_summary) if state().index_summary else ():
            column.label(text=line, translate=False)
        failures = state().failures
        if not failures:
            return
        box = column.box().column(align=True)
        box.label(text=f"{len(failures)} files were not read", icon="ERROR")
        for failure in failures[:_FAILURES]:
            for line in lines(context, f"{failure.path}: {failure.reason}"):
                box.label(text=line, translate=False)
        if len(failures) > _FAILURES:
            box.label(text="…")


def draw_model(layout: UILayout) -> None:
    """Which model reads the motions; asking the engine for its models is the operator's work."""
    row = layout.row(align=True)
    if not state().has_models:
        row.operator("tmr.list_models", icon="VIEWZOOM")
        return
    row.prop(state(), "model")
    row.operator("tmr.list_models", text="", icon="FILE_REFRESH")
    if state().unread:
        layout.operator("tmr.read_motions", icon="FILE_REFRESH")


class TMR_PT_engine(Panel):
    """For when something is wrong."""

    bl_idname = "TMR_PT_engine"
    bl_parent_id = "TMR_PT_search_view3d"
    bl_label = "Engine"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draws what the state holds."""
        column = self.layout.column()
        column.operator("tmr.restart_engine", icon="FILE_REFRESH")
        column.operator("tmr.show_log", icon="TEXT")
        column.prop(preferences(context), "show_result_bar")

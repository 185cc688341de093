"""The panel itself: query, results, what is chosen, Insert."""

from bpy.types import Context, Panel, UILayout, UIList

from ..characters import target_armature
from ..messages import shortened, wrapped
from ..preferences import preferences
from ..properties import TMR_State, state

TAB = "TMR"
_ROWS = 7
WIDE = 360  # pixels of a sidebar (at a scale of 1) from which on a row has room for the source


class TMR_UL_results(UIList):
    """One result a row: rank, caption, score, length; the source too where there is room."""

    def draw_item(self, context, layout, _data, item, _icon, _active_data, _active_property):
        """Draws the row of a result."""
        wide = context.region.width > WIDE * context.preferences.system.ui_scale
        row = layout.split(factor=0.5 if wide else 0.62)
        row.label(text=f"{item.rank}  {item.title()}", translate=False)
        facts = row.row(align=True)
        facts.alignment = "RIGHT"
        if wide:
            facts.label(text=item.source, translate=False)
        facts.label(text=f"{item.duration_s:.1f} s")
        facts.label(text=f"{item.score:.2f}")
        facts.operator("tmr.carry_clip", text="", icon="VIEW_PAN", emboss=False).result = item.rank - 1

    def draw_filter(self, _context, _layout):
        """No filter: the search box above is the filter."""


class SearchPanel:
    """Query, status, results, Insert. The same in every editor that has it."""

    bl_label = "Motion Search"
    bl_region_type = "UI"
    bl_category = TAB

    def draw(self, context: Context) -> None:
        """Draws what the state holds."""
        shown = state()
        column = self.layout.column()
        row = column.row(align=True)
        row.prop(shown, "query", text="", icon="VIEWZOOM", placeholder="A person waves")
        row.operator("tmr.search", text="", icon="PLAY")
        column.row().prop(preferences(context), "library", expand=True)
        draw_error(self.layout, context, shown)
        draw_status(self.layout, context, shown)
        draw_note(self.layout, context, shown)
        if shown.results:
            self.layout.template_list(
                TMR_UL_results.__name__, "", shown, "results", shown, "active", rows=_ROWS
            )
            draw_chosen(self.layout, context, shown)
        draw_insert(self.layout, context, shown)


def draw_error(layout: UILayout, context: Context, shown: TMR_State) -> None:
    """The sentence, what the user can do, and the button that does it."""
    if not shown.has_error:
        return
    box = layout.box().column(align=True)
    _paragraph(box, context, shown.error, "ERROR")
    if shown.advice:
        _paragraph(box, context, shown.advice, "BLANK1")
    row = box.row(align=True)
    if shown.fix_operator:
        row.operator(shown.fix_operator, text=shown.fix_label)
    row.operator("tmr.dismiss_error", text="" if shown.fix_operator else "Dismiss", icon="X")


def draw_status(layout: UILayout, context: Context, shown: TMR_State) -> None:
    """What the engine is doing, always; a bar and Cancel while it works on something long."""
    if shown.job:
        row = layout.row(align=True)
        row.progress(factor=shown.progress, type="BAR", text=shown.job)
        row.operator("tmr.cancel_indexing", text="", icon="X")
    _paragraph(layout.column(align=True), context, shown.status, "INFO")


def draw_note(layout: UILayout, context: Context, shown: TMR_State) -> None:
    """What the search did not compare, and the button that changes it."""
    if not shown.note:
        return
    column = layout.column(align=True)
    _paragraph(column, context, shown.note, "ERROR")
    if shown.unread:
        column.operator("tmr.read_motions", icon="FILE_REFRESH")


def draw_chosen(layout: UILayout, context: Context, shown: TMR_State) -> None:
    """All of the caption, and whose motion it is."""
    chosen = shown.chosen()
    if chosen is None:
        return
    box = layout.box().column(align=True)
    for line in lines(context, chosen.title()):
        box.label(text=line, translate=False)
    for name, value in (("From", chosen.source), ("License", chosen.licence), ("Credit", chosen.credit)):
        for line in shortened(lines(context, f"{name}: {value}")) if value else ():
            sub = box.row()
            sub.active = False
            sub.label(text=line, translate=False)


def draw_insert(layout: UILayout, context: Context, shown: TMR_State) -> None:
    """Onto which character, as what, and the button."""
    column = layout.column()
    armature = target_armature(context)
    if armature is None:
        column.label(text="Select an armature", icon="ARMATURE_DATA")
        column.operator("tmr.add_mannequin", icon="ADD")
    else:
        column.label(text=f"Onto {armature.name}", icon="ARMATURE_DATA", translate=False)
    column.prop(preferences(context), "insert_as", text="")
    row = column.row(align=True)
    row.enabled = len(shown.results) > 0 and armature is not None
    row.scale_y = 1.4
    where = "Append after Last Key" if preferences(context).insert_as == "APPEND" else "Insert at Playhead"
    row.operator("tmr.insert_clip", text=where, icon="KEYFRAME")
    row.operator("tmr.carry_clip", text="", icon="VIEW_PAN").result = shown.active
    warnings = column.column(align=True)
    for warning in shown.warnings.splitlines():
        _paragraph(warnings, context, warning, "ERROR")


def _paragraph(column: UILayout, context: Context, text: str, icon: str) -> None:
    """A text over several lines, the icon before the first."""
    for index, line in enumerate(lines(context, text)):
        column.label(text=line, icon="BLANK1" if index else icon, translate=False)


def lines(context: Context, text: str) -> list[str]:
    """The text as lines that fit the sidebar."""
    scale = context.preferences.system.ui_scale
    return wrapped(text, context.region.width - 60 * scale, scale)


class TMR_PT_search_view3d(SearchPanel, Panel):
    """In the 3D viewport."""

    bl_idname = "TMR_PT_search_view3d"
    bl_space_type = "VIEW_3D"


class TMR_PT_search_dopesheet(SearchPanel, Panel):
    """In the dope sheet and the timeline."""

    bl_idname = "TMR_PT_search_dopesheet"
    bl_space_type = "DOPESHEET_EDITOR"


class TMR_PT_search_graph(SearchPanel, Panel):
    """In the graph editor."""

    bl_idname = "TMR_PT_search_graph"
    bl_space_type = "GRAPH_EDITOR"


class TMR_PT_search_nla(SearchPanel, Panel):
    """In the NLA editor."""

    bl_idname = "TMR_PT_search_nla"
    bl_space_type = "NLA_EDITOR"

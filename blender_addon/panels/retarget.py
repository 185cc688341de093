"""The sub-panels about the character: how clips are put on it, and which bones play which role."""

from typing import ClassVar

import bpy
from bpy.types import Context, Panel, UILayout, UIList

from ..characters import target_armature
from ..preferences import preferences
from ..properties import Solving, TMR_Mapping, state
from .search import TAB, WIDE, lines

_ROWS = 10
SIDE_LETTERS = {"left": "L", "right": "R"}
# what a user has decided stands out; what was found by itself has a tick
ORIGIN_ICONS = {"by hand": "GREASEPENCIL", "saved": "FILE_TICK"}


def draw_solving(layout: UILayout, chosen: Solving, insert_as: str) -> None:
    """Every option; one that has no effect on this kind of insertion is greyed out."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(chosen, "foot_lock", slider=True)
    column.prop(chosen, "hand_goals", slider=True)
    path = column.column(heading="Path")
    path.prop(chosen, "in_place")
    path.prop(chosen, "height")
    path.prop(chosen, "root_motion")
    clip = column.column(heading="Clip")
    clip.prop(chosen, "mirror")
    clip.prop(chosen, "use_range")
    part = column.column(align=True)
    part.active = chosen.use_range
    part.prop(chosen, "range_start_s")
    part.prop(chosen, "range_end_s")
    column.prop(chosen, "stretch")
    column.prop(chosen, "loop", slider=True)
    blend = column.column()
    blend.active = insert_as == "APPEND"
    blend.prop(chosen, "blend_frames")
    column.column(heading="Control Rig").prop(chosen, "snap_ik")


class TMR_PT_retarget(Panel):
    """How clips are put on the character."""

    bl_idname = "TMR_PT_retarget"
    bl_parent_id = "TMR_PT_search_view3d"
    bl_label = "Retargeting"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draws what the state holds."""
        draw_solving(self.layout, state().solving, preferences(context).insert_as)
        self.layout.operator("tmr.snap_ik", icon="CON_KINEMATIC")


def role_label(role: str) -> str:
    """The role as a row has room for: "left_upper_arm" is "L upper arm"."""
    side, _, part = role.partition("_")
    if side not in SIDE_LETTERS:
        return role.capitalize()
    return f"{SIDE_LETTERS[side]} {part.replace('_', ' ')}"


class TMR_UL_roles(UIList):
    """One bone a row: its role, the bone, where that comes from."""

    def draw_item(self, context, layout, data, item, _icon, _active_data, _active_property):
        """Draws the row of a role; the origin as a word where there is room."""
        armature = bpy.data.objects.get(data.armature)
        row = layout.split(factor=0.38)
        row.label(text=role_label(item.role), translate=False)
        row = row.row(align=True)
        if armature is not None and armature.type == "ARMATURE":
            row.prop_search(item, "bone", armature.data, "bones", text="")
        origin = row.row()
        origin.active = False
        wide = context.region.width > WIDE * context.preferences.system.ui_scale
        icon = ORIGIN_ICONS.get(item.origin, "CHECKMARK" if item.origin else "BLANK1")
        origin.label(text=item.origin if wide else "", icon=icon, translate=False)

    def draw_filter(self, _context, _layout):
        """No filter: the order is that of the body."""


class TMR_PT_mapping(Panel):
    """Which bone plays which role."""

    bl_idname = "TMR_PT_mapping"
    bl_parent_id = "TMR_PT_search_view3d"
    bl_label = "Bone Mapping"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB
    bl_options: ClassVar = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draws what was read last; reading is the operator's work."""
        column = self.layout.column()
        armature = target_armature(context)
        shown = state().mapping
        if armature is None or shown.armature != armature.name:
            column.operator("tmr.read_mapping", icon="VIEWZOOM")
            return
        draw_mapping(column, context, shown)


def draw_mapping(column: UILayout, context: Context, shown: TMR_Mapping) -> None:
    """What was recognised, what to look at, the rows and what can be done with them."""
    row = column.row()
    row.label(text=f"{shown.family}, {shown.confidence:.0%} sure", icon="ARMATURE_DATA", translate=False)
    row.operator("tmr.read_mapping", text="", icon="FILE_REFRESH")
    for warning in shown.warnings.splitlines():
        for number, line in enumerate(lines(context, warning)):
            column.label(text=line, icon="BLANK1" if number else "ERROR", translate=False)
    column.template_list(TMR_UL_roles.__name__, "", shown, "rows", shown, "active", rows=_ROWS)
    row = column.row(align=True)
    row.operator("tmr.save_mapping", icon="FILE_TICK")
    row.operator("tmr.forget_mapping", text="", icon="TRASH")
    row = column.row(align=True)
    row.operator("tmr.export_mapping", icon="EXPORT")
    row.operator("tmr.import_mapping", icon="IMPORT")

"""What Blender is told about: the one ordered list of classes, the handlers, and how to undo it."""

from __future__ import annotations

import bpy

from . import properties
from .operators import carry, engine, generate, index, insert, mapping, models, search, snap
from .panels import generate as generate_panels
from .panels import library as library_panels
from .panels import retarget as retarget_panels
from .panels import search as search_panels
from .preferences import TMR_Preferences
from .session import session
from .viewport import result_bar

CLASSES: tuple[type, ...] = (
    TMR_Preferences,
    properties.TMR_Result,
    properties.TMR_Model,
    properties.TMR_Failure,
    properties.TMR_Solving,
    properties.TMR_Generating,
    properties.TMR_RoleRow,
    properties.TMR_Mapping,
    properties.TMR_State,
    search.TMR_OT_search,
    generate.TMR_OT_generate,
    generate.TMR_OT_cancel_generating,
    insert.TMR_OT_insert_clip,
    carry.TMR_OT_carry_clip,
    mapping.TMR_OT_read_mapping,
    mapping.TMR_OT_save_mapping,
    mapping.TMR_OT_forget_mapping,
    mapping.TMR_OT_export_mapping,
    mapping.TMR_OT_import_mapping,
    snap.TMR_OT_snap_ik,
    index.TMR_OT_index_folder,
    index.TMR_OT_cancel_indexing,
    models.TMR_OT_list_models,
    models.TMR_OT_read_motions,
    engine.TMR_OT_restart_engine,
    engine.TMR_OT_show_log,
    engine.TMR_OT_dismiss_error,
    engine.TMR_OT_use_demo_library,
    engine.TMR_OT_add_mannequin,
    search_panels.TMR_UL_results,
    search_panels.TMR_PT_search_view3d,
    search_panels.TMR_PT_search_dopesheet,
    search_panels.TMR_PT_search_graph,
    search_panels.TMR_PT_search_nla,
    generate_panels.TMR_PT_generate,
    retarget_panels.TMR_PT_retarget,
    retarget_panels.TMR_UL_roles,
    retarget_panels.TMR_PT_mapping,
    library_panels.TMR_PT_library,
    library_panels.TMR_PT_engine,
    result_bar.TMR_GT_card,
    result_bar.TMR_GGT_result_bar,
)


def register() -> None:
    """Tells Blender."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    properties.attach()
    bpy.app.handlers.load_post.append(_file_loaded)


def unregister() -> None:
    """Takes all of it back, in reverse, and ends the engine."""
    session.stop()
    bpy.app.handlers.load_post.remove(_file_loaded)
    properties.detach()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)


@bpy.app.handlers.persistent
def _file_loaded(_path: str) -> None:
    """A file comes with an empty state of its own; what the last one was told does not concern it."""
    session.say("Ready")

"""The engine process, and the fixes that an error offers."""

from typing import ClassVar

import bpy
from bpy.types import Context, Operator

from ..armature.mannequin import add_mannequin
from ..preferences import preferences
from ..session import session


class TMR_OT_restart_engine(Operator):
    """Stop the engine and start it again"""

    bl_idname = "tmr.restart_engine"
    bl_label = "Restart Engine"

    def execute(self, _context: Context) -> set[str]:
        """Running requests are given up."""
        session.restart()
        return {"FINISHED"}


class TMR_OT_show_log(Operator):
    """Open the folder that holds the engine's log"""

    bl_idname = "tmr.show_log"
    bl_label = "Show Engine Log"

    def execute(self, _context: Context) -> set[str]:
        """Opens the system's file browser, as Blender itself does for its folders."""
        bpy.ops.wm.path_open(filepath=str(session.log_path.parent))
        return {"FINISHED"}


class TMR_OT_dismiss_error(Operator):
    """Take this message away"""

    bl_idname = "tmr.dismiss_error"
    bl_label = "Dismiss"
    bl_options: ClassVar = {"INTERNAL"}

    def execute(self, _context: Context) -> set[str]:
        """Nothing else changes."""
        session.clear_error()
        return {"FINISHED"}


class TMR_OT_use_demo_library(Operator):
    """Search the clips that come with this extension"""

    bl_idname = "tmr.use_demo_library"
    bl_label = "Use Demo Library"

    def execute(self, context: Context) -> set[str]:
        """Changing the library searches again for the same sentence."""
        session.clear_error()
        preferences(context).library = "DEMO"
        return {"FINISHED"}


class TMR_OT_add_mannequin(Operator):
    """Add a plain human figure that clips can be tried on"""

    bl_idname = "tmr.add_mannequin"
    bl_label = "Add Mannequin"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    def execute(self, context: Context) -> set[str]:
        """It becomes the active object."""
        figure = add_mannequin(context)
        session.clear_error()
        self.report({"INFO"}, f"Added {figure.name}")
        return {"FINISHED"}

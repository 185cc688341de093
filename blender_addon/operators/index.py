"""Indexing of motion folders, and cancelling what takes long."""

from typing import ClassVar

from bpy.props import BoolProperty, FloatProperty, StringProperty
from bpy.types import Context, Event, Operator

from ..session import session


class TMR_OT_index_folder(Operator):
    """Add all motion files of a folder to your library, or bring it up to date"""

    bl_idname = "tmr.index_folder"
    bl_label = "Index Folder"

    directory: StringProperty(name="Folder", subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})  # the file browser shows folders only
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

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Asks for the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context: Context) -> set[str]:
        """Starts the job; its progress and its end show in the panel."""
        if not self.directory:
            self.report({"ERROR"}, "Choose a folder")
            return {"CANCELLED"}
        session.index([self.directory])
        if self.wait_s > 0.0 and not session.wait_for_indexing(self.wait_s):
            self.report({"WARNING"}, f"Not finished within {self.wait_s:g} s; it goes on")
        return {"FINISHED"}


class TMR_OT_cancel_indexing(Operator):
    """Stop indexing. What is done stays; indexing the folder again goes on from there"""

    bl_idname = "tmr.cancel_indexing"
    bl_label = "Cancel"
    bl_options: ClassVar = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Context) -> bool:
        """Only while something runs."""
        return session.is_indexing

    def execute(self, _context: Context) -> set[str]:
        """Tells the engine."""
        session.cancel_indexing()
        return {"FINISHED"}

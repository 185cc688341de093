"""The mapping of the character: reading it for the panel, keeping it, handing it on."""

from pathlib import Path
from typing import ClassVar

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Context, Event, Operator

from .. import mapping
from .._engine import errors, retarget, saved_mapping
from ..armature.read import read_rig
from ..characters import target_armature
from ..preferences import mappings_folder
from ..properties import state
from ..session import session


class _OnArmature:
    """What every operator here needs: a character, and a way to say what went wrong."""

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Needs a character that is meant without doubt."""
        if target_armature(context) is None:
            cls.poll_message_set("Select an armature")
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        """Does the work; an error is shown in the panel's box and in Blender's report."""
        armature = target_armature(context)
        try:
            said = self.work(context, armature, read_rig(armature, context.evaluated_depsgraph_get()))
        except errors.TMRError as error:
            session.show_error(error)
            self.report({"ERROR"}, state().error)
            return {"CANCELLED"}
        session.say(said)
        return {"FINISHED"}


def read_mapping(
    armature: bpy.types.Object, rig: retarget.Rig, by_hand: mapping.RoleBones | None = None
) -> retarget.Mapping:
    """Maps the rig as an insertion would, and fills the panel's rows.

    Args:
        armature: the character.
        rig: it, as arrays.
        by_hand: corrections that are not saved.

    Raises:
        RetargetError: the rig is refused, or the saved mapping is damaged.
    """
    saved = saved_mapping.find_mapping(mappings_folder(), rig)
    chosen = dict(by_hand or {})
    found = retarget.map_rig(rig, {**saved, **chosen})
    mapping.show(armature, found, by_hand=chosen, saved=saved)
    return found


class TMR_OT_read_mapping(_OnArmature, Operator):
    """Find out which bone of the character plays which role, and list it for correction"""

    bl_idname = "tmr.read_mapping"
    bl_label = "Show Bone Mapping"
    bl_options: ClassVar = {"INTERNAL"}

    def work(self, _context: Context, armature: bpy.types.Object, rig: retarget.Rig) -> str:
        """Corrections that were made by hand stay."""
        found = read_mapping(armature, rig, mapping.edited(armature))
        return f"{armature.name} was mapped as {found.family}"


class TMR_OT_save_mapping(_OnArmature, Operator):
    """Keep this mapping for the rig: every character with the same bones gets it from now on"""

    bl_idname = "tmr.save_mapping"
    bl_label = "Save for This Rig"
    bl_options: ClassVar = {"INTERNAL"}

    def work(self, _context: Context, armature: bpy.types.Object, rig: retarget.Rig) -> str:
        """Saves what the user changed, beside what was saved before."""
        folder = mappings_folder()
        corrections = saved_mapping.find_mapping(folder, rig) | mapping.edited(armature)
        retarget.map_rig(rig, corrections)  # what cannot be used is refused before it is kept
        saved_mapping.save_mapping(folder, rig, corrections)
        read_mapping(armature, rig)
        return f"The mapping of {armature.name} was saved"


class TMR_OT_forget_mapping(_OnArmature, Operator):
    """Forget the saved mapping and all corrections: the rig is mapped anew"""

    bl_idname = "tmr.forget_mapping"
    bl_label = "Forget Mapping"
    bl_options: ClassVar = {"INTERNAL"}

    def work(self, _context: Context, armature: bpy.types.Object, rig: retarget.Rig) -> str:
        """Nothing is left of it."""
        saved_mapping.forget_mapping(mappings_folder(), rig)
        read_mapping(armature, rig)
        return f"{armature.name} is mapped by itself again"


class TMR_OT_export_mapping(_OnArmature, Operator):
    """Write the mapping to a file that others can import"""

    bl_idname = "tmr.export_mapping"
    bl_label = "Export"
    bl_options: ClassVar = {"INTERNAL"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN"})  # the file browser warns of overwriting
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Asks for the file."""
        self.filepath = f"{bpy.path.clean_name(target_armature(context).name)}.json"
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def work(self, _context: Context, armature: bpy.types.Object, rig: retarget.Rig) -> str:
        """Writes every role, so that the file is whole by itself."""
        path = Path(bpy.path.ensure_ext(bpy.path.abspath(self.filepath), ".json"))
        found = read_mapping(armature, rig, mapping.edited(armature))
        saved_mapping.export_mapping(path, rig, found.roles)
        return f"The mapping was written to {path.name}"


class TMR_OT_import_mapping(_OnArmature, Operator):
    """Take the mapping from a file; Save keeps it"""

    bl_idname = "tmr.import_mapping"
    bl_label = "Import"
    bl_options: ClassVar = {"INTERNAL"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.json", options={"HIDDEN"})

    def invoke(self, context: Context, _event: Event) -> set[str]:
        """Asks for the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def work(self, _context: Context, armature: bpy.types.Object, rig: retarget.Rig) -> str:
        """Its roles count as chosen by hand."""
        path = Path(bpy.path.abspath(self.filepath))
        read_mapping(armature, rig, saved_mapping.import_mapping(path, rig))
        return f"The mapping was read from {path.name}"

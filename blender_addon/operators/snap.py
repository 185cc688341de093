"""Snap IK to FK: the IK controls take over what the FK controls show."""

from typing import ClassVar

from bpy.props import IntProperty
from bpy.types import Context, Operator

from .. import mapping
from .._engine import errors
from ..armature.snap_keys import snap_action
from ..characters import target_armature
from ..preferences import mappings_folder
from ..properties import state
from ..session import session


class TMR_OT_snap_ik(Operator):
    """Key the IK controls so that they show what the FK controls show, and switch the limbs to IK"""

    bl_idname = "tmr.snap_ik"
    bl_label = "Snap IK to FK"
    bl_options: ClassVar = {"REGISTER", "UNDO"}

    first: IntProperty(
        name="First", description="The first key of the FK controls if not given", options={"SKIP_SAVE"}
    )
    last: IntProperty(
        name="Last", description="The last key of the FK controls if not given", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Needs a character with an action."""
        armature = target_armature(context)
        if armature is None or armature.animation_data is None or armature.animation_data.action is None:
            cls.poll_message_set("The character has no action: insert a clip first")
            return False
        return True

    def execute(self, context: Context) -> set[str]:
        """Writes into the active action."""
        armature = target_armature(context)
        given = self.properties.is_property_set
        try:
            frames, warnings = snap_action(
                context,
                armature,
                self.first if given("first") else None,
                self.last if given("last") else None,
                overrides=mapping.edited(armature),
                mappings=mappings_folder(),
            )
        except errors.TMRError as error:
            session.show_error(error)
            self.report({"ERROR"}, state().error)
            return {"CANCELLED"}
        self.first, self.last = frames.start, frames.stop - 1
        state().warnings = "\n".join(warnings)
        for warning in warnings:
            self.report({"WARNING"}, warning)
        session.say(f"The IK controls follow {len(frames)} frames of {armature.name}")
        return {"FINISHED"}

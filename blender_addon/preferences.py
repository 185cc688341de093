"""What the user sets once: where libraries lie, which one is searched, how clips are inserted."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import AddonPreferences, Context

INSERT_AS = (
    ("NEW_ACTION", "New Action", "A new action becomes the character's active one"),
    ("NLA_STRIP", "NLA Strip", "A strip on a new track; the active action is not touched"),
    ("NLA_LAYER", "NLA Layer", "A strip that adds the clip's motion to what plays below it (Combine)"),
    ("CURRENT_ACTION", "Into Action", "Keys in the active action; keys outside the clip's range stay"),
    ("APPEND", "After Action", "Keys in the active action, from its last key on"),
)
LIBRARIES = (
    ("DEMO", "Demo", "The clips that come with this extension"),
    ("OWN", "Mine", "The motion folders that you have indexed"),
)


def _source_chosen(_preferences, context):
    """The results shown are those of the other library or model: ask this one."""
    shown = context.window_manager.tmr
    shown.results.clear()
    shown.note, shown.unread = "", 0
    if shown.query.strip():
        bpy.ops.tmr.search()


class TMR_Preferences(AddonPreferences):
    """Shown in Blender's preferences; also drawn in the panel where they are used."""

    bl_idname = __package__

    library: EnumProperty(
        name="Library", description="Where to search", items=LIBRARIES, default="DEMO", update=_source_chosen
    )
    model: StringProperty(
        name="Model",
        description="Name of the motion model; empty for the one that comes with this extension",
        update=_source_chosen,
    )
    insert_as: EnumProperty(
        name="Insert As", description="What the inserted clip becomes", items=INSERT_AS, default="NEW_ACTION"
    )
    library_folder: StringProperty(
        name="Library Folder",
        description="Where the index of your own motion folders is kept; empty for the usual place",
        subtype="DIR_PATH",
    )
    show_result_bar: BoolProperty(
        name="Result Bar",
        description="Show the results as cards in the viewport, to be dragged onto a character or a timeline",
        default=True,
    )

    def draw(self, _context: Context) -> None:
        """The engine starts by itself with the first search, so there is nothing here to switch it on."""
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "library")
        column.prop(self, "library_folder")
        column.prop(self, "model")
        column.prop(self, "insert_as")
        column.prop(self, "show_result_bar")
        column.operator("tmr.show_log", icon="TEXT")


def preferences(context=None) -> TMR_Preferences:
    """This extension's preferences."""
    return (context or bpy.context).preferences.addons[__package__].preferences


def mappings_folder() -> Path:
    """Where the mappings are kept that the user has saved."""
    return user_folder("mappings")


def user_folder(name: str) -> Path:
    """A folder of the user's that outlives an update of the extension; made when it is missing.

    Extensions have one of their own; an add-on that runs from a checkout gets one in Blender's data files.
    """
    if __package__.startswith("bl_ext."):
        return Path(bpy.utils.extension_path_user(__package__, path=name, create=True))
    return Path(bpy.utils.user_resource("DATAFILES", path=f"{__package__}/{name}", create=True))


def library_folder(context=None) -> Path | None:
    """The folder of the library that is searched; None stands for the demo library."""
    if preferences(context).library == "DEMO":
        return None
    return own_library_folder(context)


def own_library_folder(context=None) -> Path:
    """The folder of the user's own library."""
    chosen = preferences(context).library_folder
    return Path(bpy.path.abspath(chosen)) if chosen else user_folder("library")

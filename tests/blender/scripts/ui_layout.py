"""A layout that writes down what a panel draws, and refuses what Blender would refuse."""

import bpy


class Recorder:
    """Stands for `UILayout`; sub-layouts write into the same lists."""

    def __init__(self, context, seen=None):
        self.__dict__["context"] = context
        self.__dict__["seen"] = seen if seen is not None else {"text": [], "operators": [], "properties": []}

    def __setattr__(self, name, value):
        if name not in bpy.types.UILayout.bl_rna.properties:
            raise AttributeError(f"a layout has no {name}")

    def _sub(self, *_args, **_options):
        return Recorder(self.context, self.seen)

    row = column = box = split = _sub

    def label(self, *, text="", icon="NONE", **_options):
        self._know_icon(icon)
        self.seen["text"].append(text)

    def prop(self, data, name, *, icon="NONE", **_options):
        self._know_icon(icon)
        if name not in data.bl_rna.properties:
            raise AttributeError(f"{data} has no {name}")
        self.seen["properties"].append(name)

    def prop_search(self, data, name, search_data, search_name, **_options):
        self.prop(data, name)
        self.seen.setdefault("choices", set()).update(item.name for item in getattr(search_data, search_name))

    def operator(self, name, *, icon="NONE", **_options):
        self._know_icon(icon)
        category, verb = name.split(".")
        rna = getattr(getattr(bpy.ops, category), verb).get_rna_type()  # raises when there is none
        self.seen["operators"].append(name)
        return Options(rna)

    def progress(self, *, text, **_options):
        self.seen["text"].append(text)

    def template_list(self, *names, **_options):
        name, _, data, rows_name, active_data, active_name = names
        listing = getattr(bpy.types, name)
        for row in getattr(data, rows_name):
            listing.draw_item(None, self.context, self, data, row, 0, active_data, active_name)

    @staticmethod
    def _know_icon(icon):
        known = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
        if icon not in known:
            raise TypeError(f"there is no icon {icon}")


class Options:
    """An operator's properties as a button sets them."""

    def __init__(self, rna):
        self.__dict__["rna"] = rna

    def __setattr__(self, name, value):
        if name not in self.rna.properties:
            raise AttributeError(f"{self.rna.identifier} has no {name}")


def drawn(panel, context):
    """What a panel draws: its texts, operators and properties, in order."""
    layout = Recorder(context)

    class Shown:
        pass

    Shown.layout = layout
    panel.draw(Shown, context)
    return layout.seen

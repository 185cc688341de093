"""Everything that a .blend holds as a flat dict, to see what a change changed."""

import bpy

# what evaluation computes from the rest; where it changes, what it is made of changed too
COMPUTED = {
    "matrix",
    "matrix_basis",
    "matrix_channel",
    "matrix_world",
    "matrix_local",
    "head",
    "tail",
    "center",
}
SKIPPED = {
    "rna_type",
    "original",
    "session_uid",
    "is_evaluated",
    "bl_rna",
    "name_full",
    "preview",
    "asset_data",
}
BLOCKS = (
    "actions",
    "armatures",
    "collections",
    "libraries",
    "meshes",
    "objects",
    "scenes",
    "texts",
    "worlds",
)
# of a scene what a user would miss; its brushes are no business of a key writer, and walking them crashes 4.2
ONLY = {
    "Scene": {
        "frame_current",
        "frame_subframe",
        "frame_start",
        "frame_end",
        "frame_preview_start",
        "frame_preview_end",
        "use_preview_range",
        "camera",
        "tool_settings",
        "timeline_markers",
        "render",
        "unit_settings",
        "cursor",
        "keying_sets",
        "objects",
    },
    "ToolSettings": {
        "use_keyframe_insert_auto",
        "auto_keying_mode",
        "use_keyframe_insert_keyingset",
        "keyframe_type",
    },
}


def snapshot():
    """Path -> value of every stored property of every data-block, and of the user's state."""
    found = {}
    for kind in BLOCKS:
        blocks = getattr(bpy.data, kind)
        found[f"{kind}.names"] = tuple(block.name for block in blocks)
        for block in blocks:
            _walk(found, f'{kind}["{block.name}"]', block, set())
    found["handlers"] = tuple(len(getattr(bpy.app.handlers, name)) for name in _handler_lists())
    context = bpy.context
    found["context.mode"] = context.mode
    found["context.active"] = getattr(context.view_layer.objects.active, "name", None)
    found["context.selected"] = tuple(sorted(obj.name for obj in context.view_layer.objects.selected))
    return found


def differences(before, after):
    """Paths that came, went or changed."""
    return sorted(
        path
        for path in before.keys() | after.keys()
        if before.get(path, "absent") != after.get(path, "absent")
    )


def _handler_lists():
    return [name for name in dir(bpy.app.handlers) if isinstance(getattr(bpy.app.handlers, name), list)]


def _walk(found, path, struct, seen):
    """Stored properties of a struct; each struct once, because bones know their parents and children."""
    key = (struct.bl_rna.identifier, struct.as_pointer())
    if key in seen:
        return
    seen.add(key)
    only = ONLY.get(struct.bl_rna.identifier)
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if name in SKIPPED or name in COMPUTED or (only is not None and name not in only):
            continue
        try:
            value = getattr(struct, name)
        except AttributeError:  # some properties exist for other kinds of the same type only
            continue
        _property(found, f"{path}.{name}", prop, value, seen)
    for name in _custom(struct):
        value = struct[name]
        found[f'{path}["{name}"]'] = getattr(value, "name", None) or repr(value)


def _property(found, path, prop, value, seen):
    if prop.identifier == "group":  # its F-curves are walked where they belong
        found[path] = getattr(value, "name", None)
    elif prop.identifier == "channels":
        found[path] = tuple(_label(item, 0) for item in value)
    elif prop.type == "POINTER":
        _pointer(found, path, value, seen)
    elif prop.type == "COLLECTION":
        found[f"{path}.len"] = len(value)
        for number, item in enumerate(value):
            _pointer(found, f"{path}[{_label(item, number)}]", item, seen)
    elif getattr(prop, "is_array", False):
        found[path] = repr(tuple(tuple(row) if hasattr(row, "__len__") else row for row in value))
    else:
        found[path] = repr(value)


def _label(item, number):
    if isinstance(item, bpy.types.FCurve):
        return f"{item.data_path}[{item.array_index}]"
    if isinstance(item, bpy.types.Keyframe):
        return f"{item.co[0]:g}"
    return getattr(item, "name", "") or number


def _custom(struct):
    """Names of the custom properties, where the struct can have some."""
    if isinstance(struct, bpy.types.ID | bpy.types.PoseBone | bpy.types.Bone):
        return list(struct.keys())
    return []


def _pointer(found, path, value, seen):
    if value is None or isinstance(value, bpy.types.ID):
        found[path] = getattr(value, "name", None)
    else:
        _walk(found, path, value, seen)

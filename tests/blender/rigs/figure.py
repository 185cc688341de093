"""Makes a plain humanoid armature in the open scene, for tests that have no rig files."""

from __future__ import annotations

import math

import bpy
from mathutils import Matrix, Vector

# joint heads of the left side and the middle, metres, T-pose, Z up, facing -Y: bone -> (parent, head)
MIDDLE = {
    "root": ("", (0.0, 0.0, 0.0)),
    "hips": ("root", (0.0, 0.0, 0.95)),
    "spine": ("hips", (0.0, 0.0, 1.07)),
    "chest": ("spine", (0.0, 0.0, 1.25)),
    "neck": ("chest", (0.0, 0.01, 1.47)),
    "head": ("neck", (0.0, 0.0, 1.57)),
}
LEFT = {
    "shoulder": ("chest", (0.03, 0.0, 1.42)),
    "upper_arm": ("shoulder", (0.18, 0.0, 1.42)),
    "forearm": ("upper_arm", (0.46, 0.0, 1.42)),
    "hand": ("forearm", (0.71, 0.0, 1.42)),
    "thigh": ("hips", (0.09, 0.0, 0.92)),
    "shin": ("thigh", (0.09, 0.0, 0.50)),
    "foot": ("shin", (0.09, 0.01, 0.08)),
    "toe": ("foot", (0.09, -0.12, 0.02)),
}
TIPS = {
    "head": (0.0, 0.0, 0.2),
    "hand": (0.09, 0.0, 0.0),
    "toe": (0.0, -0.07, 0.0),
    "root": (0.0, 0.0, 0.3),
}
ARM = ("upper_arm", "forearm", "hand")


def _places(arm_down_deg: float) -> dict[str, tuple[str, Vector, Vector]]:
    """Bone -> parent, head, tail."""
    turn = Matrix.Rotation(math.radians(arm_down_deg), 3, "Y")
    pivot = Vector(LEFT["upper_arm"][1])

    def head_of(bone: str) -> Vector:
        place = Vector(LEFT[bone][1]) if bone in LEFT else Vector(MIDDLE[bone][1])
        return pivot + turn @ (place - pivot) if bone in ARM else place

    parent_of = {bone: parent for bone, (parent, _) in (MIDDLE | LEFT).items()}
    follows = {parent: bone for bone, parent in parent_of.items() if parent not in {"chest", "hips", "root"}}
    follows |= {"chest": "neck", "hips": "spine"}
    found = {}
    for bone, parent in parent_of.items():
        head = head_of(bone)
        tip = Vector(TIPS[bone]) if bone in TIPS else None
        if tip is not None and bone in ARM:
            tip = turn @ tip
        tail = head + tip if tip is not None else head_of(follows[bone])
        for side, sign in ((".L", 1), (".R", -1)) if bone in LEFT else (("", 1),):
            across = Vector((sign, 1, 1))
            name = parent + side if parent in LEFT else parent
            found[bone + side] = (name, head * across, tail * across)
    return found


def make_figure(
    name: str = "Figure",
    *,
    arm_down_deg: float = 0.0,
    unit: float = 1.0,
    lying_deg: float = 0.0,
    about: str = "X",
    connected: bool = False,
    on_empty: bool = False,
    roll_deg: float = 0.0,
    rename: dict[str, str] | None = None,
    modes: tuple[str, ...] = ("QUATERNION",),
) -> bpy.types.Object:
    """A humanoid of 22 bones, facing -Y.

    Args:
        name: of the object.
        arm_down_deg: the arms' angle below the horizontal at rest.
        unit: armature units in a metre; the object is scaled to make up for it.
        lying_deg: how far the bones are turned at rest; the object is turned the other way to make up for it.
        about: the axis of that turn.
        connected: bones that begin where their parent ends are connected to it.
        on_empty: a parent empty is scaled and turned instead of the armature's own object.
        roll_deg: added to every bone's roll, times the bone's number.
        rename: bone -> another name.
        modes: rotation modes, taken in turn.
    """
    data = bpy.data.armatures.new(name)
    armature = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    places = _places(arm_down_deg)
    for number, (bone, (parent, head, tail)) in enumerate(places.items()):
        made = data.edit_bones.new(bone)
        made.head, made.tail = head * unit, tail * unit
        made.roll = math.radians(roll_deg * number)
        made.parent = data.edit_bones[parent] if parent else None
    for made in data.edit_bones if connected else ():
        if made.parent is not None and (made.head - made.parent.tail).length < 1e-6 * unit:
            made.use_connect = True
    stand = Matrix.Rotation(math.radians(lying_deg), 4, about)
    for made in data.edit_bones:
        made.transform(stand.inverted())
    for old, new in (rename or {}).items():
        data.edit_bones[old].name = new
    bpy.ops.object.mode_set(mode="OBJECT")
    carrier = armature
    if on_empty:
        carrier = armature.parent = bpy.data.objects.new(f"{name} Empty", None)
        bpy.context.scene.collection.objects.link(carrier)
    carrier.scale = (1.0 / unit,) * 3
    carrier.rotation_euler = stand.to_euler()
    for number, bone in enumerate(armature.pose.bones):
        bone.rotation_mode = modes[number % len(modes)]
    bpy.context.view_layer.update()
    return armature

"""The rigs of the reference material: opened in Blender, with the roles that their authors expect."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import bpy
import numpy as np

from benchmarks.insert import addon_package
from benchmarks.retargeting.clips import FPS, SHARED
from tmr_engine.errors import RetargetError
from tmr_engine.retarget import Mapping, Rig

FOLDER = SHARED / "rigs"
ADDON = addon_package()
_SIDES = {"l_": "left_", "r_": "right_"}
_MODES = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}


@dataclass(frozen=True, eq=False)
class Character:
    """An opened rig.

    Args:
        name: of its file.
        armature: the object, in Blender.
        rig: the same as arrays.
        shown: who shows which role, by the rig's mapping file: deforming bones where controls move them.
        standing: bone -> channel -> values found before anything was keyed.
    """

    name: str
    armature: bpy.types.Object
    rig: Rig
    shown: Mapping
    standing: dict[str, dict[str, list[float]]] = field(repr=False)

    @property
    def is_plain(self) -> bool:
        """Whether keys alone say how it is posed: no constraint, no driver."""
        return not self.rig.constraints and not self.rig.driven


def expected() -> dict[str, dict[str, Any]]:
    """File name -> its mapping document, of every rig that is not marked for refusal."""
    found = {}
    for path in sorted(FOLDER.glob("*.mapping.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["expect"] in ("retarget", "warn"):
            found[document["file"]] = document
    return found


def open_rig(name: str, document: dict[str, Any]) -> Character:
    """Opens a rig's file; what was open before is gone.

    Raises:
        RetargetError: there is no armature in it.
    """
    scene = import_module(f"{ADDON}.background.scene")
    path = FOLDER / name
    opened = scene.open_blend if path.suffix == ".blend" else scene.import_file
    opened(path, RetargetError)
    armature = _armature(document, scene)
    if path.suffix == ".vrm":
        table = import_module(f"{ADDON}.background.vrm").humanoid_table(path)
        import_module(f"{ADDON}.armature.humanoid").write_humanoid(armature, table)
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = int(FPS), 1.0
    bpy.context.view_layer.update()
    rig = import_module(f"{ADDON}.armature.read").read_rig(armature, bpy.context.evaluated_depsgraph_get())
    return Character(name, armature, rig, shown_roles(document), channels(armature))


def shown_roles(document: dict[str, Any]) -> Mapping:
    """The mapping file's bones that show the body, under the names of the engine's roles."""
    roles: dict[str, Any] = {}
    for role, bones in (document["roles"] | document.get("roles_deform", {})).items():
        side = _SIDES.get(role[:2], "")
        plain = role[2:] if side else role
        if plain == "fingers" and bones:
            roles |= {f"{side}{finger}": tuple(chain) for finger, chain in bones.items() if chain}
        elif plain in ("spine", "neck"):
            roles[role] = tuple(bones)
        elif isinstance(bones, str) and plain != "twist":
            roles[side + plain] = bones
    return Mapping({role: bones for role, bones in roles.items() if bones}, "expected", 1.0)


def rotation_channel(mode: str) -> str:
    """The property that holds a bone's rotation in a rotation mode."""
    return _MODES.get(mode, "rotation_euler")


def _armature(document: dict[str, Any], scene: Any) -> bpy.types.Object:
    named = bpy.data.objects.get(document["armature"]) if document["armature"] else None
    armature = named or scene.pick_armature()
    if armature is None:
        raise RetargetError("there is no armature in it", where=document["file"])
    return armature


def channels(armature: bpy.types.Object) -> dict[str, dict[str, list[float]]]:
    """Bone -> channel -> values now, location and rotation in the bone's own mode.

    Raises:
        RetargetError: a bone is scaled, which the oracle does not know.
    """
    found = {}
    for bone in armature.pose.bones:
        found[bone.name] = {
            channel: [float(value) for value in getattr(bone, channel)]
            for channel in ("location", rotation_channel(bone.rotation_mode))
        }
        if not np.allclose(bone.scale, 1.0, atol=1e-6):
            raise RetargetError(
                "the benchmark does not pose scaled bones", where=f"{armature.name}, {bone.name}"
            )
    return found

"""Bones that constraints and drivers hold: which bone to key instead, and which switches must be set."""

from __future__ import annotations

import numpy as np

from .checking import Roles
from .families import families
from .rig import BoneConstraint, Rig
from .solution import Switch

# constraints that set a bone's rotation; limits and scale copies leave keys their effect
_TURNING = {
    "COPY_TRANSFORMS",
    "COPY_ROTATION",
    "ARMATURE",
    "CHILD_OF",
    "DAMPED_TRACK",
    "TRACK_TO",
    "LOCKED_TRACK",
    "STRETCH_TO",
    "TRANSFORM",
    "ACTION",
    "PIVOT",
}
COPYING = {"COPY_TRANSFORMS", "COPY_ROTATION"}


def holders(rig: Rig, driven: bool = False) -> dict[str, list[BoneConstraint]]:
    """Bone -> the constraints that set its rotation whatever its keys say.

    Args:
        rig: the armature.
        driven: count those that are off now but driven, too.
    """
    found: dict[str, list[BoneConstraint]] = {}
    for constraint in rig.constraints:
        acts = constraint.influence > 0.0 or (driven and constraint.driven)
        if constraint.kind in _TURNING and acts:
            found.setdefault(constraint.bone, []).append(constraint)
    return found


def bare_bones(rig: Rig) -> np.ndarray:
    """(B,) bool: keys on the bone's rotation show."""
    held = holders(rig)
    return np.array([name not in held for name in rig.names])


def keyable(rig: Rig) -> np.ndarray:
    """(B,) bool: the bone's rotation is neither constrained, driven nor locked."""
    undriven = np.array([name not in rig.driven for name in rig.names])
    free: np.ndarray = bare_bones(rig) & undriven & ~rig.lock_rotation.any(axis=1)
    return free


def keyed_bone(rig: Rig, roles: Roles) -> tuple[Roles, list[str]]:
    """The map with bones that copy another bone replaced by the bone they copy.

    Returns:
        the map, and one warning for each bone whose keys will not show.
    """
    held = holders(rig)
    warnings: list[str] = []

    def source(bone: str) -> str:
        seen = {bone}
        while bone in held:
            copies = [c.targets[0] for c in held[bone] if c.kind in COPYING and len(c.targets) == 1]
            if len(copies) != 1 or copies[0] in seen:
                break
            bone = copies[0]
            seen.add(bone)
        if bone in held:
            constraint = held[bone][0]
            warnings.append(f"keys on {bone} are overridden by its constraint {constraint.name}")
        elif bone in rig.driven:
            warnings.append(f"{rig.driven[bone][0]} of {bone} is driven, so its keys will not show")
        return bone

    replaced: Roles = {}
    for role, bones in roles.items():
        if role == "root":
            replaced[role] = bones
        elif isinstance(bones, str):
            replaced[role] = source(bones)
        else:
            replaced[role] = tuple(source(bone) for bone in bones)
    root = replaced.get("root")
    if isinstance(root, str) and root in held and len(held[root][0].targets) == 1:
        replaced["root"] = held[root][0].targets[0]
    return replaced, list(dict.fromkeys(warnings))


def switches_for(rig: Rig, roles: Roles, family: str) -> tuple[tuple[Switch, ...], list[str]]:
    """What must be keyed beside the bones: FK switches of the family, and IK that holds mapped bones.

    Returns:
        the switches, and one note each for what they do.
    """
    switches: list[Switch] = []
    notes: list[str] = []
    for wanted in next((f.switches for f in families() if f.name == family), ()):
        found = rig.properties.get(wanted.bone, {}).get(wanted.property)
        if found is not None and found != wanted.value:
            switches.append(Switch(wanted.bone, f'["{wanted.property}"]', wanted.value, found))
    if switches:
        names = sorted({switch.path.strip('[]"') for switch in switches})
        notes.append(f"{', '.join(names)} will be keyed while the clip plays, so that the keyed bones show")
    keyed = {bone for bones in roles.values() for bone in ((bones,) if isinstance(bones, str) else bones)}
    for constraint in rig.constraints:
        if constraint.kind != "IK" or constraint.influence == 0.0 or constraint.driven:
            continue
        held = keyed & set(ik_chain(rig, constraint))
        if held:
            path = f'constraints["{constraint.name}"].influence'
            switches.append(Switch(constraint.bone, path, 0.0, constraint.influence))
            notes.append(
                f"the IK on {constraint.bone} holds {', '.join(sorted(held))}, so it will be keyed off while "
                "the clip plays"
            )
    return tuple(switches), notes


def ik_chain(rig: Rig, constraint: BoneConstraint) -> list[str]:
    """The bones that an IK constraint turns."""
    bone = rig.indices[constraint.bone]
    if not constraint.uses_tail:
        bone = int(rig.parents[bone])
    chain: list[str] = []
    while bone >= 0 and (constraint.chain == 0 or len(chain) < constraint.chain):
        chain.append(rig.names[bone])
        bone = int(rig.parents[bone])
    return chain

"""Which bone takes the hips' path: not every rig lets its hips bone move."""

from __future__ import annotations

from .rig import Rig
from .roles import Mapping


def mover_of(rig: Rig, mapping: Mapping) -> str | None:
    """The bone that the map names for it, the hips, or the nearest bone above that can move; else None.

    Hips that do not carry the chest (an MMD lower body) would leave the upper body behind, so then the bone
    above both is taken.
    """
    hips, chest = str(mapping.bone("hips")), mapping.bone("chest")
    line = _upward(rig, hips)
    if chest is not None and mapping.bone("pelvis") is None:
        above_chest = set(_upward(rig, chest))
        if hips not in above_chest:
            line = [bone for bone in line if bone in above_chest] or line
    named = mapping.bone("mover")
    for name in [named, *line] if named is not None else line:
        if movable(rig, name):
            return name
    return None


def movable(rig: Rig, name: str) -> bool:
    """Whether keys on a bone's location show: it is neither connected nor wholly locked nor driven."""
    bone = rig.indices[name]
    driven = any(channel.startswith("location") for channel in rig.driven.get(name, ()))
    return not rig.connected[bone] and not rig.lock_location[bone].all() and not driven


def _upward(rig: Rig, name: str) -> list[str]:
    bone = rig.indices[name]
    names = []
    while bone >= 0:
        names.append(rig.names[bone])
        bone = int(rig.parents[bone])
    return names

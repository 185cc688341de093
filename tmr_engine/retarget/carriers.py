"""Which keyed bone carries each bone: what a keyed bone's own keys are relative to."""

from __future__ import annotations

import itertools

from .controls import holders
from .rig import Rig
from .roles import FINGERS, SIDES, Mapping

NOTHING = -1
_UNSURE = -2


def carriers(rig: Rig, mapping: Mapping, keyed: tuple[str, ...]) -> dict[str, int]:
    """For each keyed bone, the index of the keyed bone that its parent moves rigidly with; -1 for none.

    On a plain armature that is the next keyed ancestor. On a control rig the parent is often a helper that
    constraints move; it is followed to what moves it, and where several things could (a limb that switches
    between IK and FK), the bone of the parent role is taken, since that is what such a helper stands for.
    """
    held = holders(rig, driven=True)
    chosen = {rig.indices[bone] for bone in keyed}
    known: dict[int, int] = {}

    def follow(bone: int) -> int:
        if bone < 0 or bone in chosen:
            return bone
        if bone in known:
            return known[bone]
        known[bone] = _UNSURE  # a helper that follows itself
        above = int(rig.parents[bone]) if rig.inherit_rotation[bone] else NOTHING
        acting = [
            c
            for c in held.get(rig.names[bone], [])
            if not (c.local and chosen.isdisjoint(_targets(rig, c.targets)))
        ]
        leaders = {follow(target) for c in acting for target in _targets(rig, c.targets)}
        if not acting or any(c.influence < 1.0 or c.driven for c in acting):
            leaders.add(follow(above))
        known[bone] = leaders.pop() if len(leaders) == 1 else _UNSURE
        return known[bone]

    above_role = _role_parents(mapping)
    found = {}
    for name in keyed:
        carrier = follow(int(rig.parents[rig.indices[name]]))
        if carrier == _UNSURE:
            stand_in = above_role.get(name)
            while stand_in is not None and stand_in not in keyed:  # a clip without clavicles keys none
                stand_in = above_role.get(stand_in)
            carrier = NOTHING if stand_in is None else rig.indices[stand_in]
        found[name] = carrier
    return found


def _targets(rig: Rig, names: tuple[str, ...]) -> list[int]:
    return [rig.indices[name] for name in names if name in rig.indices]


def _role_parents(mapping: Mapping) -> dict[str, str]:
    """Mapped bone -> the mapped bone that the body hangs it on."""
    found: dict[str, str] = {}

    def hang(bones: list[str | None]) -> None:
        line = [bone for bone in bones if bone is not None]
        for upper, lower in itertools.pairwise(line):
            found.setdefault(lower, upper)

    hips, chest = mapping.bone("hips"), mapping.bone("chest")
    hang([hips, *mapping.chain("spine"), chest, *mapping.chain("neck"), mapping.bone("head")])
    hang([hips, mapping.bone("pelvis")])
    for side in SIDES:
        arm = [mapping.bone(f"{side}_{part}") for part in ("clavicle", "upper_arm", "lower_arm", "hand")]
        leg = [mapping.bone(f"{side}_{part}") for part in ("upper_leg", "lower_leg", "foot", "toe")]
        hang([chest or hips, *arm])
        hang([mapping.bone("pelvis") or hips, *leg])
        for finger in FINGERS:
            hang([arm[-1], *mapping.chain(f"{side}_{finger}")])
    return found

"""The controls that move deforming bones, told by where they lie and what hangs on what, without names."""

from __future__ import annotations

import numpy as np

from .checking import Roles
from .controls import COPYING, holders, ik_chain, keyed_bone
from .figure import Figure
from .rig import Rig
from .roles import ARM, FINGERS, LEG, SIDES

_SAME = 1e-3  # joints nearer than this share of the height are one


def controls_of(rig: Rig, figure: Figure, roles: Roles) -> Roles:
    """A map of deforming bones with the controls that are to be keyed in their places.

    A limb's controls hang on each other and lie at its joints; so they are told from tweaks, which hang on
    what the limb does, and from IK, whose chain is not free. What has none keeps the bones that it copies.

    Args:
        rig: the armature.
        figure: of the whole rig, one joint a bone.
        roles: a completed map of its deforming bones.
    """
    found, _ = keyed_bone(rig, roles)
    upstream = _Upstream(rig, figure)
    for side in SIDES:
        arm = [role for part in ARM if (role := f"{side}_{part}") in roles]
        leg = [role for part in (*LEG, "toe") if (role := f"{side}_{part}") in roles]
        for limb in (arm, leg):
            chain = upstream.nested([str(roles[role]) for role in limb])
            if None not in chain:
                found |= {role: str(bone) for role, bone in zip(limb, chain, strict=True)}
        for finger in (role for name in FINGERS if (role := f"{side}_{name}") in roles):
            chain = upstream.nested(list(roles[finger]))
            if None not in chain:
                found[finger] = tuple(str(bone) for bone in chain)
        if f"{side}_clavicle" in roles:
            clavicle, carried = str(roles[f"{side}_clavicle"]), str(found[f"{side}_upper_arm"])
            found[f"{side}_clavicle"] = upstream.carrier(clavicle, carried) or found[f"{side}_clavicle"]
    return found | _trunk(figure, upstream, roles, found)


def switched_off(rig: Rig, roles: Roles) -> list[str]:
    """A warning where drivers decide whether keys show: which switch it is, only names would tell."""
    keyed = {bone for role in roles for bone in _listed(roles, role)}
    copying = [constraint for constraint in rig.constraints if constraint.kind in COPYING]
    switched = {constraint.bone for constraint in copying if constraint.driven}
    hidden = {target for c in copying if c.bone in switched for target in c.targets if target in keyed}
    if not hidden:
        return []
    names = ", ".join(sorted(hidden))
    return [f"whether keys on {names} show is decided by the rig's own switches; set them to FK"]


def _trunk(figure: Figure, upstream: _Upstream, roles: Roles, found: Roles) -> Roles:
    """Controls from the hips to the head: those of the spine and the neck that carry the next one."""
    parts = [(role, bone) for role in ("spine", "chest", "neck", "head") for bone in _listed(roles, role)]
    chain = upstream.nested([bone for _, bone in parts])
    kept = [(role, bone) for (role, _), bone in zip(parts, chain, strict=True) if bone is not None]
    if {"chest", "head"} - {role for role, _ in kept}:
        return {}
    trunk: Roles = {role: bone for role, bone in kept if role in ("chest", "head")}
    trunk |= {role: tuple(bone for name, bone in kept if name == role) for role in ("spine", "neck")}
    ends = [trunk["chest"], *(found[role] for side in SIDES if (role := f"{side}_upper_leg") in found)]
    hips = upstream.free_above(figure.common([figure.indices[str(bone)] for bone in ends]))
    if hips >= 0:
        trunk |= {"hips": figure.names[hips], "root": figure.names[figure.ancestors(hips)[-1]]}
    return trunk


def _listed(roles: Roles, role: str) -> tuple[str, ...]:
    bones = roles.get(role, ())
    return (bones,) if isinstance(bones, str) else bones


class _Upstream:
    """What moves a bone: its parent, and the bones that its constraints read."""

    def __init__(self, rig: Rig, figure: Figure) -> None:
        held = holders(rig, driven=True)
        bound = {bone for c in rig.constraints if c.kind == "IK" for bone in ik_chain(rig, c)}
        self.figure = figure
        self.free = np.array([name not in (held.keys() | bound | rig.driven.keys()) for name in rig.names])
        self.reads: dict[int, list[int]] = {}
        for constraint in rig.constraints:
            targets = [rig.indices[target] for target in constraint.targets]
            self.reads.setdefault(rig.indices[constraint.bone], []).extend(targets)

    def nested(self, line: list[str]) -> list[str | None]:
        """For each bone of a line its control, which hangs on the one before; None where there is none."""
        joints = [self._candidates(self.figure.indices[bone]) for bone in line]
        chains = [self._chain(joints[:-1], end) for end in joints[-1]]
        best = max(chains, key=lambda chain: sum(joint >= 0 for joint in chain), default=[-1] * len(line))
        return [self.figure.names[joint] if joint >= 0 else None for joint in best]

    def _chain(self, joints: list[list[int]], end: int) -> list[int]:
        """The controls above the last one, -1 where none of a joint's candidates carries what follows."""
        chain, lowest = [end], end
        for candidates in reversed(joints):
            carrying = [c for c in candidates if c != lowest and self.figure.descends(lowest, c)]
            chain.insert(0, carrying[0] if carrying else -1)
            lowest = carrying[0] if carrying else lowest
        return chain

    def _candidates(self, bone: int) -> list[int]:
        """Free bones in a bone's place that it depends on, the nearest first; the bone itself is one."""
        heads, near = self.figure.heads, _SAME * self.figure.height
        found = [bone]
        for joint in found:
            for other in (*self.reads.get(joint, ()), int(self.figure.parents[joint])):
                if other >= 0 and other not in found and np.linalg.norm(heads[other] - heads[bone]) < near:
                    found.append(other)
        return [joint for joint in found if self.free[joint]]

    def carrier(self, bone: str, carried: str) -> str | None:
        """The control in a bone's place that carries another bone, by parents or by what they read."""
        above = [self.figure.indices[carried]]
        for joint in above:
            following = [*self.reads.get(joint, ()), int(self.figure.parents[joint])]
            above.extend(other for other in following if other >= 0 and other not in above)
        candidates = [joint for joint in self._candidates(self.figure.indices[bone]) if joint in above]
        return self.figure.names[candidates[0]] if candidates else None

    def free_above(self, joint: int) -> int:
        """The nearest free bone above a joint or in its place, -1 where there is none."""
        return next((bone for bone in self.figure.ancestors(joint) if self.free[bone]), -1)

"""The roll of a limb shared out among its twist bones, so that its skin is not wrung where it begins or ends.

A forearm's twist bones follow the hand's roll, from none at the elbow to all at the wrist; an upper arm's
follow its own roll, from none at the shoulder to all at the elbow. So do those of shin and thigh. Only rolls
about a bone's own length are added: no joint moves, and hands and feet keep their rotation.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .blending import smoothstep
from .body import Body
from .carriers import carriers
from .chains import Chains
from .contacts import runs
from .roles import ARM, LEG
from .twists import TwistBones

# cosine of half the swing: nearer to half a turn, what is roll and what is swing cannot be told apart
_SURE, _UNSURE = 0.5, 0.05

# what the upper part of a limb rolls against, the nearest first
_ABOVE = {"upper_arm": ("clavicle", "chest", "hips"), "upper_leg": ("pelvis", "hips")}


def twisted(body: Body, chains: Chains, object_turn: FloatArray) -> Chains:
    """The turns with those of the twist bones of every limb that moves.

    Args:
        body: the armature at rest.
        chains: its turns as solved.
        object_turn: (4,) rotation of the armature object.
    """
    turns = dict(zip(chains.bones, chains.turns, strict=True))
    for role in body.mapping.twist:
        upper = str(body.mapping.bone(role))
        if upper in chains.bones:
            turns |= _shared(body, turns, role, rotation.conjugate(object_turn))
    bones = tuple(turns)
    if len(bones) == len(chains.bones):
        return chains
    carried = carriers(chains.rig, body.mapping, bones)
    return Chains(chains.rig, bones, np.stack(list(turns.values())), carried)


def _shared(
    body: Body, turns: dict[str, FloatArray], role: str, to_armature: FloatArray
) -> dict[str, FloatArray]:
    """Turns of the twist bones of one limb, and of its own bone where they split it.

    Args:
        body: the armature at rest.
        turns: bone -> (T, 4), armature space.
        role: "left_lower_arm".
        to_armature: (4,) rotation from the world.
    """
    side, _, part = role.partition("_")
    limb = ARM if part in ARM else LEG
    bone, end = (str(body.mapping.bone(f"{side}_{name}")) for name in limb[limb.index(part) :][:2])
    other = _above(body, turns, side, part) if part in _ABOVE else end
    if other not in turns:
        return {}
    whole = _way(body, bone, end, to_armature)
    against = rotation.multiply(rotation.conjugate(turns[bone]), turns[other])
    roll = _roll(against, whole)  # of the hand against the forearm, of the shoulder against the upper arm
    line, beside = _split(body, role, bone, end)

    def rolled(share: float, axis: FloatArray) -> FloatArray:
        amount = (1.0 - share if part in _ABOVE else share) * roll
        return rotation.multiply(turns[bone], rotation.from_axis_angle(amount[:, None] * axis))

    found = {name: rolled(share, whole) for name, share in beside if share > 0.0 or part in _ABOVE}
    if line:
        # the elbow's side of a split upper arm has all of its roll, since the forearm hangs on it
        size = line[-1][1] if part in _ABOVE else 1.0
        joints = [bone, *(name for name, _ in line), end]
        ways = [_way(body, upper, lower, to_armature) for upper, lower in pairwise(joints)]
        shares = [0.0, *(share / size for _, share in line)]
        for name, share, way in zip(joints[:-1], shares, ways, strict=True):
            found[name] = rolled(share, way)
    return found


def _above(body: Body, turns: dict[str, FloatArray], side: str, part: str) -> str:
    """The keyed bone that an upper arm or a thigh rolls against."""
    roles = [f"{side}_{name}" if name == "clavicle" else name for name in _ABOVE[part]]
    return next((bone for role in roles if (bone := str(body.mapping.bone(role))) in turns), "")


def _split(body: Body, role: str, bone: str, end: str) -> tuple[TwistBones, TwistBones]:
    """Twist bones that carry the rest of the limb, and those beside it.

    Bones in line are left at rest where one among them may not be keyed.
    """
    figure, twist = body.figure, body.mapping.twist[role]
    path = [figure.names[joint] for joint in figure.path(figure.indices[bone], figure.indices[end])[1:-1]]
    line = tuple((name, share) for name, share in twist if name in path)
    beside = tuple((name, share) for name, share in twist if name not in path)
    return (line if len(line) == len(path) and all(share > 0 for _, share in line) else ()), beside


def _way(body: Body, upper: str, lower: str, to_armature: FloatArray) -> FloatArray:
    """(3,) unit vector from joint to joint at rest, armature space."""
    heads, index = body.figure.heads, body.figure.indices
    way = heads[index[lower]] - heads[index[upper]]
    return rotation.rotate(to_armature, way / max(float(np.linalg.norm(way)), 1e-12))


def _roll(turns: FloatArray, axis: FloatArray) -> FloatArray:
    """(T,) angle of what goes about an axis in turns (T, 4): continuous, and none where it is unsure."""
    along = turns[:, 1:] @ axis
    sure = np.hypot(along, turns[:, 0])
    angle = np.mod(2.0 * np.arctan2(along, turns[:, 0]) + np.pi, 2.0 * np.pi) - np.pi
    for start, stop in runs(sure > _UNSURE):
        angle[start:stop] = np.unwrap(angle[start:stop])
        angle[start:stop] -= 2.0 * np.pi * np.round(np.median(angle[start:stop]) / (2.0 * np.pi))
    roll: FloatArray = angle * smoothstep((sure - _UNSURE) / (_SURE - _UNSURE))
    return roll

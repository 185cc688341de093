"""Anatomical frames of a body at rest, from joint positions only, never from bone axes.

Each frame is (3, 3): column x is the hinge or lateral axis, y runs along the bone, z = x cross y. The same
rule gives the same frame on every body, so a frame carried from one body to another carries the pose,
whatever the two rest poses and bone rolls are.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..motion.rotation import FloatArray
from .body import Body
from .roles import FINGERS, SIDES

# a limb bent more than this at rest shows its hinge; the fallback axis is used below it (on both bodies)
_BENT = np.radians(15.0)

# beyond this a limb points so much forward that its hinge is taken from the vertical instead
_FORWARD = 0.95


def frame(along: FloatArray, axis: FloatArray, spare: FloatArray) -> FloatArray:
    """(3, 3) y along the bone, x the part of `axis` across it (of `spare` where nothing is left)."""
    y = along / max(float(np.linalg.norm(along)), 1e-12)
    x = axis - y * float(axis @ y)
    if np.linalg.norm(x) < 1e-3 * max(float(np.linalg.norm(axis)), 1e-12):
        x = spare - y * float(spare @ y)
    x = x / max(float(np.linalg.norm(x)), 1e-12)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def bent_limbs(body: Body) -> set[str]:
    """Limbs ("left_arm", "right_leg") that are bent enough at rest to show their hinge."""
    found = set()
    for side in SIDES:
        for limb, chain in (
            ("arm", ("upper_arm", "lower_arm", "hand")),
            ("leg", ("upper_leg", "lower_leg", "foot")),
        ):
            joints = [body.joint(f"{side}_{part}") for part in chain]
            if all(joint is not None for joint in joints):
                upper, lower = np.diff(np.array(joints), axis=0)
                angle = np.arctan2(np.linalg.norm(np.cross(upper, lower)), upper @ lower)
                if angle > _BENT:
                    found.add(f"{side}_{limb}")
    return found


def rest_frames(body: Body, hinges: set[str]) -> dict[str, FloatArray]:
    """The frame of every bone of the map, by bone name.

    Args:
        body: the body at rest.
        hinges: limbs whose measured hinge is used; give both bodies the same set.
    """
    left, up, _ = body.axes.T
    found: dict[str, FloatArray] = {}
    whole = body.axes
    for role in ("hips", "pelvis", "head"):
        bone = body.mapping.bone(role)
        if bone is not None:
            found[bone] = whole
    _trunk_frames(body, found, left, up)
    for side in SIDES:
        _arm_frames(body, side, hinges, found)
        _leg_frames(body, side, hinges, found)
    return found


def _trunk_frames(body: Body, found: dict[str, FloatArray], left: FloatArray, up: FloatArray) -> None:
    heads = body.figure.heads
    index = body.figure.indices
    head = body.mapping.bone("head")
    neck = body.mapping.chain("neck")
    line = [*body.trunk, *neck, *((head,) if head else ())]
    for bone, following in itertools.pairwise(line):
        along = heads[index[following]] - heads[index[bone]]
        along = up if np.linalg.norm(along) < 1e-4 * body.leg else along
        found.setdefault(bone, frame(along, left, left))
    forward = np.cross(left, up)
    for side in SIDES:
        clavicle, arm = body.mapping.bone(f"{side}_clavicle"), body.joint(f"{side}_upper_arm")
        if clavicle is not None and arm is not None:
            along = arm - heads[index[clavicle]]
            found[clavicle] = frame(along, np.cross(along, forward), up)


def _limb_axis(
    body: Body, upper: FloatArray, lower: FloatArray, measured: bool
) -> tuple[FloatArray, FloatArray]:
    """Hinge axes of the upper and the lower part of a limb."""
    _, up, forward = body.axes.T
    axes = []
    for along in (upper, lower):
        y = along / max(float(np.linalg.norm(along)), 1e-12)
        axes.append(np.cross(y, up if abs(float(y @ forward)) > _FORWARD else forward))
    if not measured:
        return axes[0], axes[1]
    hinge = np.cross(upper, lower)
    hinge = hinge if float(hinge @ (axes[0] + axes[1])) >= 0 else -hinge
    return hinge, hinge


def _arm_frames(body: Body, side: str, hinges: set[str], found: dict[str, FloatArray]) -> None:
    shoulder, elbow, wrist = (body.joint(f"{side}_{part}") for part in ("upper_arm", "lower_arm", "hand"))
    upper, lower, hand = (body.mapping.bone(f"{side}_{part}") for part in ("upper_arm", "lower_arm", "hand"))
    if shoulder is None or elbow is None or upper is None or lower is None:
        return
    up = body.axes[:, 1]
    first = elbow - shoulder
    second = first if wrist is None else wrist - elbow
    axes = _limb_axis(body, first, second, f"{side}_arm" in hinges)
    found[upper] = frame(first, axes[0], up)
    found[lower] = frame(second, axes[1], up)
    if hand is None or wrist is None:
        return
    knuckles = _knuckles(body, side)
    # without fingers the palm is taken to look down in a T-pose: the knuckles then run along the forearm's z
    across = found[lower][:, 2]
    along = found[lower][:, 1]
    if "middle" in knuckles or "index" in knuckles:
        along = np.mean([joint for finger, joint in knuckles.items() if finger != "thumb"], axis=0) - wrist
    if "index" in knuckles and "little" in knuckles:
        across = knuckles["index"] - knuckles["little"]
    found[hand] = frame(along, across, up)
    _finger_frames(body, side, found[hand], found)


def _knuckles(body: Body, side: str) -> dict[str, FloatArray]:
    heads, index = body.figure.heads, body.figure.indices
    chains = {finger: body.mapping.chain(f"{side}_{finger}") for finger in FINGERS}
    return {finger: heads[index[chain[0]]] for finger, chain in chains.items() if chain}


def _finger_frames(body: Body, side: str, hand: FloatArray, found: dict[str, FloatArray]) -> None:
    across, palm = hand[:, 0], hand[:, 2]
    for finger in FINGERS:
        chain = [body.figure.indices[bone] for bone in body.mapping.chain(f"{side}_{finger}")]
        along = hand[:, 1]
        for place, joint in enumerate(chain):
            along = _phalanx(body, chain, place, along)
            axis = np.cross(along, palm) if finger == "thumb" else across
            found[body.figure.names[joint]] = frame(along, axis, palm)


def _phalanx(body: Body, chain: list[int], place: int, before: FloatArray) -> FloatArray:
    """Direction of one phalanx: to the next joint; the last goes on to its child or keeps the direction."""
    figure = body.figure
    joint = chain[place]
    following = chain[place + 1] if place + 1 < len(chain) else next(iter(figure.children[joint]), -1)
    if following < 0:
        return before
    along = figure.heads[following] - figure.heads[joint]
    return along if np.linalg.norm(along) > 1e-5 * body.leg else before


def _leg_frames(body: Body, side: str, hinges: set[str], found: dict[str, FloatArray]) -> None:
    hip, knee, ankle = (body.joint(f"{side}_{part}") for part in ("upper_leg", "lower_leg", "foot"))
    upper, lower, foot = (body.mapping.bone(f"{side}_{part}") for part in ("upper_leg", "lower_leg", "foot"))
    if hip is None or knee is None or upper is None or lower is None:
        return
    left, up, _ = body.axes.T
    first = knee - hip
    second = first if ankle is None else ankle - knee
    axes = _limb_axis(body, first, second, f"{side}_leg" in hinges)
    found[upper] = frame(first, axes[0], left)
    found[lower] = frame(second, axes[1], left)
    if foot is None or ankle is None:
        return
    sole = _sole(body, side, ankle)
    found[foot] = frame(sole, np.cross(up, sole), left)
    toe = body.mapping.bone(f"{side}_toe")
    if toe is not None:
        found[toe] = found[foot]


def _sole(body: Body, side: str, ankle: FloatArray) -> FloatArray:
    """Where the foot points on the ground. The ankle's height must not count: heels would tilt the foot."""
    _, up, forward = body.axes.T
    ball = body.joint(f"{side}_toe")
    if ball is None:
        foot = body.figure.indices[str(body.mapping.bone(f"{side}_foot"))]
        ends = [body.figure.heads[child] for child in body.figure.children[foot]]
        ends.append(body.figure.tails[foot])
        ball = max(ends, key=lambda end: float((end - ankle) @ forward))
    along = ball - ankle
    level: FloatArray = along - up * float(along @ up)
    return level if float(level @ forward) > 0.05 * body.leg else forward

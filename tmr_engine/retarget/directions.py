"""Where limbs, palms and soles of two performances point: the directions among the measures."""

from __future__ import annotations

import itertools

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .performance import Performance
from .roles import FINGERS, SIDES

# role -> where its bone ends; hands, feet, fingers, neck and spine have rules of their own
_ENDS = {
    "clavicle": "upper_arm",
    "upper_arm": "lower_arm",
    "lower_arm": "hand",
    "upper_leg": "lower_leg",
    "lower_leg": "foot",
}
# roles whose direction must be right on every body; the others follow their own slope at rest
LIMBS = tuple(
    f"{side}_{part}"
    for side in SIDES
    for part in ("upper_arm", "lower_arm", "hand", "upper_leg", "lower_leg", "foot")
)
_SPINE_PARTS = 3


def character_frames(performance: Performance) -> FloatArray:
    """(T, 3, 3) columns left, back, up of the body as its hip joints tell; turned about the vertical only."""
    left, right = performance.joint("left_upper_leg"), performance.joint("right_upper_leg")
    if left is None or right is None:
        return np.tile(np.eye(3), (len(performance), 1, 1))
    body = performance.body
    rest = body.needed("left_upper_leg") - body.needed("right_upper_leg")
    # a body whose hip joints are not quite level with its axes at rest is not turned for it
    amiss = np.arctan2(rest[1], rest[0]) - np.arctan2(body.axes[1, 0], body.axes[0, 0])
    angle = np.arctan2(left[:, 1] - right[:, 1], left[:, 0] - right[:, 0]) - amiss
    across = np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], axis=1)
    up = np.broadcast_to([0.0, 0.0, 1.0], across.shape)
    return np.stack([across, np.cross(up, across), up], axis=2)


def direction_errors(
    source: Performance, target: Performance, heading: FloatArray | None = None
) -> dict[str, FloatArray]:
    """How far limbs point away from the source's.

    Hands run to the mean of the knuckles that both have, feet along the sole (heel to ball), the spine is
    compared in equal parts of its length ("spine_0" upward), fingers by phalanx ("left_index_0").

    Args:
        source, target: T frames.
        heading: (4,) turn from the source's world to the target's (`placing.turn_to`): directions are then
            compared in the world. Left out, each body is seen from its own character frame, which says
            little while the hips lie on their side.

    Returns:
        role -> (T,) degrees, of roles that both bodies have.
    """
    theirs, ours = _directions(source, target), _directions(target, source)
    frames = _views(source, target, heading)
    found = {}
    for role in theirs:
        if role in ours:
            a, b = (
                np.einsum("tij,ti->tj", frame, way)
                for frame, way in zip(frames, (theirs[role], ours[role]), strict=True)
            )
            found[role] = _angles(a, b)
    return found


def roll_errors(
    source: Performance, target: Performance, heading: FloatArray | None = None
) -> dict[str, FloatArray]:
    """How far palms and soles are rolled about the limb, with the error of the limb's direction taken out.

    Palms are told by the knuckles of index and little finger, soles by the ground of the rest pose.

    Args:
        source, target: T frames.
        heading: see `direction_errors`.

    Returns:
        role -> (T,) degrees.
    """
    frames = _views(source, target, heading)
    found = {}
    for side in SIDES:
        for role, normals in ((f"{side}_hand", _palm), (f"{side}_foot", _sole)):
            theirs, ours = normals(source, side), normals(target, side)
            if theirs is None or ours is None:
                continue
            (along_s, normal_s), (along_t, normal_t) = (
                tuple(np.einsum("tij,ti->tj", frame, vector) for vector in pair)
                for frame, pair in zip(frames, (theirs, ours), strict=True)
            )
            swing = rotation.between(along_t, along_s)
            found[role] = _angles(rotation.rotate(swing, normal_t), normal_s)
    return found


def _views(
    source: Performance, target: Performance, heading: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Two (T, 3, 3) frames from which the bodies are seen alike."""
    if heading is None:
        return character_frames(source), character_frames(target)
    shape = len(source), 3, 3
    turned = rotation.to_matrix(rotation.conjugate(heading))
    return np.broadcast_to(turned, shape), np.broadcast_to(np.eye(3), shape)


def _directions(performance: Performance, other: Performance) -> dict[str, FloatArray]:
    """Role -> (T, 3) unit vectors; `other` says which fingers both have."""
    joint = performance.joint
    ways: dict[str, FloatArray] = {}
    for side in SIDES:
        for part, end in _ENDS.items():
            start, stop = joint(f"{side}_{part}"), joint(f"{side}_{end}")
            if start is not None and stop is not None:
                ways[f"{side}_{part}"] = stop - start
        wrist, knuckles = joint(f"{side}_hand"), _shared_knuckles(performance, other, side)
        if wrist is not None and knuckles is not None:
            ways[f"{side}_hand"] = knuckles - wrist
        sole = _sole(performance, side)
        if sole is not None:
            ways[f"{side}_foot"] = sole[0]
        for finger in FINGERS:
            chain = _chain(performance, f"{side}_{finger}")
            for place, (first, second) in enumerate(itertools.pairwise(chain)):
                ways[f"{side}_{finger}_{place}"] = second - first
    neck, head = _chain(performance, "neck"), joint("head")
    if neck and head is not None:
        ways["neck"] = head - neck[0]
    ways |= _spine(performance)
    return {role: _unit(way) for role, way in ways.items()}


def _spine(performance: Performance) -> dict[str, FloatArray]:
    """The line from the middle of the hip joints to the neck's base, in parts of equal length at rest."""
    body = performance.body
    legs = [performance.joint(f"{side}_upper_leg") for side in SIDES]
    ends = [*body.mapping.chain("neck"), body.mapping.bone("head")]
    bones = [*body.trunk, *(bone for bone in ends[:1] if bone is not None)]
    if legs[0] is None or legs[1] is None or len(bones) < 2:
        return {}
    joints = [body.figure.indices[bone] for bone in bones]
    rest = np.array([body.middle, *body.figure.heads[joints]])
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(rest, axis=0), axis=1))])
    line = np.stack([0.5 * (legs[0] + legs[1]), *(performance.places[:, joint] for joint in joints)], axis=1)
    marks = np.linspace(0.0, lengths[-1], _SPINE_PARTS + 1)
    after = np.clip(np.searchsorted(lengths, marks), 1, len(lengths) - 1)
    spans = np.maximum(lengths[after] - lengths[after - 1], 1e-12)
    weight = ((marks - lengths[after - 1]) / spans)[:, None]
    points = line[:, after - 1] * (1.0 - weight) + line[:, after] * weight
    return {f"spine_{part}": points[:, part + 1] - points[:, part] for part in range(_SPINE_PARTS)}


def _chain(performance: Performance, role: str) -> list[FloatArray]:
    index = performance.body.figure.indices
    return [performance.places[:, index[bone]] for bone in performance.body.mapping.chain(role)]


def _shared_knuckles(performance: Performance, other: Performance, side: str) -> FloatArray | None:
    """(T, 3) the middle of the first joints of the fingers (not the thumb) that both bodies have.

    Where one body has a single finger, it stands for the whole hand, and all of the other's are taken.
    """
    ours, theirs = (
        [finger for finger in FINGERS[1:] if one.body.mapping.chain(f"{side}_{finger}")]
        for one in (performance, other)
    )
    shared = ours if 1 in (len(ours), len(theirs)) else [finger for finger in ours if finger in theirs]
    if not ours or not theirs or not shared:
        return None
    middle: FloatArray = np.mean([_chain(performance, f"{side}_{finger}")[0] for finger in shared], axis=0)
    return middle


def _palm(performance: Performance, side: str) -> tuple[FloatArray, FloatArray] | None:
    """(T, 3) along the hand and (T, 3) out of its back."""
    wrist = performance.joint(f"{side}_hand")
    index, little = (_chain(performance, f"{side}_{finger}") for finger in ("index", "little"))
    if wrist is None or not index or not little:
        return None
    normal = np.cross(index[0] - wrist, little[0] - wrist)
    return _unit(0.5 * (index[0] + little[0]) - wrist), _unit(normal if side == "left" else -normal)


def _sole(performance: Performance, side: str) -> tuple[FloatArray, FloatArray] | None:
    """(T, 3) along the sole and (T, 3) out of the top of the foot."""
    turn = performance.turn(f"{side}_foot")
    if turn is None or not performance.feet:
        return None
    foot = performance.feet[SIDES.index(side)]
    up = performance.body.axes[:, 1]
    return _unit(rotation.rotate(turn, foot.ball - foot.heel)), rotation.rotate(turn, up)


def _unit(vectors: FloatArray) -> FloatArray:
    unit: FloatArray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit


def _angles(a: FloatArray, b: FloatArray) -> FloatArray:
    """Degrees between unit vectors; atan2 keeps its precision where they are close, arccos does not."""
    angles: FloatArray = np.degrees(
        np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1))
    )
    return angles

"""How well a motion sits on an armature: the measures of docs/retargeting.md, section 9.

All compare two performances of the same T frames, the source's and the target's. Per-frame arrays come out,
so that the caller can pool them over clips; `measure` makes the usual summary. Lengths are told in
millimetres of a body of 1.7 m, angles in degrees.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from ..errors import RetargetError
from ..motion import rotation
from ..motion.rotation import FloatArray
from .contacts import STATURE, contacts, ground_below
from .performance import Performance
from .roles import FINGERS, SIDES
from .solution import Curve

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
_JERKED = (
    *(f"{side}_{part}" for side in SIDES for part in ("hand", "lower_arm", "foot", "lower_leg")),
    "head",
    "hips",
)
_SPINE_PARTS = 3
_FLIP_DEG_S = 720.0
_ROLE_ABOVE = {
    "upper_arm": "chest",
    "lower_arm": "upper_arm",
    "hand": "lower_arm",
    "upper_leg": "hips",
    "lower_leg": "upper_leg",
    "foot": "lower_leg",
}


def measure(
    source: Performance,
    target: Performance,
    curves: Iterable[Curve] = (),
    ground: float | None = None,
    heading: FloatArray | None = None,
) -> dict[str, object]:
    """Every measure in one summary of plain numbers, for reports and JSON.

    Args:
        source: the clip as it was solved (resampled, cut, mirrored).
        target: the armature with the keys.
        curves: the keys themselves, to look for jumps in them.
        ground: height of the target's ground in the world; the one its rest pose stands on when left out.
        heading: see `direction_errors`.

    Returns:
        measure -> number or {statistic: number}; None where a body has nothing to measure it on.

    Raises:
        RetargetError: the two have different numbers of frames.
    """
    if len(source) != len(target):
        raise RetargetError(
            f"{len(source)} frames of the clip cannot be compared with {len(target)} keyed ones"
        )
    errors = direction_errors(source, target, heading)
    touching = contacts(source.soles, source.fps, source.stature)
    slid = slide(source, touching), slide(target, touching)
    recall, precision = contact_recall(source, target)
    floor = target.body.ground if ground is None else ground
    return {
        "limb_direction_deg": _statistics(_pooled(errors, LIMBS)),
        "direction_deg": {role: _statistics(values) for role, values in errors.items()},
        "roll_deg": _statistics(_pooled(roll_errors(source, target, heading))),
        "slide_source_mm_s": _statistics(slid[0]),
        "slide_target_mm_s": _statistics(slid[1]),
        "slide_excess_mm_s": _excess(*slid),
        "penetration_mm": _statistics(penetration(target, floor)),
        "floating_mm": _statistics(floating(source, target, floor, touching)),
        "contact_recall": recall,
        "contact_precision": precision,
        "jerk_ratio": jerk_ratio(source, target),
        "jerk_ratios": jerk_ratios(source, target),
        "flips": flips(source, target) + channel_jumps(curves),
    }


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


def slide(performance: Performance, touching: np.ndarray) -> FloatArray:
    """Level speed of the points of the soles in contacts.

    Args:
        performance: T frames.
        touching: (T, 4) bool, contacts of the *source*.

    Returns:
        (N,) mm/s at 1.7 m, one for each pair of neighbouring frames in contact.
    """
    if not performance.feet:
        return np.zeros(0)
    both = touching[1:] & touching[:-1]
    steps = np.linalg.norm(np.diff(performance.soles[..., :2], axis=0), axis=-1)
    speed: FloatArray = steps[both] * performance.fps * _millimetres(performance)
    return speed


def penetration(performance: Performance, ground: float) -> FloatArray:
    """(T,) how deep the lowest point of the soles is below the ground, mm at 1.7 m; empty without legs."""
    if not performance.feet:
        return np.zeros(0)
    low = performance.soles[..., 2].min(axis=1) - ground
    depth: FloatArray = np.maximum(0.0, -low) * _millimetres(performance)
    return depth


def floating(source: Performance, target: Performance, ground: float, touching: np.ndarray) -> FloatArray:
    """How far points of the target's soles hang above where the source has them, in the source's contacts.

    Args:
        source, target: T frames.
        ground: of the target; the source's is told by its contacts.
        touching: (T, 4) bool, contacts of the source.

    Returns:
        (N,) mm at 1.7 m, one for each point and frame in contact.
    """
    if not source.feet or not target.feet:
        return np.zeros(0)
    height_s = (source.soles[..., 2] - ground_below(source.soles, touching)) * _millimetres(source)
    height_t = (target.soles[..., 2] - ground) * _millimetres(target)
    above: FloatArray = np.maximum(0.0, height_t - height_s)[touching]
    return above


def contact_recall(source: Performance, target: Performance) -> tuple[float | None, float | None]:
    """The share of the source's contacts that the target has, and of the target's that the source has.

    Contacts are detected on both, each with its own height; one frame of difference counts as none. None
    where there is no contact.
    """
    theirs = contacts(source.soles, source.fps, source.stature)
    ours = contacts(target.soles, target.fps, target.stature)
    if theirs.shape != ours.shape:
        return None, None
    shares = [
        float((one & _widened(other))[one].mean()) if one.any() else None
        for one, other in ((theirs, ours), (ours, theirs))
    ]
    return shares[0], shares[1]


def jerk_ratio(source: Performance, target: Performance) -> float | None:
    """`jerk_ratios` over all its joints together; None where nothing moves."""
    pairs = [(_jerk(source, role), _jerk(target, role)) for role in _JERKED]
    shared = [(theirs, ours) for theirs, ours in pairs if theirs is not None and ours is not None]
    if not shared:
        return None
    theirs, ours = (float(np.percentile(np.concatenate(side), 95)) for side in zip(*shared, strict=True))
    return ours / theirs if theirs > 1e-6 else None


def jerk_ratios(source: Performance, target: Performance) -> dict[str, float]:
    """Jerk (third difference of the place, 95th percentile) of the target over the source's, per stature.

    Returns:
        role -> ratio, for hands, elbows, feet, knees, head and hips; roles that stand still are left out.
    """
    found = {}
    for role in _JERKED:
        theirs, ours = _jerk(source, role), _jerk(target, role)
        if theirs is None or ours is None:
            continue
        before, after = float(np.percentile(theirs, 95)), float(np.percentile(ours, 95))
        if before > 1e-6:
            found[role] = after / before
    return found


def flips(source: Performance, target: Performance) -> int:
    """Frames in which a bone of the target turns faster than any body does and the source does not.

    Relative to the bone above: over 720 degrees a second and over 3 times the source's speed + 180.
    """
    total = 0
    for side in SIDES:
        for part, above in _ROLE_ABOVE.items():
            parent = above if above in ("chest", "hips") else f"{side}_{above}"
            theirs = _turning_deg_s(source, f"{side}_{part}", parent)
            ours = _turning_deg_s(target, f"{side}_{part}", parent)
            if theirs is not None and ours is not None:
                total += int(((ours > _FLIP_DEG_S) & (ours > 3.0 * theirs + 180.0)).sum())
    return total


def channel_jumps(curves: Iterable[Curve]) -> int:
    """Jumps in the keys that interpolation would show: quaternions that change sign, Euler steps above 90."""
    total = 0
    quats: dict[str, dict[int, FloatArray]] = {}
    for curve in curves:
        if curve.property == "rotation_euler":
            total += int((np.abs(np.diff(curve.values)) > np.pi / 2).sum())
        elif curve.property == "rotation_quaternion":
            quats.setdefault(curve.bone, {})[curve.index] = curve.values
    for channels in quats.values():
        if len(channels) == 4:
            values = np.stack([channels[index] for index in range(4)], axis=1)
            total += int((np.sum(values[1:] * values[:-1], axis=1) < 0).sum())
    return total


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


def _jerk(performance: Performance, role: str) -> FloatArray | None:
    """(T - 3,) jerk of a joint in statures a second cubed."""
    places = performance.joint(role)
    if places is None or len(places) < 4:
        return None
    jerk: FloatArray = np.linalg.norm(np.diff(places, n=3, axis=0), axis=1)
    return jerk * performance.fps**3 / performance.stature


def _turning_deg_s(performance: Performance, role: str, above: str) -> FloatArray | None:
    turn, parent = performance.turn(role), performance.turn(above)
    if turn is None or parent is None:
        return None
    local = rotation.multiply(rotation.conjugate(parent), turn)
    step = rotation.angle_between(local[:-1], local[1:])
    speed: FloatArray = np.degrees(np.minimum(step, 2 * np.pi - step)) * performance.fps
    return speed


def _millimetres(performance: Performance) -> float:
    """From the world's unit to millimetres of a body of 1.7 m."""
    return 1000.0 * STATURE / performance.stature


def _widened(flags: np.ndarray) -> np.ndarray:
    """One frame more at either side."""
    wide = flags.copy()
    wide[1:] |= flags[:-1]
    wide[:-1] |= flags[1:]
    return wide


def _unit(vectors: FloatArray) -> FloatArray:
    unit: FloatArray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit


def _angles(a: FloatArray, b: FloatArray) -> FloatArray:
    """Degrees between unit vectors; atan2 keeps its precision where they are close, arccos does not."""
    angles: FloatArray = np.degrees(
        np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1))
    )
    return angles


def _pooled(errors: dict[str, FloatArray], roles: Iterable[str] | None = None) -> FloatArray:
    wanted = errors if roles is None else [role for role in roles if role in errors]
    return np.concatenate([errors[role] for role in wanted]) if wanted else np.zeros(0)


def _statistics(values: FloatArray) -> dict[str, float] | None:
    """Median, mean, 95th percentile and greatest; a mean alone hides what is seen."""
    if len(values) == 0:
        return None
    return {
        "median": float(np.median(values)),
        "mean": float(np.mean(values)),
        "p95": float(np.percentile(values, 95)),
        "max": float(np.max(values)),
    }


def _excess(theirs: FloatArray, ours: FloatArray) -> dict[str, float] | None:
    before, after = _statistics(theirs), _statistics(ours)
    if before is None or after is None:
        return None
    return {name: after[name] - before[name] for name in after}

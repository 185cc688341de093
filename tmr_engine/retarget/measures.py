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
from .directions import LIMBS, direction_errors, roll_errors
from .performance import Performance
from .roles import ARM, LEG, SIDES
from .solution import Curve

__all__ = [
    "LIMBS",
    "channel_jumps",
    "contact_recall",
    "direction_errors",
    "flips",
    "floating",
    "jerk_ratio",
    "jerk_ratios",
    "leg_share",
    "measure",
    "penetration",
    "roll_errors",
    "slide",
]

_JERKED = (
    *(f"{side}_{part}" for side in SIDES for part in ("hand", "lower_arm", "foot", "lower_leg")),
    "head",
    "hips",
)
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
        "jerk_ratio_by_limb": jerk_ratio(source, target, by_limb=True),
        "jerk_ratios": jerk_ratios(source, target),
        "flips": flips(source, target) + channel_jumps(curves),
    }


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


def jerk_ratio(source: Performance, target: Performance, *, by_limb: bool = False) -> float | None:
    """`jerk_ratios` over all its joints together; None where nothing moves.

    Args:
        source, target: T frames.
        by_limb: per length of the leg or the arm instead of per stature. A body whose legs are twice as long
            for its height swings its feet twice as far, which is no fault of the motion.
    """
    sizes = [{role: _size(body, role) if by_limb else 1.0 for role in _JERKED} for body in (source, target)]
    pairs = [(role, _jerk(source, role), _jerk(target, role)) for role in _JERKED]
    shared = [
        (theirs / sizes[0][role], ours / sizes[1][role])
        for role, theirs, ours in pairs
        if theirs is not None and ours is not None
    ]
    if not shared:
        return None
    theirs, ours = (float(np.percentile(np.concatenate(side), 95)) for side in zip(*shared, strict=True))
    return ours / theirs if theirs > 1e-6 else None


def leg_share(performance: Performance) -> float:
    """Length of the leg from hip joint to ankle as a share of the stature; 0 without legs."""
    return _length(performance, [f"left_{part}" for part in LEG]) / performance.stature


def _size(performance: Performance, role: str) -> float:
    """Length of the limb that a role belongs to, as a share of the stature; 1 for the head."""
    side, _, part = role.partition("_")
    if part in ("hand", "lower_arm"):
        return _length(performance, [f"{side}_{name}" for name in ARM]) / performance.stature or 1.0
    return 1.0 if role == "head" else leg_share(performance) or 1.0


def _length(performance: Performance, roles: list[str]) -> float:
    """Length along the joints of a limb at rest; 0 where one is missing."""
    joints = [joint for role in roles if (joint := performance.body.joint(role)) is not None]
    if len(joints) < len(roles):
        return 0.0
    return float(sum(np.linalg.norm(b - a) for a, b in itertools.pairwise(joints)))


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


def _jerk(performance: Performance, role: str) -> FloatArray | None:
    """(T - 3,) jerk of a joint in statures a second cubed."""
    places = performance.joint(role)
    if places is None or len(places) < 4:
        return None
    jerk: FloatArray = np.linalg.norm(np.diff(places, n=3, axis=0), axis=1)
    return jerk * performance.fps**3 / performance.stature


def _turning_deg_s(performance: Performance, role: str, above: str) -> FloatArray | None:
    """(T - 1,) how fast a role's joint turns against the one it hangs on: the second half of a split limb."""
    body, turn, parent = performance.body, performance.turn(role), performance.turn(above)
    if turn is None or parent is None:
        return None
    bones = (body.figure.indices[str(body.mapping.bone(name))] for name in (above, role))
    path = body.figure.path(*bones)
    if len(path) > 2:
        parent = performance.turns[:, path[-2]]
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

"""Feet that stand where the source's feet stand: no sliding, no sinking in, and no pops on the way.

Contacts come from the source. While one lasts, the point of the sole that touches is held at one place of the
ground; between contacts the displacement that this takes is carried over smoothly. Whole clips at once; the
only loops run over contacts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .blending import bridged, lifted, ramped, smoothed, smoothstep
from .contacts import STATURE, runs
from .legs import Legs
from .stance import levelled

_UP = np.array([0.0, 0.0, 1.0])

# heel and ball take over from each other, and soles are laid flat, within this time
_HANDOVER_S = 0.15
# a sole that is steeper than this is not flat on the ground, whatever the contacts say
_FLAT_DEG = 15.0
# metres at a stature of 1.7 m: slower drifts of a foot than this are slips, farther ways are meant
_SLIP = 0.05
# and a foot that rises by more than this within a contact is about to leave the ground
_LIFT = 0.012
# the hips go down by no more than this (metres at 1.7 m); beyond, the foot lets go
_DEEPEST = 0.08
# a leg is pulled no straighter than this share of its bones, or than the source has it and a hundredth
_STRAIGHT, _STRAIGHTEST = 0.985, 0.998
# nor is it stretched more than so much, as long as the hips can go down instead
_STRETCHED = 1.03
# the hips go down, and feet up, around the moment that needs it
_AROUND_S, _SOFTLY_S = 0.1, 0.067
# the hips follow the height of the feet within this time; feet sunk in by _SUNK (metres) count as standing
_CARRIED_S, _SUNK = 0.2, 0.02


@dataclass(frozen=True, eq=False)
class Standing:
    """What is known about the ground and the source's feet.

    Args:
        touching: (T, 2, 2) bool, contacts of the source: left and right, heel and ball.
        soles: (T, 2, 2, 3) the source's points of the soles, turned and scaled like the target; only their
            way counts.
        ground: height of the ground below the contacts.
        stature: height of the armature's body.
        fps: frames per second.
    """

    touching: np.ndarray
    soles: FloatArray
    ground: float
    stature: float
    fps: float

    @property
    def scale(self) -> float:
        """The world's units for a metre of a body of 1.7 m."""
        return self.stature / STATURE


def lock_feet(legs: Legs, standing: Standing, strength: float) -> tuple[Legs, FloatArray]:
    """The legs with their feet held in contacts, and how the hips move for it.

    Args:
        legs: as solved.
        standing: contacts and ground.
        strength: 0 changes nothing, 1 holds the feet fully.

    Returns:
        the legs, and the (T, 3) shift of the hips that is in them.
    """
    whole = standing.touching[..., 0] & standing.touching[..., 1]
    flat = _flattened(levelled(legs, whole, standing.fps, strength), standing, strength)
    ankles = legs.ankles
    soles = flat.soles(ankles)
    offsets = np.stack([_offsets(soles[:, side], side, standing) for side in range(2)], axis=1) * strength
    offsets = offsets + _clear(soles + offsets[:, :, None], standing)[..., None] * strength * _UP
    goals = ankles + offsets
    shift = _carried(offsets, standing)
    shift = shift + _lowered(flat.moved(shift), goals, standing)
    return flat.reaching(goals, shift), shift


def _flattened(legs: Legs, standing: Standing, strength: float) -> Legs:
    """Soles laid flat where heel and ball both stand, toes where the ball does."""
    frames = len(standing.touching)
    whole, front = np.zeros((frames, 2)), np.zeros((frames, 2))
    for side in range(2):
        heel, ball = standing.touching[:, side].T
        both = heel & ball
        whole[:, side] = ramped(both, runs(both), standing.fps, _HANDOVER_S)
        front[:, side] = ramped(ball, runs(ball), standing.fps, _HANDOVER_S)
    foot = rotation.multiply(_levelling(legs.foot, whole * strength, _FLAT_DEG), legs.foot)
    toe = rotation.multiply(_levelling(legs.toe, front * strength, 90.0), legs.toe)
    return replace(legs, foot=foot, toe=toe)


def _levelling(turns: FloatArray, weights: FloatArray, steepest_deg: float) -> FloatArray:
    """(T, 2, 4) turns that make soles level, by weights (T, 2); steeper ones are left as they are."""
    normal = rotation.rotate(turns, _UP)
    steep = np.arccos(np.clip(normal[..., 2], -1.0, 1.0)) / np.radians(steepest_deg)
    weights = weights * (1.0 - smoothstep(2.0 * steep - 1.0))
    level = rotation.between(normal, np.broadcast_to(_UP, normal.shape))
    return rotation.slerp(rotation.identity(*weights.shape), level, weights)


def _offsets(soles: FloatArray, side: int, standing: Standing) -> FloatArray:
    """(T, 3) what displaces one foot so that it stands still; soles are (T, 2, 3), heel and ball."""
    heel, ball = standing.touching[:, side].T
    total, weight = np.zeros((len(soles), 3)), np.zeros(len(soles))
    on_ball = np.zeros((len(soles), 3))
    for start, end in runs(ball):
        window = slice(start, end)
        held = _held(soles[window, 1], standing.soles[window, side, 1], standing)
        on_ball[window] = held - soles[window, 1]
    for start, end in runs(heel):
        window = slice(start, end)
        shared = ball[window]
        # where the ball stands too, the heel comes down where it will lie once the ball is held
        where = soles[window, 0] + on_ball[window]
        held = _held(where, standing.soles[window, side, 0], standing, shared if shared.any() else None)
        _add(total, weight, held - soles[window, 0], ramped(heel, [(start, end)], standing.fps, _HANDOVER_S))
    ramps = ramped(ball, runs(ball), standing.fps, _HANDOVER_S)
    total += ramps[:, None] * on_ball
    weight += ramps
    either = heel | ball
    known = np.where(either[:, None], total / np.maximum(weight, 1e-9)[:, None], 0.0)
    return bridged(known, runs(either), standing.fps)


def _held(
    points: FloatArray, source: FloatArray, standing: Standing, sure: np.ndarray | None = None
) -> FloatArray:
    """(n, 3) where a point is held during one contact: its median place, on the ground.

    Slips of the source are not followed, but ways that are longer (a foot that is dragged or turned on, one
    that already lifts) are.

    Args:
        points: (n, 3) of the target as solved.
        source: (n, 3) of the source, in the target's size.
        standing: contacts and ground.
        sure: (n,) frames that tell the place; all when left out.
    """
    chosen = slice(None) if sure is None else sure
    middle = np.median(points[chosen], axis=0)
    away = (source - np.median(source[chosen], axis=0)) * [1.0, 1.0, 0.0]
    far = np.linalg.norm(away, axis=1, keepdims=True)
    kept = _beyond(far, _SLIP * standing.scale) / np.maximum(far, 1e-9)
    held: FloatArray = middle + away * kept
    rise = np.maximum(0.0, source[:, 2] - np.median(source[chosen, 2]))
    held[:, 2] = standing.ground + _beyond(rise, _LIFT * standing.scale)
    return held


def _beyond(distance: FloatArray, slip: float) -> FloatArray:
    """What is left of a distance without a slip: r - a tanh(r / a), which never grows faster than r."""
    left: FloatArray = distance - slip * np.tanh(distance / slip)
    return left


def _add(total: FloatArray, weight: FloatArray, offsets: FloatArray, ramp: FloatArray) -> None:
    """Adds the offsets of one contact where its ramp is above 0."""
    inside = np.flatnonzero(ramp > 0)
    total[inside] += ramp[inside, None] * offsets
    weight[inside] += ramp[inside]


def _clear(soles: FloatArray, standing: Standing) -> FloatArray:
    """(T, 2) how far each foot must be lifted so that no point of its sole is below the ground."""
    depth = np.maximum(0.0, standing.ground - soles[..., 2].min(axis=2))
    around = max(1, round(0.5 * _AROUND_S * standing.fps))
    return np.stack([lifted(depth[:, side], around) for side in range(2)], axis=1)


def _carried(offsets: FloatArray, standing: Standing) -> FloatArray:
    """(T, 3) how the hips rise or sink with the feet that stand or would sink in, so that knees need not.

    Smooth, the mean of the feet's own displacements (T, 2, 3) in height.
    """
    height = offsets[..., 2]
    pressed = smoothstep(height / (_SUNK * standing.scale))
    weights = np.maximum(_stances(standing), pressed)
    spread = _CARRIED_S * standing.fps
    total = smoothed((weights * height).sum(axis=1), spread)
    weight = smoothed(weights.sum(axis=1), spread)
    lift = total / np.maximum(weight, 1.0)
    rise: FloatArray = lift[:, None] * _UP
    return rise


def _stances(standing: Standing) -> FloatArray:
    """(T, 2) weights that rise and fall with the contacts of each foot."""
    either = np.logical_or(standing.touching[..., 0], standing.touching[..., 1])
    return np.stack(
        [ramped(foot, runs(foot), standing.fps, _HANDOVER_S) for foot in (either[:, 0], either[:, 1])], axis=1
    )


def _lowered(legs: Legs, goals: FloatArray, standing: Standing) -> FloatArray:
    """(T, 3) how the hips go down so that legs in contact reach their goals without being pulled straight."""
    before = np.linalg.norm(legs.ankles - legs.hips, axis=-1)
    longest = legs.length
    straight = np.maximum(_STRAIGHT * longest, np.minimum(1.01 * before, _STRAIGHTEST * longest))
    limit = np.minimum(straight, _STRETCHED * before)
    level = np.sum((goals - legs.hips)[..., :2] ** 2, axis=-1)
    highest = goals[..., 2] + np.sqrt(np.maximum(limit**2 - level, 0.0))
    stands = _stances(standing)
    need = (np.maximum(0.0, legs.hips[..., 2] - highest) * stands).max(axis=1)
    need = np.minimum(need, _DEEPEST * standing.scale)
    around = max(1, round(_AROUND_S * standing.fps))
    down = smoothed(lifted(need, around), _SOFTLY_S * standing.fps)
    shift: FloatArray = -down[:, None] * _UP
    return shift

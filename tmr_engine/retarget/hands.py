"""Hands that stay where they belong: on each other, at the head, at the hips, in the target's proportions.

Where a palm of the source is near one of these, the same place is found on the target, in the frame and the
size of the part that is touched, and the arm reaches for it. How much is told by how near the palm is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .blending import smoothed, smoothstep
from .body import Body
from .chains import Chains
from .contacts import STATURE
from .feet import stature
from .frames import rest_frames
from .performance import Performance
from .roles import ARM, FINGERS, SIDES
from .two_bone import reach

# metres at 1.7 m from palm to palm, to the head's joint, to the hip joint of the side: touching, out of reach
_NEAR = {"hand": (0.08, 0.20), "head": (0.16, 0.30), "hip": (0.16, 0.30)}
_SMOOTH_S = 0.1
_NEEDED = ("hips", "chest", "head", *(f"{side}_{part}" for side in SIDES for part in ARM))
# no arm is moved farther than this share of its length
_FARTHEST = 0.25
# from the wrist, where there are no fingers: the share of the forearm
_PALM = 0.3


@dataclass(frozen=True, eq=False)
class _Seen:
    """What hands are measured against, over T frames, and its size at rest.

    Args:
        palms: (T, 2, 3) left and right.
        places: part -> (T, 3) joint; the hips have one joint for each side ("left_hip").
        frames: part -> (T, 3, 3) anatomical frame.
        sizes: part -> (3,) extents along the frame: across, upward and forward.
    """

    palms: FloatArray
    places: dict[str, FloatArray]
    frames: dict[str, FloatArray]
    sizes: dict[str, FloatArray]


def reaching(
    source: Performance, chains: Chains, target: Body, object_turn: FloatArray, strength: float
) -> Chains:
    """The turns with the arms put where the source's hands are; as they are where a body lacks arms or head.

    Args:
        source: T frames of the clip.
        chains: the armature as solved.
        target: its body.
        object_turn: (4,) rotation of the armature object.
        strength: 0 changes nothing, 1 reaches the goals.
    """
    bones = [target.mapping.bone(role) for role in _NEEDED]
    if not (source.body.has(*_NEEDED) and source.body.has_legs and target.has_legs):
        return chains
    if any(bone not in chains.bones for bone in bones):
        return chains
    turns = rotation.multiply(object_turn, rotation.multiply(chains.turns, rotation.conjugate(object_turn)))
    theirs, ours = _seen_source(source), _seen_target(chains, target, turns)
    moves = strength * _displacements(theirs, ours, source, target)
    turned, back = chains.turns.copy(), rotation.conjugate(object_turn)
    hinges = rest_frames(target, set())
    for side, name in enumerate(SIDES):
        upper, lower = (str(target.mapping.bone(f"{name}_{part}")) for part in ARM[:2])
        first, second = chains.bones.index(upper), chains.bones.index(lower)
        shoulder, elbow, wrist = (target.needed(f"{name}_{part}") for part in ARM)
        arm = rotation.rotate(turns[first], elbow - shoulder)
        fore = rotation.rotate(turns[second], wrist - elbow)
        hinge = rotation.rotate(turns[first], hinges[lower][:, 0])
        added = reach(arm, fore, arm + fore + moves[:, side], hinge)
        for row, turn in zip((first, second), added, strict=True):
            world = rotation.multiply(turn, turns[row])
            turned[row] = rotation.multiply(back, rotation.multiply(world, object_turn))
    return Chains(chains.rig, chains.bones, turned, chains.carried_by)


def _displacements(theirs: _Seen, ours: _Seen, source: Performance, target: Body) -> FloatArray:
    """(T, 2, 3) where each palm must move; the nearer thing counts: the other hand, the head, the hip."""
    scale = source.stature / STATURE
    found = np.zeros_like(ours.palms)
    for side, name in enumerate(SIDES):
        for part in (f"{name}_hip", "head"):
            away = theirs.palms[:, side] - theirs.places[part]
            goal = ours.places[part] + _carried(away, part, theirs, ours)
            near = _nearness(away, part.rpartition("_")[2], scale, source.fps)
            found[:, side] += near * (goal - ours.palms[:, side] - found[:, side])
    apart = theirs.palms[:, 0] - theirs.palms[:, 1]
    middle = ours.places["chest"] + _carried(
        theirs.palms.mean(axis=1) - theirs.places["chest"], "chest", theirs, ours
    )
    half = 0.5 * _turned(apart, theirs.frames["chest"], ours.frames["chest"])
    half = half * stature(target) / source.stature
    near = _nearness(apart, "hand", scale, source.fps)
    for side, goal in enumerate((middle + half, middle - half)):
        found[:, side] += near * (goal - ours.palms[:, side] - found[:, side])
    return _limited(found, target)


def _limited(moves: FloatArray, target: Body) -> FloatArray:
    """Displacements (T, 2, 3) that no arm is torn by: longer ones are cut softly."""
    lengths = []
    for side in SIDES:
        joints = [target.needed(f"{side}_{part}") for part in ARM]
        lengths.append(sum(float(np.linalg.norm(b - a)) for a, b in itertools.pairwise(joints)))
    most = _FARTHEST * np.array(lengths)[:, None]
    size = np.maximum(np.linalg.norm(moves, axis=-1, keepdims=True), 1e-12)
    cut: FloatArray = moves * (most * np.tanh(size / most) / size)
    return cut


def _nearness(away: FloatArray, part: str, scale: float, fps: float) -> FloatArray:
    """(T, 1) how much a distance counts, 1 where the source touches."""
    touching, far = _NEAR[part]
    distance = np.linalg.norm(away, axis=1) / scale
    return smoothed(smoothstep((far - distance) / (far - touching)), _SMOOTH_S * fps)[:, None]


def _carried(away: FloatArray, part: str, theirs: _Seen, ours: _Seen) -> FloatArray:
    """(T, 3) a place beside a part of the source, beside the same part of the target in its size."""
    seen = np.einsum("tij,ti->tj", theirs.frames[part], away) * ours.sizes[part] / theirs.sizes[part]
    place: FloatArray = np.einsum("tij,tj->ti", ours.frames[part], seen)
    return place


def _turned(vectors: FloatArray, before: FloatArray, after: FloatArray) -> FloatArray:
    """(T, 3) vectors that stand in one sequence of frames as they stood in another."""
    turned: FloatArray = np.einsum("tij,tj->ti", after, np.einsum("tij,ti->tj", before, vectors))
    return turned


def _seen_source(source: Performance) -> _Seen:
    body = source.body
    index = body.figure.indices

    def place(bone: str) -> FloatArray:
        return source.places[:, index[bone]]

    def turn(bone: str) -> FloatArray:
        return source.turns[:, index[bone]]

    return _seen(body, place, turn)


def _seen_target(chains: Chains, target: Body, turns: FloatArray) -> _Seen:
    hips = chains.rig.indices[str(target.mapping.bone("hips"))]
    axes = chains.rig.matrix_world[:3, :3]

    def place(bone: str) -> FloatArray:
        return chains.from_mover(bone, hips) @ axes.T

    def turn(bone: str) -> FloatArray:
        found: FloatArray = turns[chains.bones.index(bone)]
        return found

    return _seen(target, place, turn)


def _seen(body: Body, place: Callable[[str], FloatArray], turn: Callable[[str], FloatArray]) -> _Seen:
    """A body's hands and what they may touch, wherever its places and turns come from."""
    bones = {part: str(body.mapping.bone(part)) for part in ("hips", "chest", "head")}
    rest = rest_frames(body, set())
    frames: dict[str, FloatArray] = {
        part: rotation.to_matrix(turn(bone)) @ rest[bone] for part, bone in bones.items()
    }
    places = {part: place(bone) for part, bone in bones.items()}
    palms = []
    for side in SIDES:
        hand = str(body.mapping.bone(f"{side}_hand"))
        palms.append(place(hand) + rotation.rotate(turn(hand), _palm(body, side)))
        places[f"{side}_hip"] = place(str(body.mapping.bone(f"{side}_upper_leg")))
        frames[f"{side}_hip"] = frames["hips"]
    return _Seen(np.stack(palms, axis=1), places, frames, _sizes(body))


def _sizes(body: Body) -> dict[str, FloatArray]:
    """Extents of the parts at rest, by which places beside them are scaled."""
    shoulders = [body.needed(f"{side}_upper_arm") for side in SIDES]
    hips = [body.needed(f"{side}_upper_leg") for side in SIDES]
    neck = float(np.linalg.norm(body.needed("head") - 0.5 * (shoulders[0] + shoulders[1])))
    trunk = float(np.linalg.norm(0.5 * (shoulders[0] + shoulders[1]) - body.middle))
    width, pelvis = (float(np.linalg.norm(a - b)) for a, b in (shoulders, hips))
    arm = float(np.linalg.norm(body.needed("left_lower_arm") - shoulders[0]))
    hip = np.array([pelvis, trunk, pelvis])
    return {
        "head": np.full(3, neck),
        "chest": np.array([width, trunk, arm]),
        "left_hip": hip,
        "right_hip": hip,
    }


def _palm(body: Body, side: str) -> FloatArray:
    """(3,) from the wrist to the middle of the palm at rest."""
    wrist = body.needed(f"{side}_hand")
    chains = [body.mapping.chain(f"{side}_{finger}") for finger in FINGERS[1:]]
    knuckles = [body.figure.heads[body.figure.indices[chain[0]]] for chain in chains if chain]
    if not knuckles:
        return _PALM * (wrist - body.needed(f"{side}_lower_arm"))
    middle: FloatArray = 0.5 * (np.mean(knuckles, axis=0) - wrist)
    return middle

"""Rest to rest, identity and round trip: rigs as sources of motion for rigs."""

from __future__ import annotations

import numpy as np

from benchmarks.retargeting import cells
from benchmarks.retargeting.rigs import Character
from tmr_engine.motion import Motion, Skeleton, rotation
from tmr_engine.motion.rotation import FloatArray
from tmr_engine.retarget import Mapping
from tmr_engine.retarget.chains import rotation_of
from tmr_engine.retarget.figure import Z_UP
from tmr_engine.retarget.measures import LIMBS, direction_errors, roll_errors
from tmr_engine.retarget.moving import mover_of
from tmr_engine.retarget.performance import Performance, source_performance
from tmr_engine.retarget.placing import target_body, turn_to
from tmr_engine.retarget.rig import transform
from tmr_engine.retarget.roles import SIDES


def source_of(character: Character, pose: FloatArray, fps: float) -> cells.Source:
    """A posed rig as a clip of its own, as an exporter writes it: what hangs on the bone that moves the body.

    A foot without toes gets a joint at its end, as in BVH, which says where it points. The ground is at 0.

    Args:
        character: a rig without constraints.
        pose: (T, B, 4, 4) armature space.
        fps: frames per second.
    """
    rig = character.rig
    top = rig.indices[str(mover_of(rig, character.shown))]
    kept = [top]
    for bone in range(top + 1, len(rig)):
        if int(rig.parents[bone]) in kept:
            kept.append(bone)
    place = {bone: row for row, bone in enumerate(kept)}
    parents = np.array([-1, *(place[int(rig.parents[bone])] for bone in kept[1:])])
    turns, places = _y_up(character, pose[:, kept])
    rest_turns, rest_places = _y_up(character, rig.calibration[None, kept])
    offsets = rest_places[0].copy()
    offsets[1:] = rotation.rotate(
        rotation.conjugate(rest_turns[0, parents[1:]]), rest_places[0, 1:] - rest_places[0, parents[1:]]
    )
    names = tuple(rig.names[bone] for bone in kept)
    feet = {character.shown.bone(f"{side}_foot") for side in SIDES}
    ends = [row for row in range(len(kept)) if row not in parents and names[row] in feet]
    tails = rig.tails[kept] - rig.rest_matrices[kept, :3, 3]
    lengths = np.linalg.norm(tails, axis=1) * np.cbrt(abs(np.linalg.det(rig.matrix_world[:3, :3])))
    skeleton = Skeleton(
        (*names, *(f"{names[row]}_end" for row in ends)),
        np.concatenate([parents, np.array(ends, dtype=np.int64)]),
        np.concatenate([offsets, lengths[ends, None] * [[0.0, 1.0, 0.0]]]),
        _with_ends(_local(rest_turns, parents), len(ends))[0],
    )
    motion = Motion(skeleton, places[:, 0], _with_ends(_local(turns, parents), len(ends)), fps)
    roles = {role: bones for role, bones in character.shown.roles.items() if role != "root"}
    held = {
        role: bones
        for role, bones in roles.items()
        if all(bone in names for bone in ((bones,) if isinstance(bones, str) else bones))
    }
    mapping = Mapping(held, "expected", 1.0)
    return cells.Source(character.name, motion, mapping, source_performance(motion, mapping))


def rest_of(character: Character) -> cells.Source:
    """The rest pose of a rig as a clip of one frame."""
    return source_of(character, character.rig.calibration[None], 30.0)


def rest_to_rest(source: cells.Source, character: Character, rig_map: Mapping) -> dict[str, float | None]:
    """How far a rig is from standing like the source's rest pose: limbs and rolls, degrees, the worst."""
    solution = cells.solved(source, rig_map, character, cells.PLAIN)
    target = cells.performed(character, cells.poses(character, solution), source.motion.fps)
    heading = turn_to(source.performance.body, target.body, source.motion, None)
    errors = direction_errors(source.performance, target, heading)
    rolls = roll_errors(source.performance, target, heading)
    return {
        "limbs.max": max((float(errors[role].max()) for role in errors if role in LIMBS), default=None),
        "roll.max": max((float(values.max()) for values in rolls.values()), default=None),
    }


def identity(source: cells.Source, character: Character, rig_map: Mapping) -> dict[str, float]:
    """A rig's own motion on itself: the greatest difference of any bone that has a role.

    Args:
        source: solved for this rig first, with the foot lock, so that the rig can do it on its floor.
        character: a rig without constraints.
        rig_map: its map.
    """
    first = cells.poses(character, cells.solved(source, rig_map, character, cells.FULL))
    own = source_of(character, first, source.motion.fps)
    again = cells.poses(character, cells.solved(own, rig_map, character, cells.PLAIN))
    bones = [character.rig.indices[bone] for bone in character.shown.bones()]
    turns, places = zip(*(_y_up(character, pose[:, bones]) for pose in (first, again)), strict=True)
    scale = 1.7 / own.performance.stature
    return {
        "turn_deg": float(np.degrees(rotation.angle_between(*turns)).max()),
        "place_mm": float(np.linalg.norm(places[1] - places[0], axis=-1).max()) * 1000.0 * scale,
    }


def round_trip(
    source: cells.Source, home: Character, home_map: Mapping, character: Character, rig_map: Mapping
) -> dict[str, float]:
    """A motion from the home rig to another and back: how far limbs point away from before, and the way.

    Args:
        source: the clip that the home rig does first.
        home, character: rigs without constraints.
        home_map, rig_map: their maps.
    """
    fps = source.motion.fps
    before = source_of(home, cells.poses(home, cells.solved(source, home_map, home, cells.PLAIN)), fps)
    there = cells.poses(character, cells.solved(before, rig_map, character, cells.PLAIN))
    away = source_of(character, there, fps)
    back = cells.performed(home, cells.poses(home, cells.solved(away, home_map, home, cells.PLAIN)), fps)
    errors = direction_errors(before.performance, back, rotation.identity())
    limbs = np.concatenate([values for role, values in errors.items() if role in LIMBS])
    path = [_hips(performance) for performance in (before.performance, back)]
    length = float(np.linalg.norm(np.diff(path[0], axis=0), axis=1).sum())
    gone = [places - places[0] for places in path]
    return {
        "limbs.median": float(np.median(limbs)),
        "limbs.p95": float(np.percentile(limbs, 95)),
        "limbs.max": float(limbs.max()),
        "path_share": float(np.linalg.norm(gone[1] - gone[0], axis=1).max()) / max(length, 1e-9),
    }


def _hips(performance: Performance) -> FloatArray:
    """(T, 3) where the hips are."""
    body = performance.body
    return performance.places[:, body.figure.indices[str(body.mapping.bone("hips"))]]


def _y_up(character: Character, pose: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(T, K, 4) rotations and (T, K, 3) places of posed bones in the world, Y up."""
    world = character.rig.matrix_world
    object_turn = rotation.multiply(rotation.from_matrix(Z_UP.T), rotation_of(world[:3, :3]))
    turns = rotation.multiply(object_turn, rotation.from_matrix(pose[..., :3, :3]))
    ground = np.array([*world[:2, 3], target_body(character.rig, character.shown).ground])
    return turns, (transform(world, pose[..., :3, 3]) - ground) @ Z_UP


def _with_ends(local: FloatArray, count: int) -> FloatArray:
    """(T, K + count, 4) with joints that do not turn."""
    return np.concatenate([local, rotation.identity(len(local), count)], axis=1)


def _local(turns: FloatArray, parents: np.ndarray) -> FloatArray:
    local = turns.copy()
    local[:, 1:] = rotation.multiply(rotation.conjugate(turns[:, parents[1:]]), turns[:, 1:])
    return local

"""One rig and one motion: what every method makes of it, measured on the pose that the keys give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.retargeting import baselines, oracle, stage
from benchmarks.retargeting.rigs import Character
from tmr_engine.motion import Motion, rotation
from tmr_engine.motion.rotation import FloatArray
from tmr_engine.retarget import Mapping, Solution, SolveOptions, map_rig, map_skeleton, solve
from tmr_engine.retarget.measures import LIMBS, direction_errors, leg_share, measure
from tmr_engine.retarget.performance import Performance, source_performance, target_performance
from tmr_engine.retarget.placing import turn_to

PLAIN = "plain"
FULL = "foot lock"
GOALS = "foot lock and hand goals"
LOCAL = "local copy"
DELTA = "world delta"
BAKE = "constraints + nla.bake"
COMPARED_FRAMES = 4
# measures -> statistics that a cell keeps
KEPT = {
    "limb_direction_deg": ("median", "p95"),
    "roll_deg": ("median", "p95"),
    "slide_source_mm_s": ("mean",),
    "slide_target_mm_s": ("mean", "p95"),
    "slide_excess_mm_s": ("mean",),
    "penetration_mm": ("p95", "max"),
    "floating_mm": ("p95",),
}
_PLAIN_NUMBERS = ("contact_recall", "contact_precision", "jerk_ratio", "jerk_ratio_by_limb", "flips")
# parts of the body whose worst role is kept beside the limbs -> what their roles have in common
GROUPS = {"clavicles": "clavicle", "spine": "spine_", "neck": "neck", "index fingers": "index_"}
# weaker locks, to find the best strength
WEAKER = {f"foot lock {strength:g}": strength for strength in (0.25, 0.5, 0.75)}
_STRENGTHS = {PLAIN: 0.0, **WEAKER, FULL: 1.0, GOALS: 1.0}


@dataclass(frozen=True, eq=False)
class Source:
    """A motion, who plays which role in it, and the body that does it."""

    name: str
    motion: Motion
    mapping: Mapping
    performance: Performance

    @classmethod
    def of(cls, name: str, motion: Motion) -> Source:
        """The source of a motion that already has the benchmark's frame rate."""
        mapping = map_skeleton(motion.skeleton)
        return cls(name, motion, mapping, source_performance(motion, mapping))


def solved(source: Source, rig_map: Mapping, character: Character, method: str) -> Solution:
    """The keys by one of the methods that need no Blender."""
    arguments = (source.motion, source.mapping, character.rig, rig_map)
    if method == LOCAL:
        return baselines.local_copy(*arguments)
    if method == DELTA:
        return baselines.world_delta(*arguments)
    options = SolveOptions(foot_lock=_STRENGTHS[method], hand_goals=float(method == GOALS))
    return solve(*arguments, options)


def poses(character: Character, solution: Solution) -> FloatArray:
    """(T, B, 4, 4) by the oracle, or by Blender where constraints and drivers act."""
    if character.is_plain:
        return oracle.pose(character, solution.curves(), solution.frames)
    with stage.keyed(character, solution):
        return stage.shown(character, range(solution.frames), character.rig.names)


def performed(character: Character, pose: FloatArray, fps: float) -> Performance:
    """A posed rig as the body that is seen, whatever bones were keyed."""
    return target_performance(character.rig, character.shown, pose, fps)


def measured(
    source: Source, character: Character, pose: FloatArray, solution: Solution | None
) -> dict[str, Any]:
    """The measures of `tmr_engine.retarget.measures`, flat and rounded."""
    target = performed(character, pose, source.motion.fps)
    heading = turn_to(source.performance.body, target.body, source.motion, None)
    curves = solution.curves() if solution else ()
    found = _flat(measure(source.performance, target, curves, heading=heading))
    seen = direction_errors(source.performance, target)
    limbs = np.concatenate([values for role, values in seen.items() if role in LIMBS] or [np.full(1, np.nan)])
    found["limbs from the hips.p95"] = float(np.percentile(limbs, 95))
    found["legs_over_source"] = leg_share(target) / max(leg_share(source.performance), 1e-9)
    return found


def off_blender(character: Character, solution: Solution) -> dict[str, float]:
    """How far the oracle's pose is from the one that Blender shows, over a sample of frames and all bones.

    Half a frame later Blender interpolates the keys, and its pose must lie between the oracle's two: a sign
    or a whole turn that is wrong shows only there.
    """
    frames = np.unique(np.linspace(0, max(0, solution.frames - 2), COMPARED_FRAMES).round().astype(int))
    told = oracle.pose(character, solution.curves(), solution.frames)
    with stage.keyed(character, solution):
        seen = stage.shown(character, frames, character.rig.names)
        between = stage.shown(character, frames, character.rig.names, after=0.5)
    scale = float(np.cbrt(abs(np.linalg.det(character.rig.matrix_world[:3, :3]))))
    error = np.abs(told[frames] - seen)
    later = np.minimum(frames + 1, solution.frames - 1)
    first, second, middle = (_local(character, pose) for pose in (told[frames], told[later], between))
    turned = rotation.angle_between(rotation.slerp(first, second, 0.5), middle)
    return {
        "place_m": float(error[..., :3, 3].max()) * scale,
        "axes": float(error[..., :3, :3].max()),
        "between_deg": float(np.degrees(turned.max())),
    }


def _local(character: Character, pose: FloatArray) -> FloatArray:
    """(F, B, 4) rotations relative to the parent's."""
    turns = rotation.from_matrix(pose[..., :3, :3])
    parents = character.rig.parents
    above = np.where((parents >= 0)[:, None], turns[:, parents], rotation.identity(1))
    return rotation.multiply(rotation.conjugate(above), turns)


def baked(source: Source, character: Character, rig_map: Mapping) -> dict[str, Any]:
    """The measures of constraints + `nla.bake`."""
    with stage.put_back(character):
        imported = baselines.bake(character, source.motion, source.mapping, rig_map)
        pose = stage.shown(character, range(len(source.motion)), character.rig.names)
        baselines.remove(imported)
    return measured(source, character, pose, None)


def understood(character: Character) -> Mapping:
    """The map that the product makes of a rig, without help."""
    return map_rig(character.rig)


def _flat(found: dict[str, Any]) -> dict[str, Any]:
    """What a cell of the matrix keeps: "name.statistic" -> number, 4 digits."""
    directions = found["direction_deg"]
    flat = {
        f"{name}.{statistic}": (found[name] or {}).get(statistic)
        for name, statistics in KEPT.items()
        for statistic in statistics
    }
    flat |= {name: found[name] for name in _PLAIN_NUMBERS}
    jerks = found["jerk_ratios"]
    flat |= {"jerk.least": min(jerks.values(), default=None), "jerk.most": max(jerks.values(), default=None)}
    for group, starts in GROUPS.items():
        seen = [stats["p95"] for role, stats in directions.items() if stats and starts in role]
        flat[f"{group}.p95"] = max(seen, default=None)
    return {
        name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in flat.items()
    }

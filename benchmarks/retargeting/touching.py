"""What hand goals are for: palms that touch something on the source, on bodies of other proportions."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.retargeting import cells
from benchmarks.retargeting.clips import Clip, load
from benchmarks.retargeting.rigs import Character
from tmr_engine.motion import rotation
from tmr_engine.motion.rotation import FloatArray
from tmr_engine.retarget import Mapping
from tmr_engine.retarget.performance import Performance
from tmr_engine.retarget.roles import FINGERS, SIDES

CLIPS = (
    Clip("hand on the hip", "library:0ad", "citizen/idle_relax_f_long", end_s=8.0),
    Clip("scratches the head", "library:0ad", "citizen/idle_relax_m_l", end_s=8.0),
    Clip("coughs into the hands", "library:0ad", "citizen/idle_relax_m_j", end_s=8.0),
    Clip("washes", "data/clips/cmu_02_10.npz", start_s=8.0, end_s=21.5),
    Clip("salsa", "motions/samples/salsa_61_10_daz_wrong_frametime.bvh", end_s=10.0),
)
# bodies of other arms, trunks and heads than the clips'
RIGS = (
    "kaykit_mannequin_medium.glb",
    "kenney_character_medium.glb",
    "m2m_human_male.glb",
    "mpfb_mixamo.blend",
    "rigify_basic_human_metarig.blend",
    "rocketbox_male_adult_04.fbx",
    "var_base_tpose.blend",
    "xsens_like_made.bvh",
)
# metres at 1.7 m from palm to palm, to the head's joint, to the hip joint of its side; and metres a second
_NEAR = {"hand": 0.12, "head": 0.22, "hip": 0.22}
_STILL = 0.3
_FEWEST = 5
_STATURE = 1.7
_PALM = 0.3  # of the forearm, beyond the wrist of a hand without fingers
KIND = "touch"


def sources() -> list[cells.Source]:
    """The clips in which hands touch something."""
    return [cells.Source.of(clip.name, load(clip)) for clip in CLIPS]


def measured(source: cells.Source, character: Character, rig_map: Mapping) -> list[dict[str, Any]]:
    """For each part that is touched: frames, and how far palms are from it, in mm at 1.7 m.

    Args:
        source: one of the clips.
        character: a rig.
        rig_map: its map.
    """
    theirs = _distances(source.performance)
    ours = {}
    for method in (cells.FULL, cells.GOALS):
        pose = cells.poses(character, cells.solved(source, rig_map, character, method))
        ours[method] = _distances(cells.performed(character, pose, source.motion.fps))
    found = []
    for part, distance in theirs.items():
        speed = np.abs(np.gradient(distance, axis=0)) * source.motion.fps
        touching = (distance < _NEAR[part]) & (speed < _STILL)
        if touching.sum() < _FEWEST:
            continue
        row: dict[str, Any] = {"part": part, "frames": int(touching.sum())}
        row["source_mm"] = 1000.0 * float(distance[touching].mean())
        for label, method in (("off", cells.FULL), ("on", cells.GOALS)):
            row[f"{label}_mm"] = 1000.0 * float(ours[method][part][touching].mean())
            row[f"{label}_error_mm"] = 1000.0 * float(np.abs(ours[method][part] - distance)[touching].mean())
        found.append(row)
    return found


def section(rows: list[dict[str, Any]]) -> list[str]:
    """The part of the report: what goals do to each part on each rig, all clips together."""
    found = [row for row in rows if KIND in row]
    if not found:
        return []
    lines = [
        "## Hands that touch",
        "",
        "How far the distance from palm to palm, to the head's joint and to the hip joint is from the "
        "source's while the source touches (near and still): mean in mm of a body of 1.7 m, without hand "
        "goals -> with them. Clips: "
        f"{', '.join(clip.name for clip in CLIPS)}.",
        "",
        "| rig | palm to palm | palm to head | palm to hip |",
        "|---|---|---|---|",
    ]
    for rig in (*dict.fromkeys(row["rig"] for row in found), "all"):
        shown = [_errors([row for row in found if rig in (row["rig"], "all")], part) for part in _NEAR]
        lines.append(f"| {rig} | {' | '.join(shown)} |")
    return [*lines, ""]


def _errors(rows: list[dict[str, Any]], part: str) -> str:
    """Mean over clips, off -> on."""
    found = [row for row in rows if row["part"] == part]
    if not found:
        return "-"
    means = [np.mean([row[f"{label}_error_mm"] for row in found]) for label in ("off", "on")]
    return f"{means[0]:.0f} -> {means[1]:.0f}"


def _distances(performance: Performance) -> dict[str, FloatArray]:
    """Part -> (T, palms) metres of a body of 1.7 m."""
    palms = [_palm(performance, side) for side in SIDES]
    scale = _STATURE / performance.stature
    pairs = {
        "hand": [(palms[0], palms[1])],
        "head": [(palm, performance.joint("head")) for palm in palms],
        "hip": [
            (palm, performance.joint(f"{side}_upper_leg")) for palm, side in zip(palms, SIDES, strict=True)
        ],
    }
    return {
        part: scale * np.stack([np.linalg.norm(one - other, axis=1) for one, other in listed], axis=1)
        for part, listed in pairs.items()
    }


def _palm(performance: Performance, side: str) -> FloatArray:
    """(T, 3) half-way from the wrist to the knuckles, or a share of the forearm beyond it."""
    body = performance.body
    wrist = body.needed(f"{side}_hand")
    chains = [body.mapping.chain(f"{side}_{finger}") for finger in FINGERS[1:]]
    knuckles = [body.figure.heads[body.figure.indices[chain[0]]] for chain in chains if chain]
    way = _PALM * (wrist - body.needed(f"{side}_lower_arm"))
    if knuckles:
        way = 0.5 * (np.mean(knuckles, axis=0) - wrist)
    return performance.joint(f"{side}_hand") + rotation.rotate(performance.turn(f"{side}_hand"), way)

"""Seconds and memory: 300 frames of a real walk onto 60 bones, beside constraints + `nla.bake`."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import bpy

from benchmarks import measure
from benchmarks.insert import add_rig
from benchmarks.retargeting import baselines, cells, clips, rigs, rounds, stage
from tmr_engine.retarget import Solution, map_rig

FRAMES = 300
REPEATS = 7
WALK = clips.Clip("uneven ground", "data/clips/cmu_03_03.npz", end_s=(FRAMES - 1) / clips.FPS)
SOLVE = "300 frames, 60 bones: solve and keys, foot lock off"
FULL = "300 frames, 60 bones: solve and keys, foot lock on"
GOALS = "300 frames, 60 bones: solve and keys, foot lock and hand goals on"
BAKE = "300 frames, 60 bones: constraints + nla.bake"


def measured() -> list[measure.Figure]:
    """Times in turns, and the peak of what Python and NumPy allocate meanwhile."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = int(clips.FPS), 1.0
    armature = add_rig(import_module(f"{rigs.ADDON}.armature.mannequin"), "Target")
    rig = import_module(f"{rigs.ADDON}.armature.read").read_rig(
        armature, bpy.context.evaluated_depsgraph_get()
    )
    rig_map = map_rig(rig)
    character = rigs.Character("60 bones", armature, rig, rig_map, rigs.channels(armature))
    # the walk as this rig does it, so that every bone with a role has something to follow, fingers too
    walk = cells.Source.of(WALK.name, clips.load(WALK))
    posed = cells.poses(character, cells.solved(walk, rig_map, character, cells.PLAIN))
    source = rounds.source_of(character, posed, clips.FPS)
    write = import_module(f"{rigs.ADDON}.armature.write")
    joints = baselines.pairs(source.mapping, rig_map)
    hips = rig_map.bone("hips")
    imported = baselines.import_bvh(source.motion)
    taken: dict[str, list[float]] = {SOLVE: [], FULL: [], GOALS: [], BAKE: []}
    solving: dict[str, list[float]] = {SOLVE: [], FULL: [], GOALS: []}

    def solve(method: str) -> Solution:
        # a copy knows nothing of what was worked out of the motion in the run before
        fresh = replace(source, motion=replace(source.motion))
        return cells.solved(fresh, rig_map, character, method)

    def ours(method: str) -> Callable[[], None]:
        def run() -> None:
            found: list[Solution] = []
            solving[label].append(measure.seconds(lambda: found.append(solve(method))))
            write.write_solution(armature, found[0], write.WriteOptions(stage.FIRST))

        label = {cells.PLAIN: SOLVE, cells.FULL: FULL, cells.GOALS: GOALS}[method]
        return run

    actions = {
        SOLVE: ours(cells.PLAIN),
        FULL: ours(cells.FULL),
        GOALS: ours(cells.GOALS),
        BAKE: lambda: baselines.constrain_and_bake(character, imported, joints, hips, FRAMES),
    }
    for _ in range(REPEATS):
        for label, action in actions.items():
            with stage.put_back(character):
                taken[label].append(measure.seconds(action))
    figures = [
        measure.Figure.of(
            SOLVE, "s", taken[SOLVE], baseline=BAKE, aim="< 0.1 s, 5 times faster than the bake"
        ),
        measure.Figure.of("  of it solving", "s", solving[SOLVE]),
        measure.Figure.of(FULL, "s", taken[FULL], baseline=BAKE, aim="< 0.3 s"),
        measure.Figure.of("  of it solving, with foot lock", "s", solving[FULL]),
        measure.Figure.of(GOALS, "s", taken[GOALS], baseline=BAKE, aim="< 0.3 s"),
        measure.Figure.of("  of it solving, with foot lock and hand goals", "s", solving[GOALS]),
        measure.Figure.of(BAKE, "s", taken[BAKE]),
        measure.Figure.of(
            "peak of allocations while solving, with foot lock and hand goals", "MB", _peaks(solve)
        ),
    ]
    keys = (
        4.0
        * FRAMES
        * sum(len(bone.rotation[0]) for bone in solve(cells.FULL).bones if bone.rotation is not None)
    )
    return [*figures, measure.Figure.of("  rotation keys as float32, for comparison", "MB", [keys / 1e6])]


def _peaks(solve: Callable[[str], Solution]) -> list[float]:
    found = []
    for _ in range(3):
        tracemalloc.start()
        solve(cells.GOALS)
        found.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    return found

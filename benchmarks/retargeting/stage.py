"""Keys on a character, and the pose that Blender then shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

import bpy
import numpy as np

from benchmarks.retargeting.rigs import ADDON, Character
from tmr_engine.motion.rotation import FloatArray
from tmr_engine.retarget import Solution

FIRST = 1


@contextmanager
def keyed(character: Character, solution: Solution) -> Iterator[None]:
    """The solution's keys as the active action, from frame 1 on; the character is put back afterwards."""
    write = import_module(f"{ADDON}.armature.write")
    with put_back(character):
        write.write_solution(character.armature, solution, write.WriteOptions(FIRST))
        yield
    for switch in solution.switches:
        owner = character.armature.pose.bones[switch.bone]
        if switch.path.startswith('["'):
            owner[switch.path[2:-2]] = type(owner[switch.path[2:-2]])(switch.found)
        else:
            holder, _, label = switch.path.rpartition(".")
            setattr(owner.path_resolve(holder), label, switch.found)


@contextmanager
def put_back(character: Character) -> Iterator[None]:
    """Afterwards the action is the one of before, new actions are gone and the channels as found."""
    armature = character.armature
    before = set(bpy.data.actions)
    animation = armature.animation_data_create()
    action = animation.action
    try:
        yield
    finally:
        animation.action = action
        for made in set(bpy.data.actions) - before:
            bpy.data.actions.remove(made)
        for bone in armature.pose.bones:
            bone.scale = (1.0, 1.0, 1.0)
        for name, channels in character.standing.items():
            for channel, values in channels.items():
                setattr(armature.pose.bones[name], channel, values)


def shown(
    character: Character, frames: Iterable[int], names: Sequence[str], after: float = 0.0
) -> FloatArray:
    """(F, len(names), 4, 4) evaluated pose matrices in armature space.

    Args:
        character: with the keys.
        frames: 0 is the first of the clip.
        names: of bones.
        after: share of a frame later.
    """
    rows = []
    for frame in frames:
        bpy.context.scene.frame_set(FIRST + int(frame), subframe=after)
        evaluated = character.armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        rows.append([[list(row) for row in evaluated.pose.bones[name].matrix] for name in names])
    return np.array(rows)

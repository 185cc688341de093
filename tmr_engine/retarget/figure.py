"""A body as mapping sees it: named joints at rest in a world where Z is up, whoever they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..motion import Skeleton
from ..motion.rotation import FloatArray
from .rig import Rig

# Y up to Z up: +Z (where a source faces by convention) becomes -Y (where Blender characters face)
Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, eq=False)
class Figure:
    """J joints at rest.

    Args:
        names: one per joint.
        parents: (J,) index of the parent, -1 where there is none; parents stand before their children.
        heads: (J, 3) joints in the world, Z up.
        tails: (J, 3) other ends of the bones; equal to the head where there is no such thing.
        bare: (J,) bool, joints that may take a role (a bone that a constraint holds may not).
    """

    names: tuple[str, ...]
    parents: np.ndarray
    heads: FloatArray
    tails: FloatArray
    bare: np.ndarray

    @cached_property
    def indices(self) -> dict[str, int]:
        """Name -> index."""
        return {name: joint for joint, name in enumerate(self.names)}

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The children of each joint."""
        lists: list[list[int]] = [[] for _ in self.names]
        for joint, parent in enumerate(self.parents.tolist()):
            if parent >= 0:
                lists[parent].append(joint)
        return tuple(tuple(items) for items in lists)

    @cached_property
    def height(self) -> float:
        """Height of the box around all joints."""
        return float(np.ptp(self.heads[:, 2]))

    def ancestors(self, joint: int) -> list[int]:
        """From the joint itself up to its root."""
        line = []
        while joint >= 0:
            line.append(joint)
            joint = int(self.parents[joint])
        return line

    def descends(self, joint: int, ancestor: int) -> bool:
        """Whether `ancestor` is above `joint`, or the same."""
        return ancestor in self.ancestors(joint)

    def path(self, upper: int, lower: int) -> list[int]:
        """Joints from `upper` to `lower`, both included; empty where `lower` does not hang below `upper`."""
        line = self.ancestors(lower)
        if upper not in line:
            return []
        return line[: line.index(upper) + 1][::-1]

    def common(self, joints: list[int]) -> int:
        """The lowest joint above (or among) all of `joints`; -1 where they share none."""
        shared = set(self.ancestors(joints[0]))
        for joint in joints[1:]:
            shared &= set(self.ancestors(joint))
        return max(shared, key=lambda joint: len(self.ancestors(joint)), default=-1)

    def subtree(self, joint: int) -> list[int]:
        """The joint and all below it, parents first."""
        found = [joint]
        for item in found:
            found.extend(self.children[item])
        return found


def figure_of_rig(rig: Rig, bare: np.ndarray | None = None) -> Figure:
    """The armature as it calibrates, in the world."""
    free = np.ones(len(rig), dtype=bool) if bare is None else bare
    return Figure(rig.names, rig.parents, rig.world_heads, rig.world_tails, free)


def figure_of_skeleton(skeleton: Skeleton) -> Figure:
    """The source's rest pose, turned so that Z is up."""
    heads = skeleton.rest_pose[0] @ Z_UP.T
    return Figure(skeleton.names, skeleton.parents, heads, heads.copy(), np.ones(len(skeleton), dtype=bool))

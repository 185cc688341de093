"""Brings a skeleton whose joints may all move to the one that `Motion` knows: one moving root.

Extra root bones (an armature object, `root`, `Reference`, `RL_BoneRoot`) are folded into the hips; what does
not hang below the hips is dropped; a bone that stretches elsewhere keeps its usual length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .body import reaches

# A child is the body, not one of its parts, when it stands this far from the joint above, measured by its
# own reach: the hips above a root on the floor do (about 1), a spine above the hips does not (about 0.1).
_FAR = 0.3
_STILL_SHARE = 1e-3
_STRETCH_SHARE = 0.02


@dataclass
class LocalPoses:
    """Joints with local transforms; every array may be replaced.

    Args:
        names: one per joint.
        parents: -1 for joint 0 alone; parents stand before their children.
        offsets: (J, 3) metres, local origin of each joint at rest.
        rest_rotations: (J, 4) local quaternions at rest.
        translations: for the joints whose origin moves: (T, 3) metres, in place of the offset.
        rotations: (T, J, 4) local quaternions.
        frames_only: joints that are no bones (an armature object): always folded away.
        also_moving: joints that move in another take of the file, so that all takes get one skeleton.
    """

    names: list[str]
    parents: list[int]
    offsets: FloatArray
    rest_rotations: FloatArray
    translations: dict[int, FloatArray]
    rotations: FloatArray
    frames_only: frozenset[int] = frozenset()
    also_moving: frozenset[int] = frozenset()

    def local_translation(self, joint: int) -> FloatArray:
        """(T, 3) or (3,) the origin of a joint in its parent."""
        place: FloatArray = self.translations.get(joint, self.offsets[joint])
        return place


def with_one_moving_root(poses: LocalPoses, warnings: list[str]) -> tuple[LocalPoses, FloatArray]:
    """The same movement with joint 0 as the only joint that translates.

    Returns:
        the poses, without translations, and the root's world path (T, 3) in metres.
    """
    frames = len(poses.rotations)
    offsets_at_rest = poses.offsets.copy()
    for joint, path in poses.translations.items():
        if joint > 0:
            poses.offsets[joint] = np.median(path, axis=0)
    size = max(float(reaches(poses.parents, poses.offsets)[0]), 1e-9)
    moving = {
        joint
        for joint, path in poses.translations.items()
        if np.ptp(path, axis=0).max() > _STILL_SHARE * size
    }
    root = _find_root(poses, moving | poses.also_moving)
    way = _way_down(root, poses.parents)
    places = np.zeros((frames, 3))
    turns = rotation.identity(frames)
    rest_place, rest_turn = np.zeros(3), rotation.identity()
    for joint in way:
        places = places + rotation.rotate(turns, poses.local_translation(joint))
        turns = rotation.multiply(turns, poses.rotations[:, joint])
        rest_place = rest_place + rotation.rotate(rest_turn, offsets_at_rest[joint])
        rest_turn = rotation.multiply(rest_turn, poses.rest_rotations[joint])
    kept = _subtree(root, poses.parents)
    stretched = [
        poses.names[joint] for joint in kept[1:] if joint in moving and _stretches(poses, joint, size)
    ]
    if stretched:
        warnings.append(
            f"{len(stretched)} bones below the root change their length ({', '.join(stretched[:4])}); "
            "their usual length was taken"
        )
    place_of = {joint: number for number, joint in enumerate(kept)}
    result = LocalPoses(
        names=[poses.names[joint] for joint in kept],
        parents=[-1] + [place_of[poses.parents[joint]] for joint in kept[1:]],
        offsets=poses.offsets[kept],
        rest_rotations=poses.rest_rotations[kept],
        translations={},
        rotations=poses.rotations[:, kept],
    )
    result.offsets[0], result.rest_rotations[0] = rest_place, rest_turn
    result.rotations[:, 0] = turns
    return result, places


def _find_root(poses: LocalPoses, moving: set[int]) -> int:
    """The hips: from the top down past every joint that only carries the body."""
    reach = reaches(poses.parents, poses.offsets)
    children: list[list[int]] = [[] for _ in poses.parents]
    for joint, parent in enumerate(poses.parents[1:], start=1):
        children[parent].append(joint)
    sizes = [1] * len(poses.parents)
    is_body = [len(below) > 1 for below in children]  # it branches somewhere; a mere chain carries nothing
    for joint in range(len(poses.parents) - 1, 0, -1):
        sizes[poses.parents[joint]] += sizes[joint]
        is_body[poses.parents[joint]] |= is_body[joint]
    root = 0
    while children[root]:
        child = max(children[root], key=lambda joint: sizes[joint])
        if 2 * sizes[child] < sizes[root] - 1:
            break
        is_far = float(np.linalg.norm(poses.offsets[child])) > _FAR * float(reach[child])
        carries = is_far and is_body[child] and (root in moving or child in moving or _turns(poses, root))
        if not (carries or root in poses.frames_only or (len(children[root]) == 1 and child in moving)):
            break
        if not children[child]:
            break
        root = child
    return root


def _turns(poses: LocalPoses, joint: int) -> bool:
    quats = poses.rotations[:, joint]
    return bool(rotation.angle_between(quats, quats[:1]).max() > 1e-3)


def _stretches(poses: LocalPoses, joint: int, size: float) -> bool:
    return bool(np.ptp(poses.translations[joint], axis=0).max() > _STRETCH_SHARE * size)


def _way_down(joint: int, parents: list[int]) -> list[int]:
    way = []
    while joint >= 0:
        way.append(joint)
        joint = parents[joint]
    return way[::-1]


def _subtree(root: int, parents: list[int]) -> list[int]:
    inside = {root}
    for joint in range(root + 1, len(parents)):
        if parents[joint] in inside:
            inside.add(joint)
    return sorted(inside)

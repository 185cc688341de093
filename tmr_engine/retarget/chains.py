"""From the turns of the keyed bones to their own keys, and to where the hip joints are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .carriers import NOTHING
from .rig import Rig, transform


def rotation_of(axes: FloatArray) -> FloatArray:
    """(4,) the rotation in a (3, 3) matrix that may scale or shear."""
    left, _, right = np.linalg.svd(axes)
    return rotation.from_matrix(left @ right)


class Chains:
    """Who carries whom among the keyed bones, and how each turns.

    Args:
        rig: the armature.
        bones: K keyed bones.
        turns: (K, T, 4) their turns, armature space.
        carried_by: bone -> index of the keyed bone that carries it, or -1.
    """

    def __init__(self, rig: Rig, bones: Sequence[str], turns: FloatArray, carried_by: dict[str, int]) -> None:
        self.rig = rig
        self.bones = tuple(bones)
        self.row = {rig.indices[bone]: place for place, bone in enumerate(bones)}
        self.turns = turns
        self.carried_by = carried_by

    def bases(self) -> FloatArray:
        """(K, T, 4) each bone's own rotation, relative to its rest pose and to what carries it."""
        rig = self.rig
        bones = np.array([rig.indices[bone] for bone in self.bones])
        parents = rig.parents[bones]
        rest = rotation.from_matrix(rig.rest_matrices[:, :3, :3])
        posed = rotation.from_matrix(rig.calibration[:, :3, :3])
        free = (parents < 0) | ~rig.inherit_rotation[bones]
        local = rotation.multiply(rotation.conjugate(rest[parents]), rest[bones])
        before = np.where(free[:, None], rest[bones], rotation.multiply(posed[parents], local))
        above = np.stack([self._above(bone, is_free) for bone, is_free in zip(self.bones, free, strict=True)])
        own = rotation.multiply(self.turns, posed[bones][:, None])
        return rotation.multiply(rotation.conjugate(before)[:, None], rotation.multiply(above, own))

    def _above(self, bone: str, free: np.bool_) -> FloatArray:
        """(T, 4) the inverse turn of what carries a bone."""
        frames = self.turns.shape[1]
        turn = rotation.identity(1) if free else self.turn_above(bone)
        return np.broadcast_to(rotation.conjugate(turn), (frames, 4))

    def turn_above(self, bone: str) -> FloatArray:
        """(T, 4) or (4,) turn of what carries a bone."""
        carrier = self.carried_by.get(bone, NOTHING)
        if carrier == NOTHING:
            return rotation_of(self.standing(bone)[:3, :3])
        turn: FloatArray = self.turns[self.row[carrier]]
        return turn

    def standing(self, bone: str) -> FloatArray:
        """(4, 4) how far the pose shown now moves the parent of a bone that nothing keyed carries.

        A root bone that the user has moved is not keyed, so the keys must allow for where it stands.
        """
        parent = int(self.rig.parents[self.rig.indices[bone]])
        if parent < 0 or self.rig.pose_matrices is None:
            return np.eye(4)
        moved: FloatArray = self.rig.pose_matrices[parent] @ np.linalg.inv(self.rig.calibration[parent])
        return moved

    def from_mover(self, name: str, mover: int) -> FloatArray:
        """(T, 3) a bone's joint seen from the joint of the bone that moves the body; armature axes."""
        heads = self.rig.calibration[:, :3, 3]
        bone = self.rig.indices[name]
        total = np.zeros((self.turns.shape[1], 3))
        while bone != mover:
            carrier = self.carried_by.get(self.rig.names[bone], NOTHING)
            if carrier == NOTHING or self._is_above(carrier, mover):
                above = self.turn_above(self.rig.names[mover] if carrier == NOTHING else self.rig.names[bone])
                return total + rotation.rotate(above, heads[bone] - heads[mover])
            total = total + rotation.rotate(self.turns[self.row[carrier]], heads[bone] - heads[carrier])
            bone = carrier
        return total

    def _is_above(self, bone: int, below: int) -> bool:
        while below >= 0 and below != bone:
            below = int(self.rig.parents[below])
        return below == bone

    def location(
        self, mover: str, joints: Sequence[str], path: FloatArray, moved: FloatArray | None = None
    ) -> FloatArray:
        """(T, 3) location channels of the bone that moves the body.

        Args:
            mover: that bone.
            joints: bones whose joints' middle must follow the path.
            path: (T, 3) in the world.
            moved: (T, 4, 4) how keyed bones above it move it, armature space; None where none are keyed.
        """
        offset = np.mean([self.from_mover(name, self.rig.indices[mover]) for name in joints], axis=0)
        wanted = transform(np.linalg.inv(self.rig.matrix_world), path) - offset
        return self.channels(mover, wanted, moved)

    def channels(self, name: str, wanted: FloatArray, moved: FloatArray | None = None) -> FloatArray:
        """(T, 3) location channels that put a bone's joint at a place (T, 3) of armature space."""
        rig, bone = self.rig, self.rig.indices[name]
        parent = int(rig.parents[bone])
        local = rig.rest_matrices[bone]
        above = np.eye(4)
        if parent >= 0:
            above = (self.standing(name) if moved is None else moved) @ rig.calibration[parent]
            local = np.linalg.inv(rig.rest_matrices[parent]) @ local
        origin = above @ local
        if not rig.use_local_location[bone]:
            origin[..., :3, :3] = above[..., :3, :3]
        back = np.linalg.inv(origin)
        location: FloatArray = (back[..., :3, :3] @ wanted[..., None])[..., 0] + back[..., :3, 3]
        return location

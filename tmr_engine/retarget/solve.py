"""Solves a motion for an armature by carrying anatomical frames (docs/retargeting.md).

Every bone's motion is held as its *turn*: the rotation that takes the bone from its calibration pose to the
frame's pose, in armature space. Turns of a bone and of what carries it give the bone's own keys without ever
composing the chain.
"""

from __future__ import annotations

import numpy as np

from ..errors import RetargetError
from ..motion import Motion, rotation
from ..motion.resample import resample
from ..motion.rotation import FloatArray
from .body import Body
from .carriers import NOTHING, carriers
from .figure import Z_UP, figure_of_skeleton
from .frames import bent_limbs, rest_frames
from .links import Link, links
from .options import SolveOptions
from .placing import hips_path, target_body, turn_to
from .rig import Rig, transform
from .roles import SIDES, Mapping
from .solution import BoneMotion, Solution

_DEFAULTS = SolveOptions()


def solve(
    motion: Motion,
    source_mapping: Mapping,
    rig: Rig,
    target_mapping: Mapping,
    options: SolveOptions = _DEFAULTS,
) -> Solution:
    """The keys that make an armature do a motion.

    Args:
        motion: T frames, metres, Y up.
        source_mapping: `map_skeleton(motion.skeleton)`.
        rig: the armature.
        target_mapping: `map_rig(rig)`.
        options: frame rate, place, path scale.

    Raises:
        RetargetError: a rest pose shows no body, or nothing on the armature may be keyed.
    """
    if options.fps > 0:
        motion = resample(motion, options.fps)
    source = Body(figure_of_skeleton(motion.skeleton), source_mapping)
    target = target_body(rig, target_mapping)
    turn = turn_to(source, target, motion, options.place)
    pairs = links(source, target)
    if not pairs:
        raise RetargetError("the motion and the armature share no part of the body", where=rig.name)
    turns = _turns(motion, source, target, pairs, turn, rig)
    bones = tuple(link.bone for link in pairs)
    carried_by = carriers(rig, target_mapping, bones)
    chains = _Chains(rig, bones, turns, carried_by)
    path = hips_path(motion, source, target, turn, options.place, options.path_scale)
    mover, location, warnings = _location(rig, target, chains, path)
    keyed = [
        _bone_motion(rig, bone, chains.basis(bone), location if bone == mover else None) for bone in bones
    ]
    if mover is not None and mover not in bones:
        keyed.append(_bone_motion(rig, mover, None, location))
    return Solution(
        fps=motion.fps,
        frames=len(motion),
        bones=tuple(keyed),
        switches=target_mapping.switches,
        warnings=(
            *target_mapping.warnings,
            *source_mapping.warnings,
            *motion.warnings,
            *warnings,
            *_locks(keyed),
        ),
        unmapped=target_mapping.unmapped,
    )


def _turns(
    motion: Motion, source: Body, target: Body, pairs: list[Link], turn: FloatArray, rig: Rig
) -> FloatArray:
    """(K, T, 4) turns of the linked bones in armature space."""
    hinges = bent_limbs(source) & bent_limbs(target)
    theirs, ours = rest_frames(source, hinges), rest_frames(target, hinges)
    z_up = rotation.from_matrix(Z_UP)
    joints = sorted({name for link in pairs for name in (link.first, link.second)} | set(source.trunk[-1:]))
    rest = motion.skeleton.rest_pose[1]
    carried: dict[str, FloatArray] = {}
    for name in joints:
        joint = motion.skeleton.index(name)
        # K of the method: the anatomical frame seen from the source bone
        seen = rotation.multiply(
            rotation.conjugate(rotation.multiply(z_up, rest[joint])), rotation.from_matrix(theirs[name])
        )
        carried[name] = rotation.multiply(
            rotation.multiply(rotation.multiply(turn, z_up), motion.world[1][:, joint]), seen
        )
    found = np.empty((len(pairs), len(motion), 4))
    for place, link in enumerate(pairs):
        frame = carried[link.first]
        if link.weight > 0.0:
            frame = rotation.slerp(frame, carried[link.second], np.asarray(link.weight))
        if link.clavicle:
            frame = _clavicle(link, frame, carried[source.trunk[-1]], source, target, theirs, ours)
        found[place] = rotation.multiply(frame, rotation.conjugate(rotation.from_matrix(ours[link.bone])))
    world = rotation.from_matrix(_orthonormal(rig.matrix_world[:3, :3]))
    return rotation.multiply(rotation.multiply(rotation.conjugate(world), found), world)


def _clavicle(
    link: Link,
    frame: FloatArray,
    chest: FloatArray,
    source: Body,
    target: Body,
    theirs: dict[str, FloatArray],
    ours: dict[str, FloatArray],
) -> FloatArray:
    """The target's clavicle frame: its own slope at rest, plus the source's turn relative to the chest."""
    ours_rest = ours[target.trunk[-1]].T @ ours[link.bone]
    theirs_rest = theirs[source.trunk[-1]].T @ theirs[link.first]
    offset = rotation.from_matrix(ours_rest @ theirs_rest.T)
    relative = rotation.multiply(rotation.conjugate(chest), frame)
    return rotation.multiply(chest, rotation.multiply(offset, relative))


def _orthonormal(axes: FloatArray) -> FloatArray:
    """The rotation in a matrix that may scale or shear."""
    left, _, right = np.linalg.svd(axes)
    turned: FloatArray = left @ right
    return turned


class _Chains:
    """Turns of the keyed bones, and what follows from who carries whom.

    Args:
        rig: the armature.
        bones: K keyed bones.
        turns: (K, T, 4) armature space.
        carried_by: bone -> index of the keyed bone that carries it, or -1.
    """

    def __init__(
        self, rig: Rig, bones: tuple[str, ...], turns: FloatArray, carried_by: dict[str, int]
    ) -> None:
        self.rig = rig
        self.row = {rig.indices[bone]: place for place, bone in enumerate(bones)}
        self.turns = turns
        self.carried_by = carried_by
        self.rest = rotation.from_matrix(rig.rest_matrices[:, :3, :3])
        self.posed = rotation.from_matrix(rig.calibration[:, :3, :3])

    def turn_above(self, name: str) -> FloatArray:
        """(T, 4) or (4,) turn of what carries a bone."""
        carrier = self.carried_by.get(name, NOTHING)
        if carrier != NOTHING:
            turn: FloatArray = self.turns[self.row[carrier]]
            return turn
        return rotation.from_matrix(_orthonormal(self.standing(name)[:3, :3]))

    def standing(self, name: str) -> FloatArray:
        """(4, 4) how far the pose shown now moves the parent of a bone that nothing keyed carries.

        A root bone that the user has moved is not keyed, so the keys must allow for where it stands.
        """
        parent = int(self.rig.parents[self.rig.indices[name]])
        if parent < 0 or self.rig.pose_matrices is None:
            return np.eye(4)
        moved: FloatArray = self.rig.pose_matrices[parent] @ np.linalg.inv(self.rig.calibration[parent])
        return moved

    def basis(self, name: str) -> FloatArray:
        """(T, 4) the bone's own rotation, relative to its rest pose and its parent."""
        bone = self.rig.indices[name]
        parent = int(self.rig.parents[bone])
        own = rotation.multiply(self.turns[self.row[bone]], self.posed[bone])
        if parent < 0 or not self.rig.inherit_rotation[bone]:
            return rotation.multiply(rotation.conjugate(self.rest[bone]), own)
        above = rotation.multiply(self.turn_above(name), self.posed[parent])
        local = rotation.multiply(rotation.conjugate(self.rest[parent]), self.rest[bone])
        return rotation.multiply(rotation.conjugate(rotation.multiply(above, local)), own)

    def from_mover(self, name: str, mover: int) -> FloatArray:
        """(T, 3) a bone's joint, seen from the joint of the bone that moves the body; armature axes."""
        heads = self.rig.calibration[:, :3, 3]
        bone = self.rig.indices[name]
        total = np.zeros((self.turns.shape[1], 3))
        while bone != mover:
            carrier = self.carried_by.get(self.rig.names[bone], NOTHING)
            if carrier == NOTHING:
                step = rotation.rotate(self.turn_above(self.rig.names[mover]), heads[bone] - heads[mover])
                return total + step
            total = total + rotation.rotate(self.turns[self.row[carrier]], heads[bone] - heads[carrier])
            bone = carrier
        return total


def _location(
    rig: Rig, target: Body, chains: _Chains, path: FloatArray
) -> tuple[str | None, FloatArray | None, list[str]]:
    """The bone that moves the body, its (T, 3) location channels, and warnings."""
    mover = _mover(rig, target.mapping)
    if mover is None:
        hips = target.mapping.bone("hips")
        return None, None, [f"neither {hips} nor a bone above it can move, so the character stays in place"]
    bone = rig.indices[mover]
    ends = [name for side in SIDES if (name := target.mapping.bone(f"{side}_upper_leg")) is not None]
    ends = ends if len(ends) == 2 else [str(target.mapping.bone("hips"))]
    offset = np.mean([chains.from_mover(name, bone) for name in ends], axis=0)
    wanted = transform(np.linalg.inv(rig.matrix_world), path) - offset
    parent = int(rig.parents[bone])
    origin = rig.rest_matrices[bone]
    if parent >= 0:
        above = chains.standing(mover) @ rig.calibration[parent]
        origin = above @ np.linalg.inv(rig.rest_matrices[parent]) @ origin
    if not rig.use_local_location[bone]:
        origin = origin.copy()
        origin[:3, :3] = np.eye(3) if parent < 0 else above[:3, :3]
    location = transform(np.linalg.inv(origin), wanted)
    locked = [axis for axis, lock in zip("XYZ", rig.lock_location[bone], strict=True) if lock]
    warnings = [f"location {', '.join(locked)} of {mover} is locked, so it is not keyed"] if locked else []
    return mover, location, warnings


def _mover(rig: Rig, mapping: Mapping) -> str | None:
    """The bone that takes the hips' path: the named one, the hips, or the nearest ancestor that can move."""
    hips, chest = str(mapping.bone("hips")), mapping.bone("chest")
    line = _line(rig, hips)
    if chest is not None and hips not in _line(rig, chest) and mapping.bone("pelvis") is None:
        shared = [bone for bone in line if bone in _line(rig, chest)]
        line = shared or line
    named = mapping.bone("mover")
    candidates = [named, *line] if named is not None else line
    for name in candidates:
        bone = rig.indices[name]
        driven = any(channel.startswith("location") for channel in rig.driven.get(name, ()))
        if not rig.connected[bone] and not rig.lock_location[bone].all() and not driven:
            return name
    return None


def _line(rig: Rig, name: str) -> list[str]:
    bone = rig.indices[name]
    names = []
    while bone >= 0:
        names.append(rig.names[bone])
        bone = int(rig.parents[bone])
    return names


def _bone_motion(rig: Rig, name: str, basis: FloatArray | None, location: FloatArray | None) -> BoneMotion:
    bone = rig.indices[name]
    return BoneMotion(
        bone=name,
        rotation_mode=rig.rotation_modes[bone],
        rotation=None if basis is None else _continuous(basis),
        location=location,
        lock_rotation=rig.lock_rotation[bone],
        lock_location=rig.lock_location[bone],
    )


def _continuous(quats: FloatArray) -> FloatArray:
    """Signs chosen so that neighbours never flip and the first frame is on the identity's side."""
    signed = rotation.continuous(quats)
    return -signed if signed[0, 0] < 0 else signed


def _locks(keyed: list[BoneMotion]) -> list[str]:
    locked = [motion.bone for motion in keyed if motion.rotation is not None and motion.lock_rotation.any()]
    if not locked:
        return []
    return [
        f"some rotation channels of {', '.join(locked)} are locked and not keyed, so the pose will differ"
    ]

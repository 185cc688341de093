"""Solves a motion for an armature by carrying anatomical frames (docs/retargeting.md)."""

from __future__ import annotations

import numpy as np

from ..errors import RetargetError
from ..motion import Motion, Skeleton, rotation
from ..motion.rotation import FloatArray
from .body import Body
from .carriers import carriers
from .chains import Chains, rotation_of
from .figure import Z_UP, figure_of_skeleton
from .hands import reaching
from .links import links
from .moving import mover_of
from .options import SolveOptions
from .performance import source_performance
from .placing import hips_path, target_body, turn_to
from .planting import planted
from .preparing import prepared
from .rig import Rig
from .roles import SIDES, Mapping
from .root_motion import RootMotion, root_motion
from .solution import BoneMotion, Solution
from .travel import drift
from .turns import turns
from .twisting import twisted

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
        RetargetError: a rest pose shows no body, or the two share no part of one.
    """
    motion, source_mapping = prepared(motion, source_mapping, options)
    source = Body(figure_of_skeleton(motion.skeleton), source_mapping)
    target = target_body(rig, target_mapping)
    pairs = links(source, target)
    if not pairs:
        raise RetargetError("the motion and the armature share no part of the body", where=rig.name)
    heading = turn_to(source, target, motion, options.place)
    armature = rotation_of(rig.matrix_world[:3, :3])
    turned = turns(motion, source, target, pairs, heading=heading, armature=armature)
    bones = [link.bone for link in pairs]
    chains = Chains(rig, bones, turned, carriers(rig, target_mapping, tuple(bones)))
    path = hips_path(motion, source, target, heading, options)
    if options.hand_goals > 0.0:
        made = source_performance(motion, source_mapping)
        chains = reaching(made, chains, target, armature, options.hand_goals)
    if options.foot_lock > 0.0:
        chains, path = planted(motion, source, chains, target, path=path, heading=heading, options=options)
    chains = twisted(target, chains, armature)
    path = _as_chosen(path, motion.fps, options)
    root = None
    if options.root_motion and not options.in_place:
        root = root_motion(target, chains, path, motion.fps, cyclic=options.loop > 0)
    keyed, warnings = _keys(target, chains, path, root)
    if options.root_motion and root is None and not options.in_place:
        warnings.append("there is no root bone that can take the way over ground, so it stays where it was")
    return Solution(
        fps=motion.fps,
        frames=len(motion),
        bones=tuple(keyed),
        switches=target_mapping.switches,
        warnings=(*target_mapping.warnings, *source_mapping.warnings, *motion.warnings, *warnings),
        unmapped=target_mapping.unmapped,
    )


def turns_of_skeleton(
    motion: Motion, source_mapping: Mapping, skeleton: Skeleton, mapping: Mapping
) -> dict[str, FloatArray]:
    """How the joints of another skeleton turn to do a motion.

    Args:
        motion: T frames, metres, Y up.
        source_mapping: `map_skeleton(motion.skeleton)`.
        skeleton: whose joints are to turn; its rest rotations are the identity.
        mapping: `map_skeleton(skeleton)`.

    Returns:
        joint -> (T, 4) turn in the world, Y up, since the rest pose; joints that the motion moves.

    Raises:
        RetargetError: a rest pose shows no body.
    """
    source = Body(figure_of_skeleton(motion.skeleton), source_mapping)
    target = Body(figure_of_skeleton(skeleton), mapping)
    pairs = links(source, target)
    still = rotation.identity()
    turned = turns(motion, source, target, pairs, heading=still, armature=still)
    to_y_up = rotation.from_matrix(Z_UP.T)
    y_up = rotation.multiply(rotation.multiply(to_y_up, turned), rotation.conjugate(to_y_up))
    return {link.bone: turn for link, turn in zip(pairs, y_up, strict=True)}


def _as_chosen(path: FloatArray, fps: float, options: SolveOptions) -> FloatArray:
    """The hips' path without its way over ground or its height, where the user wants that."""
    if not options.height:
        path = path * [1.0, 1.0, 0.0] + path[0] * [0.0, 0.0, 1.0]
    if options.in_place:
        path = path - drift(path, fps, cyclic=options.loop > 0)
    return path


def _keys(
    target: Body, chains: Chains, path: FloatArray, root: RootMotion | None
) -> tuple[list[BoneMotion], list[str]]:
    """What is keyed on each bone, and warnings about what cannot be."""
    rig, mapping = chains.rig, target.mapping
    hips = str(mapping.bone("hips"))
    mover = mover_of(rig, mapping)
    locations, warnings = {}, []
    moved = None
    if root is not None:
        chains, moved = root.chains, root.moved
        locations[root.bone] = root.location
    if mover is None:
        warnings.append(f"neither {hips} nor a bone above it can move, so the character stays in place")
    else:
        legs = [bone for side in SIDES if (bone := mapping.bone(f"{side}_upper_leg")) is not None]
        locations[mover] = chains.location(mover, legs if len(legs) == 2 else [hips], path, moved)
    signed = _continuous(chains.bases().transpose(1, 0, 2))
    keyed = [
        _bone_motion(rig, bone, signed[:, row], locations.get(bone)) for row, bone in enumerate(chains.bones)
    ]
    if mover is not None and mover not in chains.bones:
        keyed.append(_bone_motion(rig, mover, None, locations[mover]))
    return keyed, [*warnings, *_locked(keyed)]


def _bone_motion(rig: Rig, name: str, basis: FloatArray | None, location: FloatArray | None) -> BoneMotion:
    bone = rig.indices[name]
    return BoneMotion(
        bone=name,
        rotation_mode=rig.rotation_modes[bone],
        rotation=basis,
        location=location,
        lock_rotation=rig.lock_rotation[bone],
        lock_location=rig.lock_location[bone],
    )


def _continuous(quats: FloatArray) -> FloatArray:
    """(T, K, 4), signs chosen so that neighbours never flip; the first frame is on the identity's side."""
    signed = rotation.continuous(quats)
    turned: FloatArray = np.where(signed[:1, :, :1] < 0, -signed, signed)
    return turned


def _locked(keyed: list[BoneMotion]) -> list[str]:
    warnings = []
    for motion in keyed:
        axes = [axis for axis, lock in zip("XYZ", motion.lock_location, strict=True) if lock]
        if motion.location is not None and axes:
            warnings.append(f"location {', '.join(axes)} of {motion.bone} is locked, so it is not keyed")
    turned = [motion.bone for motion in keyed if motion.rotation is not None and motion.lock_rotation.any()]
    if turned:
        names = ", ".join(turned)
        warnings.append(f"locked rotation channels of {names} are not keyed, so the pose will differ there")
    return warnings

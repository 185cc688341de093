"""Foot locking within the solver: from the clip and the solved armature to contacts, ground and back."""

from __future__ import annotations

import numpy as np

from ..motion import Motion, rotation
from ..motion.rotation import FloatArray
from .body import Body
from .chains import Chains, rotation_of
from .contacts import contacts, ground_below
from .feet import stature
from .foot_lock import Standing, lock_feet
from .legs import legs_of, put_back
from .looping import rounds
from .moving import mover_of
from .options import SolveOptions
from .performance import Performance, source_performance
from .placing import source_floor
from .roles import SIDES

# feet that stand this near (share of the leg) to the clip's floor stand on it; farther up is a box or a step
_ON_FLOOR = 0.15


def planted(
    motion: Motion,
    source: Body,
    chains: Chains,
    target: Body,
    *,
    path: FloatArray,
    heading: FloatArray,
    options: SolveOptions,
) -> tuple[Chains, FloatArray]:
    """The turns and the hips' path with the feet held where the source's feet stand.

    Both come back as they are where a body has no legs, or where the armature cannot move over the ground.

    Args:
        motion: T frames.
        source: its body.
        chains: the armature as solved.
        target: its body.
        path: (T, 3) the middle of the armature's hip joints, in the world.
        heading: (4,) turn from the source's world to the target's.
        options: strength, place and path scale.
    """
    rig = chains.rig
    mover = mover_of(rig, target.mapping)
    if mover is None or not target.has_legs:
        return chains, path
    performance = source_performance(motion, source.mapping)
    # a loop is held over three rounds and the middle one taken, so that feet stand across its seam as well
    count = 3 if options.loop > 0.0 else 1
    middle = slice((count // 2) * (len(motion) - 1), (count // 2) * (len(motion) - 1) + len(motion))
    walked = rounds(performance.soles, count)
    touching = contacts(walked, motion.fps, performance.stature)
    object_turn = rotation_of(rig.matrix_world[:3, :3])
    legs = legs_of(target, chains, _hip_joints(chains, target, mover, path), object_turn)
    if legs is None:
        return chains, path
    size = target.leg / source.leg
    bottom = source_floor(motion, source)
    above = ground_below(walked, touching) - bottom
    hovering = size * _hovering(performance, above, bottom)
    sunk = np.array([0.0, 0.0, options.foot_lock * hovering])
    floor = target.ground if options.place is None else float(options.place.ground[2])
    flat = options.path_scale or size
    soles = rotation.rotate(heading, walked) * np.array([flat, flat, size])
    standing = Standing(
        touching=touching.reshape(-1, 2, 2),
        soles=soles.reshape(-1, 2, 2, 3),
        ground=floor + size * above - hovering,
        stature=stature(target),
        fps=motion.fps,
    )
    legs, shift = lock_feet(legs.moved(-sunk).rounds(count), standing, options.foot_lock)
    turned = put_back(legs.cut(middle), target, chains, object_turn)
    return Chains(rig, chains.bones, turned, chains.carried_by), path + shift[middle] - sunk


def _hovering(performance: Performance, above: float, floor: float) -> float:
    """How far the whole source hangs above its floor: what the rest pose of a file says of it is never exact.

    Nothing where the feet stand on something else, and no more than would press another joint (the knee of
    one who kneels) into the floor.
    """
    if abs(above) > _ON_FLOOR * performance.body.leg:
        return 0.0
    lowest = float(np.percentile(performance.places[..., 2].min(axis=1), 5)) - floor
    return min(above, max(0.0, lowest))


def _hip_joints(chains: Chains, target: Body, mover: str, path: FloatArray) -> FloatArray:
    """(T, 2, 3) the armature's hip joints in the world."""
    bones = [str(target.mapping.bone(f"{side}_upper_leg")) for side in SIDES]
    seen = np.stack([chains.from_mover(bone, chains.rig.indices[mover]) for bone in bones], axis=1)
    apart = (seen - seen.mean(axis=1, keepdims=True)) @ chains.rig.matrix_world[:3, :3].T
    joints: FloatArray = path[:, None] + apart
    return joints

"""The turn of every target bone in every frame: the anatomical frame of the source, carried over.

A bone's *turn* is the rotation that takes it from its calibration pose to its pose, in armature space. With A
the anatomical frames at rest and W a source joint's world rotation, turn = W W0^-1 A_source A_target^-1: the
bones' own axes cancel, and so do the two rest poses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..motion import Motion, rotation
from ..motion.rotation import FloatArray
from .body import Body
from .figure import Z_UP
from .frames import bent_limbs, rest_frames
from .links import Link
from .splits import split_limbs

RestFrames = dict[str, FloatArray]


def turns(
    motion: Motion,
    source: Body,
    target: Body,
    pairs: Sequence[Link],
    *,
    heading: FloatArray,
    armature: FloatArray,
) -> FloatArray:
    """Turns of the linked bones.

    Args:
        motion: T frames.
        source, target: the bodies at rest, Z up.
        pairs: K links.
        heading: (4,) turn from the source's world to the target's.
        armature: (4,) rotation of the armature object in the world.

    Returns:
        (K, T, 4) quaternions in armature space.
    """
    hinges = bent_limbs(source) & bent_limbs(target)
    theirs, ours = rest_frames(source, hinges), rest_frames(target, hinges)
    to_world = rotation.multiply(heading, rotation.from_matrix(Z_UP))
    wholes = split_limbs(motion, source)
    frames = _source_frames(motion, theirs, [link.first for link in pairs], to_world, wholes)
    _blend_spines(motion, theirs, pairs, to_world, frames)
    _slope_clavicles(motion, source, target, pairs, to_world=to_world, frames=frames, rest=(theirs, ours))
    rest = rotation.from_matrix(np.array([ours[link.bone] for link in pairs]))
    end = rotation.multiply(rotation.conjugate(rest), armature)
    return rotation.multiply(rotation.multiply(rotation.conjugate(armature), frames), end[:, None])


def _source_frames(
    motion: Motion,
    theirs: RestFrames,
    names: Sequence[str],
    to_world: FloatArray,
    wholes: dict[str, FloatArray] | None = None,
) -> FloatArray:
    """(K, T, 4) anatomical frames of source joints in the target's world; `wholes` turn otherwise."""
    joints = [motion.skeleton.index(name) for name in names]
    anatomy = rotation.from_matrix(np.array([theirs[name] for name in names]))
    rest = rotation.multiply(rotation.from_matrix(Z_UP), motion.skeleton.rest_pose[1][joints])
    seen = rotation.multiply(rotation.conjugate(rest), anatomy)  # K of the method, from the bone's own axes
    own = motion.world[1]
    turned = [(wholes or {}).get(name, own[:, joint]) for name, joint in zip(names, joints, strict=True)]
    return rotation.multiply(rotation.multiply(to_world, np.stack(turned)), seen[:, None])


def _blend_spines(
    motion: Motion, theirs: RestFrames, pairs: Sequence[Link], to_world: FloatArray, frames: FloatArray
) -> None:
    """Bones between two source bones take the orientation between them."""
    rows = [row for row, link in enumerate(pairs) if link.weight > 0.0]
    if not rows:
        return
    following = _source_frames(motion, theirs, [pairs[row].second for row in rows], to_world)
    weights = np.array([[pairs[row].weight] for row in rows])
    frames[rows] = rotation.slerp(frames[rows], following, weights)


def _slope_clavicles(
    motion: Motion,
    source: Body,
    target: Body,
    pairs: Sequence[Link],
    *,
    to_world: FloatArray,
    frames: FloatArray,
    rest: tuple[RestFrames, RestFrames],
) -> None:
    """A clavicle keeps its own slope at rest and takes the source's turn relative to the chest.

    Clavicles start at the sternum on some rigs and at the neck on others; their absolute directions differ.
    """
    theirs, ours = rest
    rows = [row for row, link in enumerate(pairs) if link.clavicle]
    if not rows:
        return
    chest = _source_frames(motion, theirs, source.trunk[-1:], to_world)
    slopes = [
        ours[target.trunk[-1]].T @ ours[link.bone] @ theirs[link.first].T @ theirs[source.trunk[-1]]
        for link in (pairs[row] for row in rows)
    ]
    offset = rotation.from_matrix(np.array(slopes))[:, None]
    relative = rotation.multiply(rotation.conjugate(chest), frames[rows])
    frames[rows] = rotation.multiply(chest, rotation.multiply(offset, relative))

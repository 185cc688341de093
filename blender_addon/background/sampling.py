"""World matrices of a skeleton over time as a motion: metres, Y up, one root, constant offsets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._engine import motion as motion_module
from .._engine import rotation

_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # Blender's (x, y, z) to (x, z, -y)
# A joint that wanders this far in its parent, in lengths of the whole body, is moved and not only shaken.
_WANDERS = 0.02


@dataclass(frozen=True)
class Sampled:
    """What Blender showed of a skeleton.

    Args:
        names: J joints, parents first.
        parents: (J,), -1 where there is none.
        rest: (J, 4, 4) world matrices of the rest pose.
        posed: (T, J, 4, 4) world matrices of the frames.
        fps: frames per second.
        start_s: the take's time of the first frame.
        take: its name.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    rest: np.ndarray
    posed: np.ndarray
    fps: float
    start_s: float
    take: str


def motion_from_samples(sampled: Sampled) -> motion_module.Motion:
    """The motion, on the part of the skeleton that hangs on the joint which carries the body.

    Scale and shear of the matrices are left out. Joints that move inside their parents are held at their
    mean place there, with a warning.
    """
    kept = _below(sampled.parents, _carrier(sampled))
    parents = np.array([kept.index(parent) if parent in kept else -1 for parent in sampled.parents[kept]])
    rest = _y_up(sampled.rest[kept])
    posed = _y_up(sampled.posed[:, kept])
    local_rest, _ = _local(rest[None], parents)
    rotations, places = _local(posed, parents)
    middle = places.mean(axis=0)
    middle[0] = rest[0, :3, 3]
    wandering = _wander(places)[1:] > _WANDERS * _size(rest)
    warnings = []
    if wandering.any():
        names = ", ".join(sampled.names[kept[1 + joint]] for joint in np.flatnonzero(wandering)[:3])
        warnings.append(
            f"{int(wandering.sum())} joints move inside their parents ({names}); that is left out"
        )
    skeleton = motion_module.Skeleton(
        names=tuple(sampled.names[joint] for joint in kept),
        parents=parents,
        offsets=middle,
        rest_rotations=local_rest[0],
    )
    end_s = sampled.start_s + (len(posed) - 1) / sampled.fps
    return motion_module.Motion(
        skeleton=skeleton,
        root_translation=posed[:, 0, :3, 3],
        rotations=rotations,
        fps=sampled.fps,
        source=motion_module.Source(take=sampled.take, start_s=sampled.start_s, end_s=end_s),
        warnings=tuple(warnings),
    )


def _carrier(sampled: Sampled) -> int:
    """The joint whose place is the body's: the root, or a joint below that moves and carries nearly all."""
    carrier = int(np.flatnonzero(sampled.parents < 0)[0])
    _, places = _local(sampled.posed, sampled.parents)
    wander = _wander(places)
    limit = _WANDERS * _size(sampled.rest)
    while True:
        children = np.flatnonzero(sampled.parents == carrier)
        heavy = [
            int(child)
            for child in children
            if wander[child] > limit
            and 2 * len(_below(sampled.parents, int(child))) > len(_below(sampled.parents, carrier))
        ]
        if not heavy:
            return carrier
        carrier = heavy[0]


def _below(parents: np.ndarray, top: int) -> list[int]:
    """A joint and all that hang on it, parents first."""
    kept = [top]
    for joint in range(top + 1, len(parents)):
        if parents[joint] in kept:
            kept.append(joint)
    return kept


def _y_up(matrices: np.ndarray) -> np.ndarray:
    turned = matrices.copy()
    turned[..., :3, :] = _Y_UP @ matrices[..., :3, :]
    return turned


def _local(matrices: np.ndarray, parents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (T, J, 4) and places (T, J, 3) in the parents' axes; the root's are the world's."""
    axes = matrices[..., :3, :3]
    lengths = np.linalg.norm(axes, axis=-2, keepdims=True)
    world = rotation.from_matrix(axes / np.where(lengths > 0, lengths, 1.0))
    heads = matrices[..., :3, 3]
    places = heads.copy()
    turns = world.copy()
    children = np.flatnonzero(parents >= 0)
    back = rotation.conjugate(world[:, parents[children]])
    turns[:, children] = rotation.normalize(rotation.multiply(back, world[:, children]))
    places[:, children] = rotation.rotate(back, heads[:, children] - heads[:, parents[children]])
    return turns, places


def _wander(places: np.ndarray) -> np.ndarray:
    """(J,) the longest side of the box in which each joint's place in its parent stays."""
    return np.ptp(places, axis=0).max(axis=-1)


def _size(rest: np.ndarray) -> float:
    """The longest side of the box around the resting joints."""
    return float(np.ptp(rest[..., :3, 3], axis=0).max())

"""Where the pole of a two-bone limb must stand so that IK bends the limb as its pose does."""

from __future__ import annotations

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray

# a limb bent less than the first angle says nothing about the plane it bends in; more than the second, all
_STRAIGHT, _BENT = np.radians(3.0), np.radians(12.0)
# share of the limb's length that the middle joint must lie beside the line from root to end, to tell a turn
_TELLING = 0.01


def pole_positions(joints: FloatArray, upper: FloatArray, pole_at_rest: FloatArray) -> FloatArray:
    """A point in the plane of each posed limb, on the side that its middle joint bends to.

    Where the limb is straight, the side is the one the pole is on at rest, carried by the upper bone; between
    straight and bent the two are blended, so that the pole does not jump.

    Args:
        joints: (T, 3, 3) root, middle and end joint of the limb (shoulder, elbow, wrist) in one space.
        upper: (T, 4, 4) how the upper bone has moved since rest, in that space (pose times inverse rest).
        pole_at_rest: (3,) the pole at rest, in that space.

    Returns:
        (T, 3) positions, as far from the middle joint as the pole is at rest.
    """
    root, middle, end = joints[:, 0], joints[:, 1], joints[:, 2]
    along = _unit(end - root)
    carried = _unit(_beside(upper[:, :3, :3] @ pole_at_rest + upper[:, :3, 3] - root, along))
    bent = _beside(middle - root, along)
    cosine = _dot(_unit(middle - root), _unit(end - middle))[:, 0]
    share = np.clip((np.arccos(np.clip(cosine, -1.0, 1.0)) - _STRAIGHT) / (_BENT - _STRAIGHT), 0.0, 1.0)
    weight = (share * share * (3.0 - 2.0 * share))[:, None]
    aside = _unit(weight * _unit(bent) + (1.0 - weight) * carried)
    rest_middle = np.linalg.inv(upper[0]) @ np.append(middle[0], 1.0)
    reach = float(np.linalg.norm(pole_at_rest - rest_middle[:3]))
    positions: FloatArray = middle + aside * reach
    return positions


def turn_about_limb(joints: FloatArray, found: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far each limb must turn about the line from its root to its end to bring its middle joint home.

    Args:
        joints: (T, 3, 3) root, middle and end joint as they should be.
        found: (T, 3) the middle joint as it is.

    Returns:
        (T,) radians, right-handed about the line, and (T,) bool: whether the limb is bent enough to tell.
    """
    root, middle, end = joints[:, 0], joints[:, 1], joints[:, 2]
    along = _unit(end - root)
    wanted, shown = _beside(middle - root, along), _beside(found - root, along)
    turn = np.arctan2(_dot(np.cross(shown, wanted), along)[:, 0], _dot(shown, wanted)[:, 0])
    length = np.linalg.norm(end - root, axis=1)
    told = np.minimum(np.linalg.norm(wanted, axis=1), np.linalg.norm(shown, axis=1)) > _TELLING * length
    return turn, told


def turned_about(points: FloatArray, joints: FloatArray, radians: FloatArray) -> FloatArray:
    """(T, 3) points turned about the line from the root to the end of each limb (T, 3, 3)."""
    root, end = joints[:, 0], joints[:, 2]
    turn = rotation.from_axis_angle(_unit(end - root) * radians[:, None])
    turned: FloatArray = rotation.rotate(turn, points - root) + root
    return turned


def _beside(vectors: FloatArray, along: FloatArray) -> FloatArray:
    """(T, 3) what of each vector is perpendicular to a unit vector."""
    across: FloatArray = vectors - _dot(vectors, along) * along
    return across


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """(T, 1) products of rows."""
    product: FloatArray = np.sum(a * b, axis=-1, keepdims=True)
    return product


def _unit(vectors: FloatArray) -> FloatArray:
    """Rows of length 1; a row of no length stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: FloatArray = vectors / np.where(lengths > 1e-12, lengths, 1.0)
    return unit

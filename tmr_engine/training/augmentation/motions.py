"""Changes of motions as joints: (T, 22, 3) metres, Y up, in SMPL's order, at the rate of the features.

All of them work on joint positions, not on rotations: the features that are made of the result bring every
bone back to the reference skeleton's length (`features.uniform_joints`).
"""

from __future__ import annotations

import numpy as np

from ...features import JOINT_NAMES
from ...motion import rotation
from ...motion.rotation import FloatArray

_HIPS = (JOINT_NAMES.index("left_hip"), JOINT_NAMES.index("right_hip"))
_LEGS = [
    place
    for place, name in enumerate(JOINT_NAMES)
    if name == "pelvis" or name.endswith(("_hip", "_knee", "_ankle", "_foot"))
]
_UPPER = [place for place in range(len(JOINT_NAMES)) if place not in _LEGS]
_BLEND_S = 0.4  # two motions meet for so long: as short as a step, so that nothing is made up


def at_tempo(joints: FloatArray, factor: float) -> FloatArray:
    """The motion `factor` times as fast: fewer frames where it is above 1. Read between frames linearly."""
    count = max(2, round((len(joints) - 1) / factor) + 1)
    times = np.linspace(0, len(joints) - 1, count)
    below = np.minimum(times.astype(int), len(joints) - 2)
    share = (times - below)[:, None, None]
    moved: FloatArray = joints[below] * (1 - share) + joints[below + 1] * share
    return moved


def trembling(joints: FloatArray, metres: float, draw: np.random.Generator) -> FloatArray:
    """The motion as a rougher capture has it: every joint wanders by `metres` (standard deviation) a frame.

    The noise is smooth over three frames, as that of markers and of pose estimators is.
    """
    noise = draw.standard_normal((len(joints) + 2, *joints.shape[1:]))
    smooth = (noise[:-2] + noise[1:-1] + noise[2:]) / np.sqrt(3)
    rough: FloatArray = joints + metres * smooth
    return rough


def one_after_the_other(first: FloatArray, second: FloatArray, fps: float) -> FloatArray:
    """Two motions in a row: the second begins where the first stands and the way it faces.

    They overlap for 0.4 s (half of the shorter one, where that is less), in which the one goes over into the
    other.
    """
    overlap = max(1, min(round(_BLEND_S * fps), len(first) // 2, len(second) // 2))
    turn = _about_up(headings(first[-overlap:])[0] - headings(second)[0])
    follows = rotation.rotate(turn, second)
    shift = first[-overlap, 0] - follows[0, 0]
    follows = follows + shift * [1.0, 0.0, 1.0]
    share = np.linspace(0, 1, overlap + 2)[1:-1, None, None]
    share = share**2 * (3 - 2 * share)
    met = first[-overlap:] * (1 - share) + follows[:overlap] * share
    return np.concatenate([first[:-overlap], met, follows[overlap:]])


def upper_and_lower(upper: FloatArray, lower: FloatArray) -> FloatArray:
    """The trunk, arms and head of one motion on the legs of another, as long as the shorter one.

    The upper body keeps its place and its turn relative to its hips.
    """
    count = min(len(upper), len(lower))
    above, below = upper[:count], lower[:count]
    turn = _about_up(headings(below) - headings(above))[:, None]
    joints = below.copy()
    joints[:, _UPPER] = below[:, :1] + rotation.rotate(turn, above[:, _UPPER] - above[:, :1])
    return joints


def headings(joints: FloatArray) -> FloatArray:
    """(T,) radians about +Y from +Z to where the hips face, without jumps; to the left is positive."""
    left = joints[:, _HIPS[0]] - joints[:, _HIPS[1]]
    angles: FloatArray = np.unwrap(np.arctan2(-left[:, 2], left[:, 0]))
    return angles


def _about_up(angles: FloatArray) -> FloatArray:
    return rotation.about_axis("Y", angles)

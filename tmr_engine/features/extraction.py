"""Joint positions to features (Guo et al. 2022, as TMR takes them).

The 263 numbers of frame t:

    0        half the change of the inverse heading, radians per frame
    1-2      the root's horizontal step (x, z) in the next frame's facing frame, metres
    3        the root's height, metres
    4-66     joints 1 to 21 relative to the root's ground point, in the facing frame, metres
    67-192   joints 1 to 21: the first two columns of the bone's swing matrix
    193-258  joints 0 to 21: the step to the next frame, in the facing frame, metres
    259-262  contact of left ankle, left foot, right ankle, right foot: 0 or 1
"""

from __future__ import annotations

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .skeletons import HUMANML3D, FeatureSkeleton, bone_lengths
from .swings import check_joints, facing_turn, positions, swings

FEATURE_FPS = 20.0
FEATURE_WIDTH = HUMANML3D.width


def joints_to_features(joints: FloatArray, skeleton: FeatureSkeleton = HUMANML3D) -> FloatArray:
    """Features of a motion.

    Args:
        joints: (T, 22 or more, 3) metres, Y up, 20 frames per second, SMPL's joint order, anywhere.
        skeleton: another than HumanML3D's; joints, unit and rate are then its own.

    Returns:
        (T-1, 263) float32, not normalised (KIT-ML: 251).

    Raises:
        FeatureError: wrong shape, fewer than two frames, or a value that is not finite.
    """
    joints = canonical_joints(uniform_joints(joints, skeleton), skeleton)
    quats = swings(joints, skeleton, smooth=True)
    root = quats[:, 0]
    steps = joints[1:] - joints[:-1]
    turn = rotation.multiply(root[1:], rotation.conjugate(root[:-1]))
    # Q1: `root` flips sign where the heading passes 180 degrees, and that frame's number with it
    yaw = np.arcsin(np.clip(turn[:, 2], -1.0, 1.0))
    root_step = rotation.rotate(root[1:], steps[:, 0])
    local = joints[:-1].copy()
    local[:, :, [0, 2]] -= local[:, :1, [0, 2]]
    here = root[:-1, None]
    columns = rotation.to_matrix(quats[:-1, 1:])[..., :2]
    contacts = np.sum(steps[:, skeleton.contact_joints] ** 2, axis=-1) < skeleton.contact_step_squared
    blocks = [
        yaw[:, None],
        root_step[:, [0, 2]],
        joints[:-1, 0, 1:2],
        rotation.rotate(here, local[:, 1:]).reshape(len(steps), -1),
        np.swapaxes(columns, -1, -2).reshape(len(steps), -1),
        rotation.rotate(here, steps).reshape(len(steps), -1),
        contacts,
    ]
    return np.concatenate(blocks, axis=-1).astype(np.float32)


def uniform_joints(joints: FloatArray, skeleton: FeatureSkeleton = HUMANML3D) -> FloatArray:
    """The motion on the reference skeleton: bone directions kept, all bodies the same size.

    Args:
        joints: (T, 22 or more, 3) metres.
        skeleton: as `joints_to_features`.

    Returns:
        (T, 22, 3) metres, float64. Bone lengths of the source are those of its first frame.
    """
    joints = check_joints(joints, skeleton)
    legs = list(skeleton.scale_bones)
    scale = skeleton.lengths[legs].sum() / bone_lengths(joints[0], skeleton.parents)[legs].sum()
    return positions(swings(joints, skeleton, smooth=False), joints[:, 0] * scale, skeleton)


def canonical_joints(joints: FloatArray, skeleton: FeatureSkeleton = HUMANML3D) -> FloatArray:
    """The motion put on the floor (lowest joint of the clip at 0), at the origin, facing +Z in frame 0.

    Args:
        joints: (T, 22, 3) metres.
        skeleton: as `joints_to_features`.

    Returns:
        (T, 22, 3) metres.
    """
    moved = joints - [joints[0, 0, 0], joints[..., 1].min(), joints[0, 0, 2]]
    return rotation.rotate(facing_turn(moved, skeleton), moved)

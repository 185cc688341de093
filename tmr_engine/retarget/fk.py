"""Poses a rig from its channels as Blender does, so that a solution can be measured without Blender."""

from __future__ import annotations

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .rig import Rig
from .solution import Solution


def pose_rig(rig: Rig, solution: Solution) -> FloatArray:
    """Pose matrices of every bone for every frame.

    Follows Blender's rules for `inherit_rotation`, `use_local_location` and connected bones; no bone is
    scaled, so `inherit_scale` has nothing to do. Constraints, drivers and locked channels are not looked at.
    Bones without keys are at rest.

    Args:
        rig: B bones.
        solution: T frames.

    Returns:
        (T, B, 4, 4) armature space.
    """
    frames = solution.frames
    rotations = rotation.identity(frames, len(rig))
    locations = np.zeros((frames, len(rig), 3))
    for motion in solution.bones:
        bone = rig.indices[motion.bone]
        if motion.rotation is not None:
            rotations[:, bone] = motion.rotation
        if motion.location is not None and not rig.connected[bone]:
            locations[:, bone] = motion.location
    basis = rotation.to_matrix(rotations)
    pose = np.zeros((frames, len(rig), 4, 4))
    pose[:, :, 3, 3] = 1.0
    for bone, parent in enumerate(rig.parents.tolist()):
        rest = rig.rest_matrices[bone]
        if parent < 0:
            turning, origin = rest[:3, :3], rest[:3, 3]
            sliding = rest[:3, :3] if rig.use_local_location[bone] else np.eye(3)
        else:
            offset = np.linalg.inv(rig.rest_matrices[parent]) @ rest
            above = pose[:, parent, :3, :3]
            inherited = above if rig.inherit_rotation[bone] else rig.rest_matrices[parent, :3, :3]
            turning = inherited @ offset[:3, :3]
            sliding = above @ offset[:3, :3] if rig.use_local_location[bone] else above
            origin = above @ offset[:3, 3] + pose[:, parent, :3, 3]
        pose[:, bone, :3, :3] = turning @ basis[:, bone]
        slid = (sliding @ locations[:, bone, :, None])[..., 0]
        pose[:, bone, :3, 3] = origin + slid
    return pose

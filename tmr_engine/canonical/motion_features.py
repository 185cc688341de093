"""Any human motion to the features that TMR reads."""

from __future__ import annotations

from ..features import FEATURE_FPS, joints_to_features
from ..motion import Motion
from ..motion.resample import resample
from ..motion.rotation import FloatArray
from .joints import smpl_joints


def feature_joints(motion: Motion) -> FloatArray:
    """(T, 22, 3) joints at the rate of the features: by time, not by dropping frames.

    Raises:
        RetargetError: the skeleton is no human's, or lacks a limb.
    """
    return smpl_joints(resample(motion, FEATURE_FPS))


def motion_features(motion: Motion) -> FloatArray:
    """(T, 263) float32 features, 20 frames per second.

    Raises:
        RetargetError: as `feature_joints`.
        FeatureError: the motion is shorter than two frames.
    """
    return joints_to_features(feature_joints(motion))

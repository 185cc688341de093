"""Motion features: the 263 numbers a frame of HumanML3D (Guo et al. 2022), at 20 frames per second.

Joint positions to features and back. Y up, metres; a person who faces +Z has the left side at +X.
KIT-ML's 251 numbers are the same of another skeleton (`kit_skeleton`).
"""

from .extraction import FEATURE_FPS, FEATURE_WIDTH, canonical_joints, joints_to_features, uniform_joints
from .mirror import mirror_joints
from .normalisation import Statistics
from .recovery import features_to_joints, features_to_joints_by_rotation
from .skeletons import HUMANML3D, JOINT_NAMES, FeatureSkeleton, kit_skeleton

__all__ = [
    "FEATURE_FPS",
    "FEATURE_WIDTH",
    "HUMANML3D",
    "JOINT_NAMES",
    "FeatureSkeleton",
    "Statistics",
    "canonical_joints",
    "features_to_joints",
    "features_to_joints_by_rotation",
    "joints_to_features",
    "kit_skeleton",
    "mirror_joints",
    "uniform_joints",
]

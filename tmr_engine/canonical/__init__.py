"""Any human motion on the canonical skeleton: the 22 joints of SMPL, Y up, metres, facing +Z at rest.

`smpl_joints(motion) -> (T, 22, 3)` gives positions, `to_canonical(motion) -> Motion` a skeleton that moves,
`motion_features(motion) -> (T, 263)` what TMR reads.
"""

from .joints import smpl_joints
from .motion_features import feature_joints, motion_features
from .skeleton import to_canonical

__all__ = ["feature_joints", "motion_features", "smpl_joints", "to_canonical"]

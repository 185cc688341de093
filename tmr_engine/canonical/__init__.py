"""Any human motion on the canonical skeleton: the 22 joints of SMPL, Y up, metres, facing +Z at rest.

`smpl_joints(motion) -> (T, 22, 3)` gives positions, `to_canonical(motion) -> Motion` a skeleton that moves.
"""

from .joints import smpl_joints
from .skeleton import to_canonical

__all__ = ["smpl_joints", "to_canonical"]

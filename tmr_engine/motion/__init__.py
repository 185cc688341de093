"""Motion as arrays: skeletons, rotations, forward kinematics, resampling, measured facts. Reads no file.

Letters in shapes: T frames, J joints of a source skeleton, B bones of a target rig, N clips, D width.
Frame of reference: metres, right-handed, Y up; quaternions are (w, x, y, z), unit, Hamilton product.
"""

from .motion import Motion, Source
from .skeleton import Skeleton

__all__ = ["Motion", "Skeleton", "Source"]

"""Retargeting: understands rigs and skeletons, and solves a motion for a rig. Arrays in, arrays out.

    mapping = map_rig(rig)
    solution = solve(motion, map_skeleton(motion.skeleton), rig, mapping, SolveOptions(fps=24.0))
    for curve in solution.curves(): ...

`map_rig(rig, overrides=None) -> Mapping` and `map_skeleton(skeleton) -> Mapping` raise RetargetError when
the armature or the skeleton is refused. `placement(rig, mapping, pose_matrices=None) -> Placement` says
where the character stands and which way it faces in a pose; `SolveOptions(place=...)` starts the clip there.
"""

from .options import Placement, SolveOptions
from .rig import BoneConstraint, Rig, rig_from_json, rig_to_json
from .solution import BoneMotion, Curve, Solution, Switch

__all__ = [
    "BoneConstraint",
    "BoneMotion",
    "Curve",
    "Placement",
    "Rig",
    "Solution",
    "SolveOptions",
    "Switch",
    "rig_from_json",
    "rig_to_json",
]

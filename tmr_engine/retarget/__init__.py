"""Retargeting: understands rigs and skeletons, and solves a motion for a rig. Arrays in, arrays out.

    mapping = map_rig(rig)
    solution = solve(motion, map_skeleton(motion.skeleton), rig, mapping, SolveOptions(fps=24.0))
    for curve in solution.curves(): ...

`map_rig(rig, overrides=None) -> Mapping` and `map_skeleton(skeleton) -> Mapping` raise RetargetError when
the armature or the skeleton is refused. `placement(rig, mapping, pose_matrices=None) -> Placement` says
where the character stands and which way it faces in a pose; `SolveOptions(place=...)` starts the clip there.
"""

from .mapping import map_rig, map_skeleton
from .options import Placement, SolveOptions
from .placing import placement
from .rig import BoneConstraint, Rig, rig_from_json, rig_to_json
from .roles import Mapping
from .solution import BoneMotion, Curve, Solution, Switch
from .solve import solve, turns_of_skeleton

__all__ = [
    "BoneConstraint",
    "BoneMotion",
    "Curve",
    "Mapping",
    "Placement",
    "Rig",
    "Solution",
    "SolveOptions",
    "Switch",
    "map_rig",
    "map_skeleton",
    "placement",
    "rig_from_json",
    "rig_to_json",
    "solve",
    "turns_of_skeleton",
]

"""Where a character stands and faces, and the hips' path in its proportions."""

from __future__ import annotations

import numpy as np

from ..motion import Motion, rotation
from ..motion.rotation import FloatArray
from .body import Body
from .figure import Z_UP, figure_of_rig
from .options import Placement, SolveOptions
from .rig import Rig, transform
from .roles import SIDES, Mapping

# a foot this far below 0 (share of the leg) says that the file's floor is not at 0
_BELOW_FLOOR = 0.06
# a lowest foot this far above 0 does so too; less is a character that sits, climbs or jumps
_ABOVE_FLOOR = 0.6


def target_body(rig: Rig, mapping: Mapping) -> Body:
    """The armature as a body; it stands on its origin's plane or on the world's, by convention."""
    return Body(figure_of_rig(rig), mapping, floors=(float(rig.matrix_world[2, 3]), 0.0))


def placement(rig: Rig, mapping: Mapping, pose_matrices: FloatArray | None = None) -> Placement:
    """Where the character stands and which way it faces.

    Args:
        rig: the armature.
        mapping: its map.
        pose_matrices: (B, 4, 4) evaluated pose, armature space; None takes the pose stored in the rig, and
            the rest pose where it stores none.
    """
    pose = rig.pose_matrices if pose_matrices is None else pose_matrices
    body = target_body(rig, mapping)
    if pose is None:
        return Placement(np.array([*body.middle[:2], body.ground]), _flat(body.axes[:, 2]))
    hips = rig.indices[str(mapping.bone("hips"))]
    moved = (
        rig.matrix_world @ pose[hips] @ np.linalg.inv(rig.calibration[hips]) @ np.linalg.inv(rig.matrix_world)
    )
    middle = transform(moved, body.middle)
    facing = _heading(moved[:3, :3] @ body.axes)
    # the ground moves only with what the clip does not move: a root bone, not the hips
    top = rig.indices[body.figure.names[body.figure.ancestors(hips)[-1]]]
    lift = 0.0
    if top != hips:
        world = rig.matrix_world[:3, :3]
        lift = float((world @ (pose[top][:3, 3] - rig.calibration[top][:3, 3]))[2])
    return Placement(np.array([*middle[:2], body.ground + lift]), facing)


def _heading(axes: FloatArray) -> FloatArray:
    """(3,) horizontal facing of body axes (columns left, up, forward).

    From the lateral axis, which stays level in most poses; lying on a side it does not, and forward is taken.
    """
    left = axes[:, 0] / np.linalg.norm(axes[:, 0])
    if np.hypot(left[0], left[1]) > 0.5:
        return _flat(np.array([left[1], -left[0], 0.0]))
    return _flat(axes[:, 2])


def _flat(vector: FloatArray) -> FloatArray:
    flat = np.array([vector[0], vector[1], 0.0])
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-9 else np.array([0.0, -1.0, 0.0])


def source_floor(motion: Motion, body: Body) -> float:
    """Height of the floor that the clip happens on: 0 or the rest pose's, if feet are near one of them."""
    names = [body.mapping.bone(f"{side}_{part}") for side in SIDES for part in ("foot", "toe")]
    joints = [motion.skeleton.index(name) for name in names if name is not None]
    if not joints:
        return 0.0
    clearance = max(0.0, body.lowest_foot - body.ground)
    low = float(np.percentile(motion.world[0][:, joints, 1].min(axis=1), 5)) - clearance
    for floor in (0.0, body.ground):  # files whose origin is the hips stand on the latter
        if -_BELOW_FLOOR * body.leg <= low - floor <= _ABOVE_FLOOR * body.leg:
            return floor
    return low


def source_middle(motion: Motion, body: Body) -> FloatArray:
    """(T, 3) the middle of the source's hip joints, Z up."""
    names = [body.mapping.bone(f"{side}_upper_leg") for side in SIDES]
    if None in names:
        names = [body.mapping.bone("hips")]
    joints = [motion.skeleton.index(str(name)) for name in names]
    middle: FloatArray = motion.world[0][:, joints].mean(axis=1) @ Z_UP.T
    return middle


def turn_to(source: Body, target: Body, motion: Motion, place: Placement | None) -> FloatArray:
    """(4,) the turn about the vertical from the source's world to the target's.

    Without a place the two rest poses are made to face the same way; with one, the first frame faces
    as the place says.
    """
    if place is None:
        start, end = _flat(source.axes[:, 2]), _flat(target.axes[:, 2])
    else:
        joint = motion.skeleton.index(str(source.mapping.bone("hips")))
        rest, now = motion.skeleton.rest_pose[1][joint], motion.world[1][0, joint]
        turned = Z_UP @ rotation.to_matrix(rotation.multiply(now, rotation.conjugate(rest))) @ Z_UP.T
        start, end = _heading(turned @ source.axes), _flat(np.asarray(place.facing, dtype=np.float64))
    angle = np.arctan2(end[1], end[0]) - np.arctan2(start[1], start[0])
    return rotation.about_axis("Z", np.asarray(angle))


def hips_path(
    motion: Motion, source: Body, target: Body, turn: FloatArray, options: SolveOptions
) -> FloatArray:
    """(T, 3) where the middle of the target's hip joints goes, in the world.

    The source's path is scaled about the ground point below its rest pose, so feet that reach the floor still
    do. Height takes the ratio of the legs, and so does the way over ground unless the options say otherwise.
    """
    legs = target.leg / source.leg
    origin = np.array([*source.middle[:2], source_floor(motion, source)])
    flat = options.path_scale or legs
    turned = rotation.rotate(turn, (source_middle(motion, source) - origin) * np.array([flat, flat, legs]))
    if options.place is None:
        base = np.array([*target.middle[:2], target.ground])
    else:
        base = np.asarray(options.place.ground, dtype=np.float64) - np.array([*turned[0, :2], 0.0])
    path: FloatArray = turned + base
    return path

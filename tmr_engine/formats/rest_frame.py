"""Recognises a leading rest-pose frame, leaves it out, and finds the pose that calibrates a skeleton."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..motion import Motion, Skeleton, rotation
from ..motion.rotation import FloatArray
from .body import Body, find_body, shows_human, straightness, trunk_up, unit

_FEWEST_FRAMES = 4
# The step out of a rest frame is this many times larger than nearly all steps of the take's first second ...
_JUMP_RATIO = 6.0
# ... and this large in itself, mean over the moving joints.
_JUMP_RAD = np.radians(4.0)
# Filtered files smear the jump over some frames: steps this many times larger than usual belong to it.
_SMEAR_RATIO = 3.0
_SMEAR_S = 0.05
_STRAIGHT = 0.9
# Exporters pose a T from a slightly bent zero pose: it is this much nearer to rest than the frame after it.
_NEAR_REST = 0.25
# A rest pose leans less than 45 degrees, and bends no elbow or knee by more than 75 (cosines).
_UPRIGHT = 0.7
_BENT = 0.25
_CALIBRATION_FRAMES = 600


def without_rest_frames(motion: Motion) -> Motion:
    """The motion on a usable rest pose (`with_usable_rest`), leading rest-pose frames left out."""
    body = find_body(motion.skeleton.parents.tolist(), motion.skeleton.offsets)
    leading = leading_rest_frames(motion, body) if body is not None else 0
    motion = with_usable_rest(motion, 0 if leading else None)
    return _without_first(motion, leading) if leading else motion


def with_usable_rest(motion: Motion, frame: int | None = None) -> Motion:
    """The motion on a skeleton whose rest pose shows a person who stands with straight limbs.

    The rest pose of the file is kept where it does. It does not where every bone points along +X (LAFAN1,
    SOMA), and where an exporter wrote the first frame of the take as rest (some FBX).

    Args:
        motion: as read, Y up.
        frame: whose pose takes the place of an unusable one; the frame that stands straightest if None.
    """
    body = find_body(motion.skeleton.parents.tolist(), motion.skeleton.offsets)
    if body is None or _is_usable(body, motion.skeleton.rest_pose[0]):
        return motion
    frame = _straightest_frame(motion, body) if frame is None else frame
    posed = replace(motion.skeleton, rest_rotations=motion.rotations[frame].copy())
    return replace(motion, skeleton=standing(posed))


def _is_usable(body: Body, rest: FloatArray) -> bool:
    stands = float(trunk_up(body, rest)[1]) > _UPRIGHT and float(straightness(body, rest)) > _BENT
    return stands and shows_human(body, rest)


def leading_rest_frames(motion: Motion, body: Body) -> int:
    """How many frames at the start are a rest pose put before the take, or its smear into the take.

    A rest frame stands straight, or lies near the skeleton's rest pose, and then the body jumps. A smeared
    one comes out of the rest pose in a few large steps that die away.
    """
    if len(motion) < _FEWEST_FRAMES:
        return 0
    window = motion.rotations[: int(motion.fps) + 2]
    steps = rotation.angle_between(window[1:], window[:-1])
    moving = steps.max(axis=0) > 1e-4
    if not moving.any():
        return 0
    sizes = steps[:, moving].mean(axis=1)
    longest = max(1, int(_SMEAR_S * motion.fps))
    usual = float(np.percentile(sizes[longest:] if len(sizes) > 2 * longest else sizes[1:], 90))
    if sizes[0] < max(_JUMP_RAD, _JUMP_RATIO * usual):
        return 0
    count = int(np.argmin(sizes > _SMEAR_RATIO * usual))
    from_rest = rotation.angle_between(window[:, 1:], motion.skeleton.rest_rotations[1:]).mean(axis=1)
    if count > 1:
        distance = from_rest[: count + 1]
        leaves_rest = bool((np.diff(distance) > 0).all()) and distance[0] < 0.6 * distance[count]
        return count if count <= longest and leaves_rest else 0
    first = replace(motion, root_translation=motion.root_translation[:1], rotations=motion.rotations[:1])
    pose = first.world[0][0]
    stands = shows_human(body, pose) and float(straightness(body, pose)) > _STRAIGHT
    return 1 if stands or from_rest[0] <= _NEAR_REST * from_rest[1] else 0


def _straightest_frame(motion: Motion, body: Body) -> int:
    """The frame most like a rest pose: upright, limbs straight, legs together under the trunk."""
    step = max(1, len(motion) // _CALIBRATION_FRAMES)
    sparse = replace(
        motion, root_translation=motion.root_translation[::step], rotations=motion.rotations[::step]
    )
    positions = sparse.world[0]
    score = 2.0 * trunk_up(body, positions)[..., 1] + straightness(body, positions)
    for hip, _, ankle in body.legs:
        score = score - unit(positions[:, ankle] - positions[:, hip])[:, 1]
    return int(np.argmax(score)) * step


def standing(skeleton: Skeleton) -> Skeleton:
    """The skeleton with its rest pose over the world's origin, the lowest joint on the floor."""
    offsets: FloatArray = skeleton.offsets.copy()
    offsets[0] = [0.0, offsets[0][1] - skeleton.rest_pose[0][:, 1].min(), 0.0]
    return replace(skeleton, offsets=offsets)


def _without_first(motion: Motion, count: int) -> Motion:
    start_s = motion.source.start_s + count / motion.fps
    return replace(
        motion,
        root_translation=motion.root_translation[count:],
        rotations=motion.rotations[count:],
        source=replace(motion.source, start_s=start_s),
    )

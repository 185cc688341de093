"""Plain measured facts of a motion: how far, how fast, how much it turns."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from . import rotation
from .motion import Motion
from .rotation import FloatArray
from .skeleton import Skeleton

_HIPS = re.compile(r"(?:^|[^a-z])(?:hips|pelvis)$|^hip$")
_STEP_S = 0.1  # a body does not change its course faster; shorter steps would add up capture noise


@dataclass(frozen=True)
class Facts:
    """What a list of clips shows beside the caption.

    Args:
        travelled_m: length of the hips' path over the ground, metres.
        mean_speed_mps: travelled_m over the duration, metres a second; 0 for a single frame.
        net_turn_deg: how far the hips face away from where they faced at the start, in degrees, whole turns
            counted; to the left is positive.
    """

    travelled_m: float
    mean_speed_mps: float
    net_turn_deg: float


def measure(motion: Motion) -> Facts:
    """The facts of a motion, from the path and the heading of its hips."""
    positions, turns = _joint_path(motion, hips_joint(motion.skeleton))
    travelled = _ground_path(positions, motion.fps)
    duration = motion.duration_s
    return Facts(
        travelled_m=travelled,
        mean_speed_mps=travelled / duration if duration > 0 else 0.0,
        net_turn_deg=float(np.degrees(_net_turn(turns))),
    )


def hips_joint(skeleton: Skeleton) -> int:
    """The hips: by name, else the first joint below the root where the skeleton branches.

    Many files have joints above the hips (an armature, a ground root), so the root alone will not do.
    """
    for joint, name in enumerate(skeleton.names):
        if _HIPS.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()):
            return joint
    joint = 0
    while len(skeleton.children[joint]) == 1:
        joint = skeleton.children[joint][0]
    return joint if skeleton.children[joint] else 0


def _joint_path(motion: Motion, joint: int) -> tuple[FloatArray, FloatArray]:
    """World positions (T, 3) and rotations (T, 4) of one joint; only the joints above it are computed."""
    chain = [joint]
    while chain[-1] != 0:
        chain.append(int(motion.skeleton.parents[chain[-1]]))
    positions = motion.root_translation
    turns = motion.rotations[:, 0]
    for below in reversed(chain[:-1]):
        positions = positions + rotation.rotate(turns, motion.skeleton.offsets[below])
        turns = rotation.multiply(turns, motion.rotations[:, below])
    return positions, turns


def _ground_path(positions: FloatArray, fps: float) -> float:
    """Metres along the ground plane (Y up), sampled every tenth of a second; the last frame counts."""
    stride = max(1, round(fps * _STEP_S))
    frames = np.append(np.arange(0, len(positions) - 1, stride), len(positions) - 1)
    steps = np.diff(positions[frames][:, [0, 2]], axis=0)
    return float(np.linalg.norm(steps, axis=1).sum())


def _net_turn(turns: FloatArray) -> float:
    """Radians about +Y between the first and the last heading, left positive, whole turns counted.

    Any axis fixed to the body shows its heading while it stays clear of the vertical, so the one of the
    joint's three axes that keeps the largest share of its length in the ground plane is followed: no
    knowledge of how the file orients its joints is needed.
    """
    axes = rotation.rotate(turns[:, None], np.eye(3)[None])
    flat = np.linalg.norm(axes[..., [0, 2]], axis=-1)
    best = int(np.argmax(np.percentile(flat, 5, axis=0)))
    heading = np.unwrap(np.arctan2(axes[:, best, 0], axes[:, best, 2]))
    return float(heading[-1] - heading[0])

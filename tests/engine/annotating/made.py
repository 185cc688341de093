"""Bodies made of formulas: 22 joints that stand facing +Z, left on +X, metres."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tmr_engine.formats.smpl_body import neutral_skeleton

FPS = 30.0
LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST, LEFT_ANKLE, LEFT_TOE, LEFT_KNEE = 18, 19, 20, 21, 7, 10, 4
_SIDED = [[0.1, 0.9, 0.0], [0.1, 0.5, 0.02], [0.1, 0.08, 0.0], [0.1, 0.02, 0.14]]
_ARM = [[0.05, 1.42, 0.0], [0.18, 1.42, 0.0], [0.2, 1.15, 0.0], [0.2, 0.9, 0.03]]


def standing(seconds: float) -> np.ndarray:
    """(T, 22, 3) a body that stands still with hanging arms."""
    pose = np.zeros((22, 3))
    for joint, height in ((0, 0.95), (3, 1.05), (6, 1.2), (9, 1.3), (12, 1.5), (15, 1.6)):
        pose[joint, 1] = height
    lefts = (1, 4, 7, 10, 13, 16, 18, 20)
    for joint, place in zip(lefts, [*_SIDED, *_ARM], strict=True):
        pose[joint] = place
        pose[joint + 1] = [-place[0], place[1], place[2]]
    return np.repeat(pose[None], round(seconds * FPS) + 1, axis=0)


def ramp(count: int) -> np.ndarray:
    """0 to 1 evenly."""
    return np.linspace(0.0, 1.0, count)


def raising_left_arm(seconds: float = 2.0) -> np.ndarray:
    """The left arm goes up in front until it points upwards."""
    joints = standing(seconds)
    shoulder = joints[:, 16]
    for joint in (LEFT_ELBOW, LEFT_WRIST):
        length = np.linalg.norm(joints[0, joint] - shoulder[0])
        angle = np.pi * ramp(len(joints))
        joints[:, joint] = shoulder + length * np.stack(
            [np.zeros_like(angle), -np.cos(angle), np.sin(angle)], axis=-1
        )
    return joints


def moving(joints: np.ndarray, way: tuple[float, float, float]) -> np.ndarray:
    """The joints carried evenly along a way, metres."""
    return joints + ramp(len(joints))[:, None, None] * np.array(way)


def turning_left(degrees: float, seconds: float = 2.0) -> np.ndarray:
    """A body that turns on the spot: +Y is up, so a turn to the left carries +Z to +X."""
    joints = standing(seconds)
    angle = np.radians(degrees) * ramp(len(joints))
    sine, cosine = np.sin(angle)[:, None], np.cos(angle)[:, None]
    x, z = joints[..., 0].copy(), joints[..., 2].copy()
    joints[..., 0], joints[..., 2] = cosine * x + sine * z, cosine * z - sine * x
    return joints


def data_folder(folder: Path) -> Path:
    """A data folder with one clip "go" of 3 s: a T-pose that slides 2 m forward."""
    skeleton = neutral_skeleton()
    frames = round(3 * FPS) + 1
    quats = np.zeros((frames, len(skeleton), 4), np.int16)
    quats[..., 3] = 32767
    root = np.array([0.0, 0.95, 0.0]) + ramp(frames)[:, None] * [0.0, 0.0, 2.0]
    np.savez(
        folder / "go.npz",
        quat=quats,
        root=root.astype(np.float32),
        offsets=skeleton.offsets.astype(np.float32),
        fps=FPS,
        skeleton="made",
    )
    table = {"made": {"joints": list(skeleton.names), "parents": skeleton.parents.tolist()}}
    (folder / "skeletons.json").write_text(json.dumps(table))
    (folder / "manifest.csv").write_text("id,file,source,description\ngo,go.npz,made,slide\n")
    return folder

"""The DeepMimic clips that the PyPI package pybullet carries: cleaned motion capture on 15 joints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...errors import MotionFileError
from ...motion import Motion, Skeleton, Source, rotation
from ...motion.rotation import FloatArray
from ...motion.skeleton import identity_rest
from .clip import SourceClip
from .packages import wheel_members

MOTIONS = "pybullet_data/data/motions/"
_FOLDERS = (MOTIONS + "humanoid3d_", MOTIONS + "walker/")  # laikago_walk beside them is a robot dog

# joint, parent, offset in metres (X forward, Y up, Z to the right): the facts of DeepMimic's humanoid
_JOINTS: tuple[tuple[str, str, tuple[float, float, float]], ...] = (
    ("root", "", (0.0, 0.88, 0.0)),
    ("chest", "root", (0.0, 0.236151, 0.0)),
    ("neck", "chest", (0.0, 0.223894, 0.0)),
    ("right_hip", "root", (0.0, 0.0, 0.084887)),
    ("right_knee", "right_hip", (0.0, -0.421546, 0.0)),
    ("right_ankle", "right_knee", (0.0, -0.40987, 0.0)),
    ("right_shoulder", "chest", (-0.02405, 0.2435, 0.18311)),
    ("right_elbow", "right_shoulder", (0.0, -0.274788, 0.0)),
    ("right_wrist", "right_elbow", (0.0, -0.258947, 0.0)),
    ("left_hip", "root", (0.0, 0.0, -0.084887)),
    ("left_knee", "left_hip", (0.0, -0.421546, 0.0)),
    ("left_ankle", "left_knee", (0.0, -0.40987, 0.0)),
    ("left_shoulder", "chest", (-0.02405, 0.2435, -0.18311)),
    ("left_elbow", "left_shoulder", (0.0, -0.274788, 0.0)),
    ("left_wrist", "left_elbow", (0.0, -0.258947, 0.0)),
)
# where each joint's numbers start in a row of 44; knees and elbows have one angle about their own Z
_QUATERNIONS = {
    "root": 4, "chest": 8, "neck": 12, "right_hip": 16, "right_ankle": 21, "right_shoulder": 25,
    "left_hip": 30, "left_ankle": 35, "left_shoulder": 39,
}  # fmt: skip
_HINGES = {"right_knee": 20, "right_elbow": 29, "left_knee": 34, "left_elbow": 43}
_ROW = 44


def clips(package: Path) -> Iterator[SourceClip]:
    """All human clips, by take name.

    Args:
        package: the wheel.
    """
    for name, data in wheel_members(
        package, lambda name: name.startswith(_FOLDERS) and name.endswith(".txt")
    ):
        take = name.removeprefix(MOTIONS).removesuffix(".txt").removeprefix("humanoid3d_")
        yield SourceClip(take, read_motion(data), name)


def skeleton() -> Skeleton:
    """The 15 joints; the rest pose is the zero pose: standing, facing +X, arms and legs straight down."""
    names = tuple(name for name, _, _ in _JOINTS)
    return Skeleton(
        names,
        np.array([names.index(parent) if parent else -1 for _, parent, _ in _JOINTS]),
        np.array([offset for _, _, offset in _JOINTS]),
        identity_rest(len(_JOINTS)),
    )


def read_motion(data: bytes) -> Motion:
    """One clip file: JSON whose `Frames` rows are seconds to the next row, root position, then rotations.

    Rows are laid on an even grid of the file's usual frame time (one file has a single longer step).
    """
    rows = np.array(json.loads(data)["Frames"], dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != _ROW:
        raise MotionFileError(f"rows have shape {rows.shape}, expected {_ROW} numbers each")
    times = np.concatenate([[0.0], np.cumsum(rows[:-1, 0])])
    fps = float(round(1.0 / float(np.median(rows[:-1, 0]))))
    grid = np.arange(int(np.floor(times[-1] * fps + 0.01)) + 1) / fps

    people = skeleton()
    local = rotation.identity(len(rows), len(people))
    for name, column in _QUATERNIONS.items():
        local[:, people.index(name)] = rotation.normalize(rows[:, column : column + 4])
    for name, column in _HINGES.items():
        local[:, people.index(name)] = rotation.about_axis("Z", rows[:, column])
    roots, turns = _on_grid(times, grid, rows[:, 1:4], local)
    return Motion(people, roots, rotation.continuous(turns), fps, Source(end_s=float(grid[-1])))


def _on_grid(
    times: FloatArray, grid: FloatArray, roots: FloatArray, local: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Roots (T, 3) and rotations (T, J, 4) at uneven times (T,), read at the times of a grid."""
    below = np.clip(np.searchsorted(times, grid + 1e-9, side="right") - 1, 0, len(times) - 2)
    weight = np.clip((grid - times[below]) / (times[below + 1] - times[below]), 0.0, 1.0)
    between = rotation.slerp(local[below], local[below + 1], weight[:, None])
    return roots[below] + (roots[below + 1] - roots[below]) * weight[:, None], between

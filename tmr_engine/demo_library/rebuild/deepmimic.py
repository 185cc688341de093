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

# The facts of DeepMimic's humanoid. offset: metres, X forward, Y up, Z to the right; quaternion, hinge: where
# the joint's numbers start in a row, and whether they are a quaternion or one angle about its own Z.
_JOINTS = json.loads(Path(__file__).with_name("deepmimic_joints.json").read_text(encoding="utf-8"))
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
    names = tuple(joint["name"] for joint in _JOINTS)
    return Skeleton(
        names,
        np.array([names.index(joint["parent"]) if joint["parent"] else -1 for joint in _JOINTS]),
        np.array([joint["offset"] for joint in _JOINTS]),
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
    for place, joint in enumerate(_JOINTS):
        if "quaternion" in joint:
            first = joint["quaternion"]
            local[:, place] = rotation.normalize(rows[:, first : first + 4])
        elif "hinge" in joint:
            local[:, place] = rotation.about_axis("Z", rows[:, joint["hinge"]])
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

"""Contact sheets: every clip as a row of poses, so that a person can look at all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...motion import Motion, Skeleton, rotation
from ...motion.facts import measure
from ...motion.rotation import FloatArray
from .canvas import Canvas
from .figure import bones, hands, heading, hips

POSES = 8
CLIPS_A_SHEET = 6

_CELL = 94  # pixels wide
_MAP = 96  # the path from above, right of the poses
_ROW = 206
_LABEL = 26
_PIXELS_A_METRE = 74
_GROUND = _ROW - 14
_WIDTH = 2 * POSES * _CELL + _MAP
_LINE = (190, 190, 190)
_PATH = (30, 140, 60)


def write_sheets(rows: list[tuple[str, Motion]], folder: Path, prefix: str) -> list[Path]:
    """Sheets of six clips each, as PNG files.

    A clip's row has its poses from the front (left half) and from its right side (right half), both as seen
    at its first frame, then its path from above (up is where it faces at first). Left limbs are red, right
    limbs are blue; the grey line is the ground.

    Args:
        rows: label and motion of each clip.
        folder: is made if it is not there.
        prefix: of the file names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for first in range(0, len(rows), CLIPS_A_SHEET):
        part = rows[first : first + CLIPS_A_SHEET]
        canvas = Canvas(len(part) * _ROW, _WIDTH)
        for place, (label, motion) in enumerate(part):
            _draw_clip(canvas, place * _ROW, label, motion)
        paths.append(folder / f"{prefix}_{first // CLIPS_A_SHEET:03d}.png")
        canvas.write_png(paths[-1])
    return paths


def hand_activity(motion: Motion) -> tuple[float, float]:
    """Metres that the left and the right hand move in the axes of the hips, over the whole clip."""
    positions, turns = motion.world
    root = hips(motion.skeleton)
    away = positions - positions[:, root, None]
    own = rotation.rotate(rotation.conjugate(turns[:, root, None]), away)
    paths = {
        letter: float(np.linalg.norm(np.diff(own[:, joint], axis=0), axis=-1).sum())
        for letter, joint in hands(motion.skeleton).items()
    }
    return paths["L"], paths["R"]


def _draw_clip(canvas: Canvas, top: int, label: str, motion: Motion) -> None:
    canvas.line(np.array([0.0, top]), np.array([float(_WIDTH), top]), _LINE, 1.0)
    canvas.text(6, top + 6, f"{label}  {describe(motion)}")
    frames = np.linspace(0, len(motion) - 1, POSES).round().astype(int)
    ahead = heading(motion)
    left = np.cross([0.0, 1.0, 0.0], ahead)
    views = ((left, ahead), (ahead, -left))  # picture's right, and the axis towards the viewer
    canvas.line(np.array([0.0, top + _GROUND]), np.array([_WIDTH - _MAP, top + _GROUND]), _LINE, 1.0)
    for half, (across, towards) in enumerate(views):
        for cell, frame in enumerate(frames):
            middle = (half * POSES + cell + 0.5) * _CELL
            flat, depth = _seen_from(motion, frame, across, towards)
            _draw_pose(canvas, motion.skeleton, flat + [middle, top + _GROUND], depth)
    _draw_path(canvas, top, motion, left, ahead)


def describe(motion: Motion) -> str:
    """Duration and measured facts in a line."""
    facts = measure(motion)
    left, right = hand_activity(motion)
    return (
        f"{motion.duration_s:.1f}S  path {facts.travelled_m:.1f}m  turn {facts.net_turn_deg:+.0f}  "
        f"hands L{left:.1f} R{right:.1f}"
    )


def _seen_from(
    motion: Motion, frame: int, across: FloatArray, towards: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Joints of a frame in pixels (J, 2), the ground below the hips at the origin, and depth (J,)."""
    world = motion.world[0][frame]
    away = world - world[hips(motion.skeleton)] * [1.0, 0.0, 1.0]
    return np.stack([away @ across, -away[:, 1]], axis=-1) * _PIXELS_A_METRE, away @ towards


def _draw_pose(canvas: Canvas, skeleton: Skeleton, flat: FloatArray, depth: FloatArray) -> None:
    for bone in sorted(bones(skeleton), key=lambda bone: depth[bone.start] + depth[bone.end]):
        canvas.line(flat[bone.start], flat[bone.end], bone.colour, 3.0)
    for bone in bones(skeleton):
        if bone.end in hands(skeleton).values():
            canvas.line(flat[bone.end], flat[bone.end] + 0.01, bone.colour, 7.0)


def _draw_path(canvas: Canvas, top: int, motion: Motion, left: FloatArray, ahead: FloatArray) -> None:
    path = motion.world[0][:, hips(motion.skeleton)]
    flat = np.stack([-(path @ left), -(path @ ahead)], axis=-1)
    flat -= flat[0]
    size = max(float(np.ptp(flat, axis=0).max()), 1.0)
    low = (flat.min(axis=0) + flat.max(axis=0)) / 2
    middle = np.array([_WIDTH - _MAP / 2, top + _ROW / 2])
    points = (flat - low) / size * (_MAP - 24) + middle
    for frame in range(0, len(points) - 1):
        canvas.line(points[frame], points[frame + 1], _PATH, 2.0)
    canvas.line(points[0], points[0] + 0.01, (0, 0, 0), 7.0)
    canvas.text(int(middle[0]) - 30, top + _ROW - 16, f"{size:.1f}m")

"""Where a bone's F-curves are, and the keys of one F-curve as arrays."""

from __future__ import annotations

import bpy
import numpy as np

CONSTANT, LINEAR = 0, 1  # values of Keyframe.interpolation
_SAME_FRAME = 1e-3
# every stored property of a key: name -> (numbers a key, type)
_PROPERTIES = {
    "co": (2, np.float32),
    "handle_left": (2, np.float32),
    "handle_right": (2, np.float32),
    "handle_left_type": (1, np.int32),
    "handle_right_type": (1, np.int32),
    "interpolation": (1, np.int32),
    "easing": (1, np.int32),
    "type": (1, np.int32),
    "back": (1, np.float32),
    "amplitude": (1, np.float32),
    "period": (1, np.float32),
    "select_control_point": (1, bool),
    "select_left_handle": (1, bool),
    "select_right_handle": (1, bool),
}


def bone_path(bone: str, below: str) -> str:
    """The data path of a pose bone's property; `below` is its name, or begins with `[`."""
    dot = "" if below.startswith("[") else "."
    return f'pose.bones["{bpy.utils.escape_identifier(bone)}"]{dot}{below}'


def write(fcurve: bpy.types.FCurve, frames: np.ndarray, values: np.ndarray, interpolation: int) -> None:
    """Puts keys in an F-curve in place of those in their range; keys outside the range stay as they are.

    Args:
        fcurve: the F-curve.
        frames: (T,) ascending.
        values: (T,).
        interpolation: CONSTANT or LINEAR, of the new keys.
    """
    places = np.stack([frames, values], axis=1).astype(np.float32)
    kept = _outside(fcurve, frames[0], frames[-1])
    points = fcurve.keyframe_points
    if kept is None:
        points.clear()
        points.add(len(frames))
        points.foreach_set("co", places.ravel())
        points.foreach_set("interpolation", np.full(len(frames), interpolation, dtype=np.int32))
        fcurve.update()
        return
    before = int(np.count_nonzero(kept["co"][:, 0] < frames[0]))
    new = slice(before, before + len(frames))
    old = np.r_[0:before, new.stop : len(kept["co"]) + len(frames)]
    points.clear()
    points.add(len(kept["co"]) + len(frames))
    merged = _read(points)
    for name, rows in merged.items():
        rows[old] = kept[name]
    merged["co"][new] = places
    merged["interpolation"][new] = interpolation
    _set(points, merged)
    fcurve.update()  # lays the new keys' handles; it also moves automatic handles of their neighbours
    merged |= {name: _read_one(points, name) for name in ("handle_left", "handle_right")}
    for name in ("handle_left", "handle_right"):
        merged[name][old] = kept[name]
        points.foreach_set(name, merged[name].ravel())


def _outside(fcurve: bpy.types.FCurve, first: float, last: float) -> dict[str, np.ndarray] | None:
    """Every property of the keys outside a range; None when there are none."""
    if not len(fcurve.keyframe_points):
        return None
    rows = _read(fcurve.keyframe_points)
    frames = rows["co"][:, 0]
    outside = (frames < first - _SAME_FRAME) | (frames > last + _SAME_FRAME)
    return {name: values[outside] for name, values in rows.items()} if outside.any() else None


def _read(points: bpy.types.FCurveKeyframePoints) -> dict[str, np.ndarray]:
    return {name: _read_one(points, name) for name in _PROPERTIES}


def _read_one(points: bpy.types.FCurveKeyframePoints, name: str) -> np.ndarray:
    width, kind = _PROPERTIES[name]
    flat = np.zeros(len(points) * width, dtype=kind)
    points.foreach_get(name, flat)
    return flat.reshape(-1, width) if width > 1 else flat


def _set(points: bpy.types.FCurveKeyframePoints, rows: dict[str, np.ndarray]) -> None:
    for name, values in rows.items():
        points.foreach_set(name, np.ascontiguousarray(values).ravel())

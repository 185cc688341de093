"""Recognises what motion files leave unsaid: length unit, up axis, frame rate, an upright rest pose."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ..motion import rotation
from ..motion.rotation import FloatArray
from .body import Body, shows_human, stature, trunk_up

_TABLE = json.loads((Path(__file__).parent / "data" / "units.json").read_text(encoding="utf-8"))
_SHORTEST_M, _TALLEST_M = _TABLE["person_m"]
DEFAULT_FPS = 30.0
_SLOWEST_FPS, _FASTEST_FPS = 1.0, 5000.0

# (x, y, z) with Z up to (x, z, -y) with Y up: a quarter turn about X
Z_UP_TO_Y_UP = rotation.about_axis("X", np.array(-np.pi / 2))


def recognised_unit(
    parents: Sequence[int], offsets: FloatArray, names: Sequence[str], warnings: list[str]
) -> float:
    """Metres per length unit, by how tall the body stands.

    Args:
        parents, offsets: the skeleton, (J, 3) in the file's unit; bone ends may be among the joints.
        names: joint names; some units are known from one exporter only.
        warnings: gets a sentence where no unit makes a person of the skeleton.
    """
    height = stature(parents, offsets)
    if height <= 0:
        warnings.append("the skeleton has no length, so its unit cannot be recognised; metres were taken")
        return 1.0
    present = set(names)
    for unit in _TABLE["units"]:
        if present.issuperset(unit.get("names", ())) and (
            _SHORTEST_M <= height * unit["metres"] <= _TALLEST_M
        ):
            return float(unit["metres"])
    nearest = min(_TABLE["units"][:4], key=lambda unit: abs(math.log(height * unit["metres"] / 1.7)))
    warnings.append(
        f"the body would stand {height * nearest['metres']:.3g} m tall in {nearest['name']}s, "
        "which was taken as the nearest unit; set the unit if that is wrong"
    )
    return float(nearest["metres"])


def recognised_up(body: Body | None, positions: FloatArray, rest: FloatArray) -> Literal["Y", "Z"]:
    """The world's up axis, by how the body stands in it.

    Three signs are weighed: how the body stands in most frames, whether the floor is at height 0, and how
    the zero pose stands. In doubt it is Y, which most BVH files have.

    Args:
        body: where legs and head are; None gives Y.
        positions: (T, J, 3) in the file's axes, any unit.
        rest: (J, 3) the zero pose.
    """
    if body is None:
        return "Y"
    standing = np.median(trunk_up(body, positions), axis=0)
    height = float(np.median(np.ptp(positions.reshape(len(positions), -1, 3), axis=1).max(axis=-1)))
    zero_up = trunk_up(body, rest) if shows_human(body, rest) else np.zeros(3)
    scores = {}
    for axis, column in (("Y", 1), ("Z", 2)):
        floor = float(np.median(positions[..., column].min(axis=1)))
        score = 2.0 * float(standing[column]) + (abs(floor) < 0.15 * height) + (zero_up[column] > 0.7)
        scores[axis] = score
    return "Z" if scores["Z"] > scores["Y"] + 0.5 else "Y"


def recognised_fps(frame_time: float, text: str, warnings: list[str]) -> float:
    """Frames per second of a stated frame time.

    A rate in common use is taken where the written digits cannot tell it from the stated one: 0.0083333 is
    120, not 120.0005.

    Args:
        frame_time: seconds a frame; NaN where the file states no number.
        text: how the file writes it, for its digits.
        warnings: gets a sentence where the value is no frame time.
    """
    if math.isnan(frame_time) or not frame_time > 0:
        warnings.append(f'the frame time "{text[:24]}" is none; {DEFAULT_FPS:g} frames per second were taken')
        return DEFAULT_FPS
    fps = 1.0 / frame_time
    if fps < _SLOWEST_FPS <= frame_time <= _FASTEST_FPS:
        warnings.append(
            f"a frame time of {frame_time:g} seconds is a frame rate; {frame_time:g} a second were taken"
        )
        return frame_time
    if not _SLOWEST_FPS <= fps <= _FASTEST_FPS:
        warnings.append(
            f"a frame time of {frame_time:g} seconds is not believable; "
            f"{DEFAULT_FPS:g} frames per second were taken"
        )
        return DEFAULT_FPS
    digits = len(text.partition(".")[2].lower().partition("e")[0]) if "e" not in text.lower() else 9
    return nearest_rate(fps, 10.0**-digits)  # rounded or cut off


def nearest_rate(fps: float, tolerance_s: float) -> float:
    """The rate in common use whose frame time differs by no more than `tolerance_s`; else `fps` itself."""
    rate = min(_TABLE["frame_rates"], key=lambda known: abs(1.0 / known - 1.0 / fps))
    return float(rate) if abs(1.0 / rate - 1.0 / fps) <= tolerance_s else fps


def upright_turn(body: Body | None, rest: FloatArray) -> FloatArray:
    """The quarter turns (4,) that make a rest pose stand along +Y; identity where it shows no person.

    Some exporters leave the rest pose lying (Z up) and turn the root back in every frame.

    Args:
        body: the body of the skeleton.
        rest: (J, 3) world positions of the rest pose.
    """
    if body is None or not shows_human(body, rest):
        return rotation.identity()
    up = trunk_up(body, rest)
    axis = np.zeros(3)
    axis[np.argmax(np.abs(up))] = np.sign(up[np.argmax(np.abs(up))])
    return rotation.between(axis, np.array([0.0, 1.0, 0.0]))

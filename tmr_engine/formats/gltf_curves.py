"""Animation curves of glTF, sampled: STEP, LINEAR and CUBICSPLINE at even times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MotionFileError
from ..motion import rotation
from ..motion.rotation import FloatArray
from .gltf_container import Gltf

_WIDTH = {"translation": 3, "rotation": 4, "scale": 3}


@dataclass(frozen=True)
class Curve:
    """What one animation channel does to a node.

    Args:
        node: index of the node.
        path: "translation", "rotation" or "scale".
        times: (K,) seconds, rising.
        values: (K, width), or (K, 3, width) with in-tangents, values and out-tangents for CUBICSPLINE.
        interpolation: "STEP", "LINEAR" or "CUBICSPLINE".
    """

    node: int
    path: str
    times: FloatArray
    values: FloatArray
    interpolation: str

    def sample(self, times: FloatArray) -> FloatArray:
        """The curve at times (T,), held beyond its ends: (T, width); rotations are unit (x, y, z, w)."""
        times = np.clip(times, self.times[0], self.times[-1])
        last = len(self.times) - 1
        # a hair's tolerance, so that a sample on a key takes that key of a STEP curve
        at = np.clip(np.searchsorted(self.times, times + 1e-6, side="right") - 1, 0, last)
        after = np.minimum(at + 1, last)
        span = self.times[after] - self.times[at]
        share = np.clip((times - self.times[at]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
        if self.interpolation == "CUBICSPLINE":
            return self._cubic(at, after, span, share)
        if self.interpolation == "STEP":
            held: FloatArray = self.values[at]
            return held
        if self.path == "rotation":
            return rotation.slerp(self.values[at], self.values[after], share)
        linear: FloatArray = self.values[at] * (1 - share[:, None]) + self.values[after] * share[:, None]
        return linear

    def _cubic(self, at: np.ndarray, after: np.ndarray, span: FloatArray, share: FloatArray) -> FloatArray:
        """Hermite spline, glTF 2.0 specification, appendix C.5."""
        t, dt = share[:, None], span[:, None]
        start, end = self.values[at, 1], self.values[after, 1]
        leave, arrive = dt * self.values[at, 2], dt * self.values[after, 0]
        curve = (
            (2 * t**3 - 3 * t**2 + 1) * start
            + (t**3 - 2 * t**2 + t) * leave
            + (-2 * t**3 + 3 * t**2) * end
            + (t**3 - t**2) * arrive
        )
        lengths = np.linalg.norm(curve, axis=-1, keepdims=True)
        sampled: FloatArray = curve / np.maximum(lengths, 1e-12) if self.path == "rotation" else curve
        return sampled


def curves_of(gltf: Gltf, animation: dict[str, Any], warnings: list[str]) -> list[Curve]:
    """The curves of an animation that move nodes.

    Raises:
        MotionFileError: a sampler or an accessor is damaged, or a target does not exist.
    """
    samplers = gltf.listed(animation, "samplers")
    curves: list[Curve] = []
    for number, channel in enumerate(gltf.listed(animation, "channels")):
        target = channel.get("target")
        path = target.get("path") if isinstance(target, dict) else None
        if not isinstance(target, dict) or path not in _WIDTH or "node" not in target:
            continue  # morph weights, and targets that an extension addresses
        gltf.item("nodes", target["node"])
        index = channel.get("sampler")
        if not isinstance(index, int) or not 0 <= index < len(samplers):
            raise MotionFileError(f"channel {number} names sampler {index!r} of {len(samplers)}")
        try:
            times, values, interpolation = _keys(gltf, path, samplers[index], warnings)
        except MotionFileError as error:
            raise error.located(f"channel {number}") from error
        curves.append(Curve(target["node"], path, times, values, interpolation))
    return curves


def _keys(
    gltf: Gltf, path: str, sampler: dict[str, Any], warnings: list[str]
) -> tuple[FloatArray, FloatArray, str]:
    """Times, values and interpolation of a sampler, checked; rotations at unit length."""
    interpolation = sampler.get("interpolation", "LINEAR")
    if interpolation not in ("STEP", "LINEAR", "CUBICSPLINE"):
        raise MotionFileError(f"interpolation {interpolation!r} is unknown")
    times = gltf.accessor(sampler.get("input"), 1)[:, 0]
    values = gltf.accessor(sampler.get("output"), _WIDTH[path])
    needed = len(times) * (3 if interpolation == "CUBICSPLINE" else 1)
    if len(values) != needed:
        raise MotionFileError(f"{len(times)} times need {needed} values, {len(values)} are there")
    if not (np.isfinite(times).all() and np.isfinite(values).all()):
        raise MotionFileError("a key is not finite (NaN or infinity)")
    if (np.diff(times) < 0).any():
        raise MotionFileError("its times run backwards")
    if interpolation == "CUBICSPLINE":
        values = values.reshape(len(times), 3, -1)
    elif path == "rotation":
        lengths = np.linalg.norm(values, axis=1, keepdims=True)
        is_zero = lengths < 1e-6
        if is_zero.all():
            raise MotionFileError("all its rotations are zero quaternions")
        if is_zero.any():
            warnings.append("zero quaternions were read as no rotation")
        values = np.where(is_zero, [0.0, 0.0, 0.0, 1.0], values / np.where(is_zero, 1.0, lengths))
    return times, values, interpolation

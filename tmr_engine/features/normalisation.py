"""Normalisation of features by the mean and deviation of a training set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import FeatureError
from ..motion.rotation import FloatArray

_SMALLEST = 1e-12  # as published; keeps a dimension that never moves finite


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean and standard deviation of each feature.

    Args:
        mean, std: (D,) float32.

    Raises:
        FeatureError: shapes differ, a value is not finite, or a deviation is negative.
    """

    mean: FloatArray
    std: FloatArray

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            raise FeatureError(f"mean {self.mean.shape} and deviation {self.std.shape} do not fit together")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.std).all()) or (self.std < 0).any():
            raise FeatureError("the statistics hold numbers that no mean and deviation can be")

    @classmethod
    def of(cls, features: Iterable[FloatArray]) -> Statistics:
        """Over all frames of (T, D) arrays; the deviation is the unbiased one (over one frame: 0).

        Sums are taken array by array in float64 about the first array's mean, so nothing is held twice and
        a large mean costs no digits.

        Raises:
            FeatureError: there is no frame at all.
        """
        count, origin = 0, np.zeros(0)
        sums = squares = origin
        for rows in features:
            if count == 0:
                origin = rows.mean(axis=0, dtype=np.float64)
                sums, squares = np.zeros_like(origin), np.zeros_like(origin)
            moved = rows.astype(np.float64) - origin
            sums, squares = sums + moved.sum(axis=0), squares + (moved**2).sum(axis=0)
            count += len(rows)
        if count == 0:
            raise FeatureError("statistics of no frame at all were asked for")
        shift = sums / count
        variance = np.maximum(squares - count * shift**2, 0.0) / max(count - 1, 1)
        return cls((origin + shift).astype(np.float32), np.sqrt(variance).astype(np.float32))

    def normalise(self, features: FloatArray) -> FloatArray:
        """(..., D) features as float32 multiples of the deviation from the mean."""
        normal: FloatArray = ((features - self.mean) / (self.std + _SMALLEST)).astype(np.float32)
        return normal

    def denormalise(self, normal: FloatArray) -> FloatArray:
        """The inverse of `normalise`."""
        features: FloatArray = (normal * (self.std + _SMALLEST) + self.mean).astype(np.float32)
        return features

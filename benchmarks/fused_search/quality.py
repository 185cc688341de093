"""How good a ranking is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

DEPTH = 10


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain (Jarvelin and Kekalainen 2002) with gains 2^grade - 1.

    Args:
        ranked: clips, best first.
        grades: of the clips that are relevant, 1 to 3.
        depth: places that count.
    """
    gains = [2 ** grades.get(clip, 0) - 1 for clip in ranked[:depth]]
    best = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:depth]
    return _discounted(gains) / _discounted(best)


def _discounted(gains: Sequence[float]) -> float:
    return float(sum(gain / np.log2(place + 2) for place, gain in enumerate(gains)))


def interval(values: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over queries (2,000 draws)."""
    draw = np.random.default_rng(seed)
    means = values[draw.integers(len(values), size=(2000, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)

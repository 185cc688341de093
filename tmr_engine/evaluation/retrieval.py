"""Retrieval metrics of TMR (Petrovich et al. 2023, section 4; Guo et al. 2022 for the small batches)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import FeatureError
from ..motion.rotation import FloatArray
from .similarities import MatrixSimilarities, Partial, Similarities, blocks

RECALLS = (1, 2, 3, 5, 10)
BATCH_SIZE = 32
_SHUFFLE_SEED = 0  # the published small-batch protocol shuffles once with it
Metrics = dict[str, dict[str, float]]


class Captions(NamedTuple):
    """What says whether two captions mean the same.

    Args:
        rows: (N, E) float32 unit rows.
        threshold: on the scale (cosine + 1) / 2; above it, they do.
    """

    rows: FloatArray
    threshold: float

    def alike(self, start: int, stop: int) -> np.ndarray:
        """(stop - start, N) bool: which captions mean what some captions mean; each means what it says."""
        alike: np.ndarray = self.rows[start:stop] @ self.rows.T > 2 * self.threshold - 1
        alike[np.arange(stop - start), np.arange(start, stop)] = True
        return alike


def retrieval_metrics(
    similarities: FloatArray | Similarities,
    *,
    sentence_embeddings: FloatArray | None = None,
    threshold: float | None = None,
) -> Metrics:
    """Recall at 1, 2, 3, 5, 10 and median rank, both ways.

    R@k = 100 mean(rank < k), MedR = median(rank) + 1, ranks as `ranks` has them.

    Args:
        similarities: (N, N), rows texts, columns motions; pair i is (row i, column i). Compared as float32.
            Or `Similarities`, which never are in memory as a whole.
        sentence_embeddings: (N, E) unit rows of the captions; needed with a threshold.
        threshold: None for the strict protocol. Otherwise an item is right too when its caption is as good as
            the query's: (cosine + 1) / 2 above the threshold (0.95 in the paper).

    Returns:
        {"t2m": {"R01", "R02", "R03", "R05", "R10", "MedR"}, "m2t": {...}}, recalls in percent, unrounded.

    Raises:
        FeatureError: the matrix is not square, is empty or not finite, or the captions do not fit it.
    """
    pairs = MatrixSimilarities(similarities) if isinstance(similarities, np.ndarray) else similarities
    captions = _captions(len(pairs), sentence_embeddings, threshold)
    return {"t2m": _summary(ranks(pairs, captions)), "m2t": _summary(ranks(pairs.turned(), captions))}


def small_batch_metrics(
    similarities: FloatArray | Partial,
    keys: Sequence[str],
    batch_size: int = BATCH_SIZE,
) -> Metrics:
    """Metrics within batches of a shuffled order, averaged (Guo et al. 2022).

    Args:
        similarities: (N, N), rows texts, columns motions.
        keys: N clip names; batches are made in their sorted order, so that the file order does not matter.
        batch_size: clips a batch; a last batch that is not full is left out.

    Returns:
        as `retrieval_metrics`, averaged over batches.

    Raises:
        FeatureError: fewer clips than one batch, or keys that do not fit the matrix.
    """
    pairs = MatrixSimilarities(similarities) if isinstance(similarities, np.ndarray) else similarities
    count = len(pairs)
    if len(keys) != count:
        raise FeatureError(f"{len(keys)} keys for {count} pairs")
    if count < batch_size:
        raise FeatureError(f"{count} pairs do not fill one batch of {batch_size}")
    by_name = np.array(sorted(range(count), key=lambda index: keys[index]))
    order = np.arange(count)
    np.random.RandomState(_SHUFFLE_SEED).shuffle(order)
    batches = [
        by_name[order[start : start + batch_size]] for start in range(0, count - batch_size + 1, batch_size)
    ]
    parts = [retrieval_metrics(pairs.within(batch)) for batch in batches]
    return {
        way: {name: float(np.mean([part[way][name] for part in parts])) for name in parts[0][way]}
        for way in ("t2m", "m2t")
    }


def ranks(similarities: FloatArray | Similarities, captions: Captions | None = None) -> FloatArray:
    """Zero-based rank of each query's right answer, in O(N^2) time and the memory of some rows.

    rank = #(better) + (#(equal) - 1) / 2: tied places are averaged, as the authors' release does. Nothing is
    sorted: counting is enough.

    Args:
        similarities: N queries; query i's own answer is item i.
        captions: accepts other items too, the best of which counts; None accepts the own one alone.

    Returns:
        (N,) float64.
    """
    pairs = MatrixSimilarities(similarities) if isinstance(similarities, np.ndarray) else similarities
    found = np.empty(len(pairs))
    for start, stop in blocks(len(pairs)):
        block = pairs.rows(start, stop)
        if captions is None:
            best = block[np.arange(stop - start), np.arange(start, stop)]
        else:
            best = np.max(block, axis=1, where=captions.alike(start, stop), initial=-np.inf)
        better = np.count_nonzero(block > best[:, None], axis=1)
        equal = np.count_nonzero(block == best[:, None], axis=1)
        found[start:stop] = better + (equal - 1) / 2
    return found


def _captions(count: int, embeddings: FloatArray | None, threshold: float | None) -> Captions | None:
    if threshold is None:
        return None
    if embeddings is None or len(embeddings) != count:
        raise FeatureError(f"a threshold needs the sentence embeddings of all {count} captions")
    return Captions(np.asarray(embeddings, dtype=np.float32), threshold)


def _summary(places: FloatArray) -> dict[str, float]:
    summary = {f"R{k:02d}": float(100 * np.mean(places < k)) for k in RECALLS}
    summary["MedR"] = float(np.median(places) + 1)
    return summary

"""Retrieval metrics of TMR (Petrovich et al. 2023, section 4; Guo et al. 2022 for the small batches)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import FeatureError
from ..motion.rotation import FloatArray

RECALLS = (1, 2, 3, 5, 10)
_SHUFFLE_SEED = 0  # the published small-batch protocol shuffles once with it
Metrics = dict[str, dict[str, float]]


def retrieval_metrics(
    similarities: FloatArray,
    *,
    sentence_embeddings: FloatArray | None = None,
    threshold: float | None = None,
) -> Metrics:
    """Recall at 1, 2, 3, 5, 10 and median rank, both ways.

    Args:
        similarities: (N, N), rows texts, columns motions; pair i is (row i, column i). Compared as float32.
        sentence_embeddings: (N, E) unit rows of the captions; needed with a threshold.
        threshold: None for the strict protocol. Otherwise an item is right too when its caption is as good as
            the query's: (cosine + 1) / 2 above the threshold (0.95 in the paper).

    Returns:
        {"t2m": {"R01", "R02", "R03", "R05", "R10", "MedR"}, "m2t": {...}}, recalls in percent, unrounded.

    Raises:
        FeatureError: the matrix is not square, is empty or not finite, or the captions do not fit it.
    """
    similarities = _checked(similarities)
    accepted = _accepted(len(similarities), sentence_embeddings, threshold)
    return {
        "t2m": _summary(ranks(similarities, accepted)),
        "m2t": _summary(ranks(similarities.T, accepted)),
    }


def small_batch_metrics(similarities: FloatArray, keys: Sequence[str], batch_size: int = 32) -> Metrics:
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
    similarities = _checked(similarities)
    count = len(similarities)
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
    parts = [retrieval_metrics(similarities[np.ix_(batch, batch)]) for batch in batches]
    return {
        way: {name: float(np.mean([part[way][name] for part in parts])) for name in parts[0][way]}
        for way in ("t2m", "m2t")
    }


def ranks(similarities: FloatArray, accepted: np.ndarray | None = None) -> FloatArray:
    """Zero-based rank of each row's right answer.

    Args:
        similarities: (N, N); row i's own answer is column i.
        accepted: (N, N) bool of right answers (the diagonal among them); None for the diagonal alone.

    Returns:
        (N,) the number of better columns plus half of the other equal ones: tied places are averaged.
        With several right answers, the best of them counts.
    """
    similarities = np.asarray(similarities, dtype=np.float32)
    if accepted is None:
        best = np.diagonal(similarities)
    else:
        best = np.where(accepted, similarities, -np.inf).max(axis=1)
    better: FloatArray = np.count_nonzero(similarities > best[:, None], axis=1).astype(np.float64)
    equal = np.count_nonzero(similarities == best[:, None], axis=1)
    averaged: FloatArray = better + (equal - 1) / 2
    return averaged


def _checked(similarities: FloatArray) -> FloatArray:
    similarities = np.asarray(similarities, dtype=np.float32)
    if similarities.ndim != 2 or similarities.shape[0] != similarities.shape[1] or not len(similarities):
        raise FeatureError(f"similarities are {similarities.shape}, expected a square matrix")
    if not np.isfinite(similarities).all():
        raise FeatureError("the similarities hold values that are not finite")
    return similarities


def _accepted(count: int, embeddings: FloatArray | None, threshold: float | None) -> np.ndarray | None:
    if threshold is None:
        return None
    if embeddings is None or len(embeddings) != count:
        raise FeatureError(f"a threshold needs the sentence embeddings of all {count} captions")
    rows = np.asarray(embeddings, dtype=np.float32)
    accepted: np.ndarray = rows @ rows.T > 2 * threshold - 1
    np.fill_diagonal(accepted, True)
    return accepted


def _summary(places: FloatArray) -> dict[str, float]:
    summary = {f"R{k:02d}": float(100 * np.mean(places < k)) for k in RECALLS}
    summary["MedR"] = float(np.median(places) + 1)
    return summary

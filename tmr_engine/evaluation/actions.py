"""Zero-shot action recognition: names of actions are the gallery, motions ask (BABEL, Punnakkal 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import FeatureError
from ..motion.rotation import FloatArray
from .similarities import unit_rows

TOPS = (1, 5)


def action_metrics(
    motions: FloatArray, classes: FloatArray, names: Sequence[str], labels: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """How often one of a motion's labels is among the k nearest action names.

    A label's place is the number of better names plus half of the other equal ones, as in `ranks`; a motion
    with several labels has the place of the best.

    Args:
        motions: (N, D) latents.
        classes: (C, D) latents of the names.
        names: C different names.
        labels: the labels of each motion; those that are not among the names are left out, and so are motions
            without one that is.

    Returns:
        {"motions", "classes": C, "top1", "top5": percent of motions; "class_top1", "class_top5": mean over
        the classes that occur, each weighing the same; "per_class": name -> {"motions", "top1", "top5"}}. A
        motion counts for every label that it has.

    Raises:
        FeatureError: the arrays do not fit, or no motion has a label among the names.
    """
    if len(motions) != len(labels) or len(classes) != len(names) or len(set(names)) != len(names):
        raise FeatureError("motions and labels, or classes and names, do not fit together")
    column = {name: place for place, name in enumerate(names)}
    kept = [place for place, row in enumerate(labels) if any(label in column for label in row)]
    if not kept:
        raise FeatureError("no motion has a label of the wanted classes")
    cosines = unit_rows(motions[kept]) @ unit_rows(classes).T
    right = np.zeros(cosines.shape, dtype=bool)
    for row, place in enumerate(kept):
        right[row, [column[label] for label in labels[place] if label in column]] = True
    best = np.max(cosines, axis=1, where=right, initial=-np.inf)[:, None]
    places = (cosines > best).sum(axis=1) + ((cosines == best).sum(axis=1) - 1) / 2
    hits = {f"top{k}": places < k for k in TOPS}
    per_class = {
        name: {"motions": int(right[:, number].sum())}
        | {k: _percent(hit[right[:, number]]) for k, hit in hits.items()}
        for name, number in column.items()
        if right[:, number].any()
    }
    return (
        {"motions": len(kept), "classes": len(names)}
        | {k: _percent(hit) for k, hit in hits.items()}
        | {f"class_{k}": float(np.mean([row[k] for row in per_class.values()])) for k in hits}
        | {"per_class": per_class}
    )


def _percent(hits: np.ndarray) -> float:
    return float(100 * hits.mean())

"""The published protocols over a split, each labelled with how strict it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import FeatureError
from ..motion.rotation import FloatArray
from .hubness import DualSoftmax, QuerybankNormalised
from .retrieval import BATCH_SIZE, retrieval_metrics, small_batch_metrics
from .similarities import CosineSimilarities

ALIKE = 0.95  # captions more alike than this, (cosine + 1) / 2, are taken for the same (section 4.1)
SUBSET_SIZE = 100
PROTOCOLS = ("all", "threshold", "dissimilar", "small_batches")
Scores = CosineSimilarities | DualSoftmax | QuerybankNormalised


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of a split, each motion with its first caption.

    Args:
        keys: N names.
        scores: texts ask, motions are found.
        sentences: (N, E) unit rows of the captions, by a sentence encoder.
        dissimilar: names of the published subset; None where the data set has none.
    """

    keys: Sequence[str]
    scores: Scores
    sentences: FloatArray
    dissimilar: Sequence[str] | None = None


def run_protocol(pairs: Pairs, protocol: str) -> dict[str, Any]:
    """One protocol (Petrovich et al. 2023, section 4.1).

    `all`            every motion of the split is in the gallery, the query's own alone is right
    `threshold`      the same gallery; motions whose caption means the same are right too
    `dissimilar`     a subset of captions that differ from each other, the own alone is right
    `small_batches`  galleries of 32, the own alone is right (Guo et al. 2022)

    Returns:
        {"protocol", "accepts": "own motion" or "motions of like captions", "gallery": N, "subset":
        "published" or "chosen here" for `dissimilar`, "t2m", "m2t"}.

    Raises:
        FeatureError: an unknown protocol, or one that these pairs are too few for.
    """
    facts: dict[str, Any] = {"protocol": protocol, "accepts": "own motion", "gallery": len(pairs.keys)}
    if protocol == "all":
        return facts | retrieval_metrics(pairs.scores)
    if protocol == "threshold":
        facts |= {"accepts": "motions of like captions", "threshold": ALIKE}
        return facts | retrieval_metrics(pairs.scores, sentence_embeddings=pairs.sentences, threshold=ALIKE)
    if protocol == "small_batches":
        return facts | {"gallery": BATCH_SIZE} | small_batch_metrics(pairs.scores, pairs.keys)
    if protocol != "dissimilar":
        raise FeatureError(f'there is no protocol "{protocol}"', fix=f"there are {', '.join(PROTOCOLS)}")
    places = _subset(pairs)
    facts |= {"gallery": len(places), "subset": "chosen here" if pairs.dissimilar is None else "published"}
    return facts | retrieval_metrics(pairs.scores.within(places))


def dissimilar_subset(sentences: FloatArray, size: int = SUBSET_SIZE) -> np.ndarray:
    """Places of captions that differ from each other, for data sets without a published subset.

    The authors solved a quadratic knapsack roughly; here each next caption is the one whose nearest chosen
    caption is farthest (Gonzalez 1985), beginning with the one that is farthest from the mean.

    Args:
        sentences: (N, E) unit rows.
        size: captions wanted; all where there are fewer.

    Returns:
        (min(size, N),) places in rising order.
    """
    nearest = sentences @ sentences.mean(axis=0)
    chosen: list[int] = []
    for _ in range(min(size, len(sentences))):
        place = int(np.argmin(nearest))
        alike = sentences @ sentences[place]
        nearest = np.maximum(nearest, alike) if chosen else alike
        chosen.append(place)
        nearest[chosen] = np.inf
    return np.array(sorted(chosen), dtype=np.intp)


def _subset(pairs: Pairs) -> np.ndarray:
    if pairs.dissimilar is None:
        return dissimilar_subset(pairs.sentences)
    place_of = {key: place for place, key in enumerate(pairs.keys)}
    places = [place_of[key] for key in pairs.dissimilar if key in place_of]
    if not places:
        raise FeatureError("no motion of the dissimilar subset is in this split")
    return np.array(places, dtype=np.intp)

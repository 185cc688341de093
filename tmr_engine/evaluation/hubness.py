"""Query-time correction of hubs: gallery items that are near to very many queries.

Both corrections subtract from an item's score how near it is to a bank of queries, the log of
n_j = sum over bank queries b of exp(beta cos(b, j)):

    querybank      beta cos(q, j) - log n_j, where the nearest item of q is nearest to some bank query too
                   (dynamic inverted softmax of QB-Norm, Bogolin et al. 2022); else cos(q, j) as it is
    dual softmax   2 beta cos(q, j) - log n_j with the test queries themselves as bank: in each row the order
                   of softmax over items times softmax over queries (Rocco et al. 2018; Cheng et al. 2021)

A bank is made of training queries. Dual softmax sees all test queries at once, which a search by one sentence
never does: its figures must not stand beside figures of single queries without saying so.
"""

from __future__ import annotations

import numpy as np

from ..errors import FeatureError
from ..motion.rotation import FloatArray
from .similarities import CosineSimilarities, blocks, unit_rows

BETA = 20.0  # as QB-Norm has it for cosines


class DualSoftmax:
    """Similarities under dual softmax.

    Args:
        plain: cosines; their queries are the bank.
        beta: sharpness.
    """

    def __init__(self, plain: CosineSimilarities, beta: float = BETA) -> None:
        self._plain, self._beta = plain, _checked(beta)
        self._nearness, _ = _bank_facts(plain, plain.queries, beta)

    def __len__(self) -> int:
        return len(self._plain)

    def rows(self, start: int, stop: int) -> FloatArray:
        """(stop - start, N) float64 scores; comparable within a row only."""
        scores: FloatArray = 2 * self._beta * self._plain.rows(start, stop) - self._nearness
        return scores

    def turned(self) -> DualSoftmax:
        """The other way, by its own correction."""
        return DualSoftmax(self._plain.turned(), self._beta)

    def within(self, places: np.ndarray) -> DualSoftmax:
        """Of some pairs alone, whose queries then are the bank."""
        return DualSoftmax(self._plain.within(places), self._beta)


class QuerybankNormalised:
    """Similarities under querybank normalisation.

    Args:
        plain: cosines.
        query_bank: (B, D) latents of training queries (texts, where texts ask).
        gallery_bank: (B, D) latents of training items, the bank of the other way.
        beta: sharpness.
    """

    def __init__(
        self,
        plain: CosineSimilarities,
        query_bank: FloatArray,
        gallery_bank: FloatArray,
        beta: float = BETA,
    ) -> None:
        self._plain, self._beta = plain, _checked(beta)
        self._banks = unit_rows(query_bank), unit_rows(gallery_bank)
        self._nearness, self._activated = _bank_facts(plain, self._banks[0], beta)

    def __len__(self) -> int:
        return len(self._plain)

    def rows(self, start: int, stop: int) -> FloatArray:
        """(stop - start, N) float64 scores; comparable within a row only."""
        cosines = self._plain.rows(start, stop)
        nearest = cosines == cosines.max(axis=1, keepdims=True)
        corrects = (nearest & self._activated).any(axis=1, keepdims=True)
        scores: FloatArray = np.where(corrects, self._beta * cosines - self._nearness, cosines)
        return scores

    def turned(self) -> QuerybankNormalised:
        """The other way, by the other bank."""
        queries, gallery = self._banks
        return QuerybankNormalised(self._plain.turned(), gallery, queries, self._beta)

    def within(self, places: np.ndarray) -> QuerybankNormalised:
        """Of some pairs alone, the banks as they are."""
        return QuerybankNormalised(self._plain.within(places), *self._banks, self._beta)


def _bank_facts(plain: CosineSimilarities, bank: FloatArray, beta: float) -> tuple[FloatArray, np.ndarray]:
    """(N,) log of each item's nearness to the bank, and (N,) whether it is nearest to one of its queries."""
    total, activated = np.zeros(len(plain)), np.zeros(len(plain), dtype=bool)
    for start, stop in blocks(len(bank), len(plain)):
        cosines = plain.of(bank[start:stop])
        total += np.exp(beta * (cosines.astype(np.float64) - 1)).sum(axis=0)  # no cosine is above 1
        activated |= (cosines == cosines.max(axis=1, keepdims=True)).any(axis=0)
    # the smallest number keeps items finite that no bank query is anywhere near
    return np.log(np.maximum(total, np.finfo(np.float64).tiny)) + beta, activated


def _checked(beta: float) -> float:
    if not (np.isfinite(beta) and beta > 0):
        raise FeatureError(f"beta is {beta}, expected a number above 0")
    return beta

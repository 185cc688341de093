"""Hubness corrections against their formulas written as loops, and on a hub that they must take down."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tmr_engine.errors import FeatureError
from tmr_engine.evaluation import CosineSimilarities, DualSoftmax, QuerybankNormalised, retrieval_metrics


def cosines(a: np.ndarray, b: np.ndarray) -> list[list[float]]:
    return [
        [float(x @ y) / math.sqrt(float(x @ x) * float(y @ y)) for y in b.astype(float)]
        for x in a.astype(float)
    ]


def made(seed: int, count: int = 12, width: int = 4) -> tuple[np.ndarray, ...]:
    draw = np.random.default_rng(seed)
    return tuple(draw.normal(size=(n, width)) for n in (count, count, 9, 7))


def test_dual_softmax_orders_a_row_as_the_product_of_both_softmaxes() -> None:
    texts, motions, _, _ = made(0)
    beta, matrix = 5.0, cosines(texts, motions)
    scores = DualSoftmax(CosineSimilarities(texts, motions), beta).rows(0, 12)
    for row in range(12):
        product = []
        for column in range(12):
            over_items = math.fsum(math.exp(beta * value) for value in matrix[row])
            over_queries = math.fsum(math.exp(beta * matrix[query][column]) for query in range(12))
            product.append(math.exp(beta * matrix[row][column]) ** 2 / (over_items * over_queries))
        # what a row has in common does not change its order: logarithms differ by one constant
        difference = scores[row] - np.log(product)
        np.testing.assert_allclose(difference, difference[0], atol=1e-4)


def test_querybank_scores_are_those_of_the_formula() -> None:
    texts, motions, bank, other_bank = made(1)
    beta = 20.0

    def by_loops(queries: np.ndarray, gallery: np.ndarray, bank: np.ndarray) -> np.ndarray:
        near, matrix = cosines(bank, gallery), cosines(queries, gallery)
        activated = {int(np.argmax(row)) for row in near}
        nearness = [math.fsum(math.exp(beta * row[item]) for row in near) for item in range(len(gallery))]
        return np.array(
            [
                [beta * value - math.log(nearness[item]) for item, value in enumerate(row)]
                if int(np.argmax(row)) in activated
                else row
                for row in matrix
            ]
        )

    pairs = QuerybankNormalised(CosineSimilarities(texts, motions), bank, other_bank, beta)
    wanted = by_loops(texts, motions, bank)
    plain = (wanted <= 1).all(axis=1) & (wanted >= -1).all(axis=1)
    assert 0 < plain.sum() < 12, "the case holds corrected rows and rows left as they are"
    np.testing.assert_allclose(pairs.rows(0, 12), wanted, atol=1e-4)
    np.testing.assert_allclose(pairs.turned().rows(0, 12), by_loops(motions, texts, other_bank), atol=1e-4)
    places = np.array([5, 1, 9])
    np.testing.assert_allclose(
        pairs.within(places).rows(0, 3), by_loops(texts[places], motions[places], bank), atol=1e-4
    )


def with_a_hub() -> tuple[np.ndarray, np.ndarray]:
    """Texts near a common direction; motion 0 lies in it, nearest to every text and right for one alone."""
    directions = np.eye(9)
    common = directions[8]
    texts = 2.5 * common + directions[:8]
    motions = 0.3 * common + directions[:8]
    motions[0] = common + 0.7 * directions[0]
    return texts, motions


@pytest.mark.parametrize("kind", ["querybank", "dual softmax"])
def test_a_hub_no_longer_stands_before_the_right_answers(kind: str) -> None:
    texts, motions = with_a_hub()
    plain = CosineSimilarities(texts, motions)
    corrected = DualSoftmax(plain) if kind == "dual softmax" else QuerybankNormalised(plain, texts, motions)
    before, after = retrieval_metrics(plain)["t2m"]["R01"], retrieval_metrics(corrected)["t2m"]["R01"]
    assert before == 12.5
    assert after == 100


def test_a_bank_of_which_nothing_is_near_leaves_finite_scores() -> None:
    texts = np.array([[1.0, 0.0], [0.8, 0.6]])
    pairs = QuerybankNormalised(CosineSimilarities(texts, texts), -texts, -texts, beta=1e6)
    assert np.isfinite(pairs.rows(0, 2)).all()


@pytest.mark.parametrize("beta", [0.0, -1.0, math.nan, math.inf])
def test_a_sharpness_that_is_none_is_refused(beta: float) -> None:
    pairs = CosineSimilarities(np.eye(2), np.eye(2))
    with pytest.raises(FeatureError, match="beta"):
        DualSoftmax(pairs, beta)
    with pytest.raises(FeatureError, match="beta"):
        QuerybankNormalised(pairs, np.eye(2), np.eye(2), beta)

"""The fit of side weights on made-up numbers with a known answer."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed; this test needs the training packages")

from tmr_engine.training.side_weights import LEAST, Examples, fit, score

NAMES = ("turn.net", "hand.up", "noise")


def made_up(count: int, seed: int) -> Examples:
    """Captions of turns and hands: a turn is told by the first number, a hand by the second."""
    draw = np.random.default_rng(seed)
    measured = draw.uniform(-1, 1, (count, 3))
    kinds = ["turn" if draw.random() < 0.5 else "hand" for _ in range(count)]
    column = {"turn": 0, "hand": 1}
    says = tuple({kind: float(np.sign(row[column[kind]]))} for kind, row in zip(kinds, measured, strict=True))
    return Examples(tuple(map(str, range(count))), says, measured, np.ones(count), NAMES)


def test_each_claim_finds_the_number_that_tells_it():
    weights = fit(made_up(400, 1))
    for kind, own in (("turn", "turn.net"), ("hand", "hand.up")):
        others = [abs(value) for name, value in weights[kind].items() if name != own]
        assert weights[kind][own] > 5 * max(others, default=0.0)
    held_out = made_up(200, 2)
    assert np.mean(score(held_out, weights) > 0) > 0.95


def test_a_kind_with_few_captions_gets_no_weights():
    few = made_up(LEAST - 1, 3)
    assert fit(few) == {}
    assert score(few, {}) == pytest.approx(np.zeros(LEAST - 1))

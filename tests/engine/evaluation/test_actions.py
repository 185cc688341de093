"""Zero-shot actions: counted by hand and by loops."""

from __future__ import annotations

import numpy as np
import pytest

from tmr_engine.errors import FeatureError
from tmr_engine.evaluation import action_metrics


def test_a_case_is_counted_by_hand() -> None:
    names = ["walk", "run", "sit"]
    # nearest names in order: walk run sit | run walk sit | run walk sit | left out
    motions = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.5, 1.0, 0.1], [1.0, 0.0, 0.0]])
    labels = [["walk"], ["walk", "run"], ["walk"], ["unheard of"]]
    found = action_metrics(motions, np.eye(3), names, labels)
    assert (found["motions"], found["classes"]) == (3, 3)
    assert found["top1"] == pytest.approx(200 / 3)
    assert found["top5"] == 100
    assert found["per_class"]["walk"] == {"motions": 3, "top1": pytest.approx(200 / 3), "top5": 100}
    assert found["per_class"]["run"] == {"motions": 1, "top1": 100, "top5": 100}
    assert "sit" not in found["per_class"]
    assert found["class_top1"] == pytest.approx((200 / 3 + 100) / 2)


def test_figures_are_those_of_a_loop_over_motions_and_names() -> None:
    draw = np.random.default_rng(5)
    names = [f"action {n}" for n in range(12)]
    motions, classes = draw.normal(size=(60, 6)), draw.normal(size=(12, 6))
    labels = [[names[n] for n in draw.choice(12, draw.integers(1, 4), replace=False)] for _ in range(60)]
    hits = {1: 0, 5: 0}
    for motion, own in zip(motions, labels, strict=True):
        cosines = [float(motion @ one) / np.linalg.norm(motion) / np.linalg.norm(one) for one in classes]
        order = [names[place] for place in sorted(range(12), key=lambda place: -cosines[place])]
        for k in hits:
            hits[k] += any(name in order[:k] for name in own)
    found = action_metrics(motions, classes, names, labels)
    assert found["top1"] == pytest.approx(100 * hits[1] / 60)
    assert found["top5"] == pytest.approx(100 * hits[5] / 60)


def test_a_label_tied_with_another_name_shares_its_place() -> None:
    # two names in one place share rank 0.5 (right at 1), three share rank 1 (wrong at 1)
    two, three = np.array([[1.0, 0.0]] * 2), np.array([[1.0, 0.0]] * 3)
    motion = np.array([[1.0, 0.0]])
    assert action_metrics(motion, two, ["a", "b"], [["a"]])["top1"] == 100
    assert action_metrics(motion, three, ["a", "b", "c"], [["a"]])["top1"] == 0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(FeatureError, match="no motion has a label"):
        action_metrics(np.eye(2), np.eye(2), ["a", "b"], [["c"], []])
    with pytest.raises(FeatureError, match="fit together"):
        action_metrics(np.eye(2), np.eye(2), ["a", "a"], [["a"], ["a"]])
    with pytest.raises(FeatureError, match="fit together"):
        action_metrics(np.eye(2), np.eye(2), ["a", "b"], [["a"]])

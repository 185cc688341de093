"""Spans of a motion, and which of them a sentence means by what is measured alone."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.captioning import bodies
from tmr_engine.search.moments import Spans, iou, spans

FPS = 20.0  # of the features


def turning_in_the_middle(degrees: float) -> np.ndarray:
    """Stands for 4 s, turns within 1 s, stands for 4 s."""
    joints = bodies.standing(9.0, FPS)
    return bodies.turned(joints, degrees * np.clip(bodies.times(joints, FPS) - 4.0, 0.0, 1.0))


def test_spans_are_one_to_three_parts_in_a_row_and_cover_the_motion():
    joints = turning_in_the_middle(120.0)
    found = spans(joints)
    ends = sorted({*found[:, 0].tolist(), *found[:, 1].tolist()})
    assert (ends[0], ends[-1]) == (0, len(joints) - 1)
    place = {end: number for number, end in enumerate(ends)}
    counts = {(place[start], place[stop] - place[start]) for start, stop in found.tolist()}
    parts = len(ends) - 1
    assert counts == {(first, count) for count in (1, 2, 3) for first in range(parts - count + 1)}


@pytest.mark.parametrize(("degrees", "side"), [(120.0, "left"), (-120.0, "right")])
def test_what_is_asked_and_measured_finds_its_span_where_the_model_sees_no_difference(degrees, side):
    read = Spans.of(turning_in_the_middle(degrees))
    blind = np.zeros((len(read.places), 4)), np.zeros(4)
    best = read.places[read.scores(f"turns {side}", *blind).argmax()]
    assert best[0] / FPS <= 4.5 <= best[1] / FPS
    other = "right" if side == "left" else "left"
    assert read.scores(f"turns {side}", *blind).max() > read.scores(f"turns {other}", *blind).max() + 0.1


def test_of_equal_spans_the_one_of_usual_length_is_ahead():
    read = Spans.of(bodies.standing(9.0, FPS))
    scores = read.scores("something sad", np.zeros((len(read.places), 4)), np.zeros(4))
    seconds = np.ptp(read.places, axis=1) / FPS
    assert abs(np.log(seconds[scores.argmax()] / 3.2)) == pytest.approx(np.abs(np.log(seconds / 3.2)).min())
    assert (iou(read.places, read.places).diagonal() == 1.0).all()

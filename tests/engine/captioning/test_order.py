"""The order of events in queries and in clips."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.captioning import bodies
from tmr_engine.captioning.events import in_order
from tmr_engine.captioning.facet_table import FacetTable
from tmr_engine.captioning.facets import facets_of
from tmr_engine.captioning.facts import measure
from tmr_engine.captioning.query import agreement, parse


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("walks, then sits down.", ["walks", "sits down"]),
        ("sits down after walking", ["walking", "sits down"]),
        ("jump before you kick and after that wave", ["jump", "you kick", "wave"]),
        ("a person walks", ["a person walks"]),
    ],
)
def test_events_are_told_in_the_order_in_which_they_happen(text, events):
    assert in_order(text) == events


def turning(*degrees):
    """A body that turns by each of these in turn, a second each."""
    joints = bodies.standing(1.0 + 2.0 * len(degrees))
    times = bodies.times(joints)
    heading = sum(angle * np.clip(times - 1.0 - 2.0 * place, 0.0, 1.0) for place, angle in enumerate(degrees))
    return facets_of(measure(bodies.turned(joints, heading), 30.0))


@pytest.mark.parametrize(
    ("text", "first"),
    [("first turns left, then turns right", 0), ("turns right, then turns left", 1)],
)
def test_the_clip_in_the_asked_order_is_ahead(text, first):
    table = FacetTable([turning(90, -90), turning(-90, 90), turning(90), None])
    agreed = agreement(parse(text), table)
    assert agreed.argmax() == first
    assert agreed[first] > agreed[1 - first] + 0.1
    assert agreed[3] == 0.0


def test_an_order_of_what_is_not_measured_asks_for_nothing():
    assert not [part for part in parse("salutes, then writes a letter") if part.what == "order"]

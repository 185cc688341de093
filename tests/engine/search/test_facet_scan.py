"""What a query asks of measured facets moves clips up and down a ranking."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.captioning import bodies
from tests.engine.search.standin import StandInEncoder, StandInLibrary, make_clip
from tmr_engine.captioning.facets import facets_of
from tmr_engine.captioning.facts import measure
from tmr_engine.errors import LibraryError
from tmr_engine.features.mirror import mirror_joints
from tmr_engine.search import TEXT_ALONE, Filters, search


@pytest.fixture
def library():
    """Two clips whose captions say the same; one kicks with the left leg, the other with the right."""
    held = StandInLibrary(StandInEncoder(), [make_clip("a", "a kick"), make_clip("b", "a kick")])
    left = bodies.kicking("left")
    for clip_id, joints in (("a", mirror_joints(left)), ("b", left)):
        held.measured[clip_id] = facets_of(measure(joints, 60.0))
    return held


def test_the_side_that_is_asked_for_comes_first(library):
    for query, first in (("a kick with the left leg", "b"), ("a kick with the right leg", "a")):
        results = search(library, StandInEncoder(), query)
        assert results[0].clip.id == first
        assert results[0].parts["facets"] > results[1].parts["facets"] + 0.2


def test_a_query_that_asks_for_nothing_measured_has_no_such_part(library):
    assert "facets" not in search(library, StandInEncoder(), "something sad")[0].parts


def test_text_alone_does_not_look_at_them(library):
    results = search(library, StandInEncoder(), "a kick with the left leg", weights=TEXT_ALONE)
    assert np.isclose(results[0].score, results[1].score)


def test_a_clip_that_shows_no_body_agrees_with_nothing(library):
    del library.measured["b"]
    found = {result.clip.id: result.parts["facets"] for result in search(library, StandInEncoder(), "kick")}
    assert found["b"] == 0.0 < found["a"]


def test_a_filter_lets_through_what_was_measured_alone(library):
    for shows, left in (("left kick", ["b"]), ("kicks", ["a", "b"]), ("two somersaults", [])):
        found = search(library, StandInEncoder(), "a kick", filters=Filters(shows=shows))
        assert sorted(result.clip.id for result in found) == left


def test_a_filter_that_names_nothing_measured_is_refused(library):
    with pytest.raises(LibraryError, match="nothing that is measured"):
        search(library, StandInEncoder(), "a kick", filters=Filters(shows="melancholy"))

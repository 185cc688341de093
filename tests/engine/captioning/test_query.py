"""What queries ask for, and which clip agrees better."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.captioning import bodies
from tmr_engine.captioning.facet_table import FacetTable
from tmr_engine.captioning.facets import facets_of
from tmr_engine.captioning.facts import measure
from tmr_engine.captioning.query import agreement, parse
from tmr_engine.features.mirror import mirror_joints


def facets(joints, fps=30.0):
    return facets_of(measure(joints, fps))


def agreed(asked, found):
    """How well one clip agrees."""
    return float(agreement(asked, FacetTable([found]))[0])


def turning(degrees):
    joints = bodies.standing(3.0)
    share = np.clip(bodies.times(joints) - 1.0, 0.0, 1.0)
    return bodies.turned(joints, degrees * share)


@pytest.mark.parametrize(
    ("query", "what", "word", "value"),
    [
        ("faster than 2 m/s", "speed", "more", 2.0),
        ("at most 7.2 km/h", "speed", "less", 2.0),
        ("longer than 3 seconds", "duration", "more", 3.0),
        ("under 2 minutes", "duration", "less", 120.0),
        ("turns 90 degrees", "degrees", "about", 90.0),
        ("walks backwards", "direction", "backward", 0.0),
        ("waves in place", "in_place", "", 0.0),
        ("two jumps", "event", "", 2.0),
        ("jumps three times", "event", "", 3.0),
        ("hops on one leg", "event", "", 0.0),
    ],
)
def test_a_query_is_understood(query, what, word, value):
    found = [part for part in parse(query) if part.what == what]
    assert [(part.word, part.value) for part in found] == [(word, pytest.approx(value, rel=1e-3))]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("a guy jogging", "jog"),
        ("sprints", "run"),
        ("left hook", "punch/hook"),
        ("raised his left arm", "raise_arm"),
        ("sat down", "sit_down"),
        ("does a backflip", "flip/backward"),
        ("kneeling", "kneel"),
        ("she fell", "fall"),
    ],
)
def test_words_of_a_query_name_kinds_of_events(query, kind):
    assert kind in {kind for part in parse(query) for kind in part.kinds}


@pytest.mark.parametrize("query", ["all right", "right now", "he left the building", "", "something sad"])
def test_a_query_without_facets_asks_for_nothing_and_agrees_with_all(query):
    assert parse(query) == ()
    assert agreed(parse(query), facets(bodies.standing(1.0))) == 1.0


@pytest.mark.parametrize(
    ("left", "query"),
    [
        (turning(90), "turns {}"),
        (turning(90), "a person turns to the {}"),
        (bodies.raising("left", 120), "raises the {} arm"),
        (bodies.kicking("left"), "kicks with the {} leg"),
        (bodies.kicking("left"), "{} kick"),
        (turning(90), "walks round a wide bend to the {}"),
        (turning(150), "swings about to the {}"),
    ],
)
def test_the_asked_side_ranks_above_the_other(left, query):
    fps = 60.0 if "kick" in query else 30.0
    right = mirror_joints(left)
    for side, good, bad in (("left", left, right), ("right", right, left)):
        asked = parse(query.format(side))
        assert agreed(asked, facets(good, fps)) > agreed(asked, facets(bad, fps)) + 0.2


@pytest.mark.parametrize(
    ("query", "good", "bad"),
    [
        ("three jumps", bodies.jumping([0.3] * 3), bodies.jumping([0.3])),
        ("walking faster than 1.2 m/s", bodies.walking(4.0, 1.5), bodies.walking(4.0, 0.8)),
        ("slow walk", bodies.walking(4.0, 0.7), bodies.walking(4.0, 1.6)),
        ("walks fast", bodies.walking(4.0, 1.7), bodies.walking(4.0, 0.9)),
        ("turns 90 degrees to the left", turning(90), turning(170)),
        ("in place", bodies.squatting([0.4]), bodies.walking(4.0, 1.2)),
        ("longer than 3 seconds", bodies.walking(4.0, 1.0), bodies.walking(2.0, 1.0)),
        ("squats", bodies.squatting([0.4]), bodies.walking(4.0, 1.2)),
    ],
)
def test_the_clip_that_does_what_is_asked_ranks_first(query, good, bad):
    asked = parse(query)
    assert 1.0 >= agreed(asked, facets(good)) > agreed(asked, facets(bad)) >= 0.0

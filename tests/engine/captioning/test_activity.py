"""Where an activity ends and another begins."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.engine.captioning import bodies
from tmr_engine.captioning.facts.activity import Lengths, cuts

LENGTHS = Lengths(shortest_s=1.0, longest_s=10.0, wanted_s=2.5, cut_cost=0.3)


def standing_then_walking(still_s: float, walk_s: float) -> np.ndarray:
    """Stands, then walks along +Z from where it stood."""
    return np.concatenate([bodies.standing(still_s), bodies.walking(walk_s, 1.4)[1:]])


@pytest.mark.parametrize("still_s", [3.0, 5.0])
def test_a_cut_falls_where_the_walk_begins(still_s):
    found = cuts(standing_then_walking(still_s, 4.0), 30.0, LENGTHS)
    assert min(abs(cut - still_s) for cut in found) <= 0.5


def test_parts_keep_to_their_lengths():
    motion = standing_then_walking(4.0, 9.0)
    ends = [0.0, *cuts(motion, 30.0, LENGTHS), 13.0]
    lengths = [later - earlier for earlier, later in pairwise(ends)]
    assert min(lengths) >= LENGTHS.shortest_s - 0.1
    assert max(lengths) <= LENGTHS.longest_s + 0.1


def test_what_is_too_short_for_two_parts_is_not_cut():
    assert cuts(bodies.walking(1.5, 1.4), 30.0, LENGTHS) == []

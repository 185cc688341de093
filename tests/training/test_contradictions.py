"""Captions that are made wrong."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
from tmr_engine.training.contradictions import contradicted

pytestmark = pytest.mark.torch


def test_sides_and_order_are_exchanged_where_that_is_asked_for():
    sided, ordered = "kick with the left leg", "walk, then sit down"
    assert contradicted(sided, order=True, sides=True) == "kick with the right leg"
    assert contradicted(sided, order=True, sides=False) == ""
    assert contradicted(ordered, order=True, sides=True) == "sit down, then walk"
    assert contradicted(ordered, order=False, sides=True) == ""
    assert contradicted("somebody waits", order=True, sides=True) == ""


def test_where_both_are_possible_each_is_drawn_for_some_captions():
    drawn = {
        contradicted(f"walk {count} steps to the left, then jump", order=True, sides=True).startswith("jump")
        for count in range(20)
    }
    assert drawn == {True, False}

"""Facets as a library keeps them."""

from __future__ import annotations

import json

import pytest

from tests.engine.captioning import bodies
from tmr_engine.captioning.facets import facets_of
from tmr_engine.captioning.facts import measure
from tmr_engine.captioning.stored import packed, unpacked


def test_a_line_gives_the_facets_back_to_its_decimals():
    facets = facets_of(measure(bodies.raising("left", 120), 30.0))
    line = packed(facets)
    back = unpacked(line)
    assert back is not None
    assert "\n" not in line
    assert back.biases == pytest.approx(facets.biases, abs=0.5 / 127 + 1e-6)
    assert packed(back) == line


@pytest.mark.parametrize("biases", ['{"hand": 0.5}', '"AAAA"', '"not base64!"', "null"])
def test_a_line_of_a_version_that_measured_other_things_is_passed_over(biases):
    row = json.loads(packed(facets_of(measure(bodies.standing(1.0), 30.0))))
    row["biases"] = json.loads(biases)
    assert unpacked(json.dumps(row)) is None
    del row["biases"]
    assert unpacked(json.dumps(row)) is None

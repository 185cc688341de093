"""What sentences claim of left and right, and that the numbers behind it are odd."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from tests.engine.captioning import bodies
from tmr_engine.annotating.table import CAPTIONS
from tmr_engine.captioning.bias_names import BIASES
from tmr_engine.captioning.facts import biases_of
from tmr_engine.captioning.rewrite import mirror
from tmr_engine.captioning.side_claims import SideClaim, side_claims, terms, weights_of
from tmr_engine.features.mirror import mirror_joints

OTHER_SIDE = {"left": "right", "right": "left"}


def told(text):
    return [(claim.part, claim.side) for claim in side_claims(text)]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("kick with the left leg", [("foot", "left")]),
        ("she twirls to the right with her right arm held high", [("turn", "right"), ("hand", "right")]),
        ("left elbow on the raised right knee", [("elbow", "left"), ("knee", "right")]),
        ("first turns left, then right", [("turn", "left"), ("turn", "right")]),
        ("raises the right hand, then the left", [("hand", "right"), ("hand", "left")]),
        ("spins anti-clockwise", [("turn", "left")]),
        ("glances back over the left shoulder", [("shoulder", "left")]),
        ("looks to the right", [("look", "right")]),
        ("dribbles right-handed", [("hand", "right")]),
        ("strolls round a right-hand bend", [("turn", "right")]),
        ("left hook", [("hand", "left")]),
        ("roundhouse, a right kick", [("foot", "right")]),
        ("steps to the left", [("way", "left")]),
        ("walks off right", [("go", "right")]),
        ("bends right down", []),
        ("bends to the right down to the floor", [("turn", "right")]),
        ("right now, all right", []),
        ("he left the room", []),
    ],
)
def test_each_side_is_claimed_of_what_the_sentence_names(text, claims):
    assert told(text) == claims


def test_what_the_clause_says_of_a_part_is_noted():
    (claim,) = side_claims("reach up high with the left hand")
    assert {"high", "ahead"} <= set(claim.said)


def test_every_caption_claims_the_other_sides_when_mirrored():
    with CAPTIONS.open(encoding="utf-8", newline="") as file:
        texts = [row["caption"] for row in csv.DictReader(file)]
    sided = [text for text in texts if side_claims(text)]
    assert len(sided) > 1000
    for text in sided:
        other = [SideClaim(one.part, OTHER_SIDE[one.side], one.said) for one in side_claims(text)]
        assert list(side_claims(mirror(text))) == other, text
        assert terms(other) == pytest.approx(
            {kind: -value for kind, value in terms(side_claims(text)).items()}
        )


@pytest.mark.parametrize(
    "joints",
    [bodies.raising("left", 120), bodies.kicking("right"), bodies.walking(3.0, 1.2), bodies.jumping([0.3])],
)
def test_all_biases_are_odd_and_bounded(joints):
    found, mirrored = biases_of(joints, 30.0), biases_of(mirror_joints(joints), 30.0)
    assert tuple(found) == BIASES
    assert np.abs(list(found.values())).max() <= 1.0
    assert list(mirrored.values()) == pytest.approx([-value for value in found.values()], abs=1e-6)


def test_a_raised_arm_is_the_higher_hand():
    found = biases_of(bodies.raising("left", 120), 30.0)
    assert found["hand.up_most"] > 0.5
    assert found["hand.rises"] > 0.5
    assert abs(found["foot.up_most"]) < 0.01


def test_the_fitted_weights_know_a_turn_from_its_measured_angle():
    weights = weights_of(side_claims("turns to the left"), BIASES)
    assert weights[BIASES.index("turn.net")] > 0.3
    assert weights_of(side_claims("turns to the right"), BIASES) == pytest.approx(-weights)

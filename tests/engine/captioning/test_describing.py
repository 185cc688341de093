"""Sentences about motions whose facts are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.engine.captioning import bodies
from tmr_engine.captioning.describing import describe_facts
from tmr_engine.captioning.facts import measure
from tmr_engine.features.mirror import mirror_joints


def said(joints, fps=30.0, **how):
    return [told.text for told in describe_facts(measure(joints, fps), **how)]


@pytest.mark.parametrize(
    ("joints", "verbs"),
    [
        (bodies.walking(4.0, 1.2), ("walk", "step")),
        (bodies.jumping([0.4]), ("jump", "leap")),
        (bodies.squatting([0.4]), ("squat", "bend")),
        (bodies.raising("left", 170), ("raise", "lift", "put", "reach", "grab")),
        (bodies.standing(2.0), ("stand", "stay")),
    ],
)
def test_every_sentence_tells_what_happens(joints, verbs):
    for text in said(joints, top=5):
        assert any(verb in text for verb in verbs), text


def test_sentences_are_different_ranked_and_within_the_motion():
    told = describe_facts(measure(bodies.walking(4.0, 1.2), 30.0), top=5)
    assert len({row.text for row in told}) == len(told) == 5
    assert [row.confidence for row in told] == sorted((row.confidence for row in told), reverse=True)
    assert all(0.0 <= row.start_s < row.end_s <= 4.0 and 0.0 <= row.confidence <= 1.0 for row in told)


def test_the_same_seed_says_the_same_and_another_says_it_in_other_words():
    joints = bodies.walking(4.0, 1.2)
    assert said(joints, top=5) == said(joints, top=5)
    assert said(joints, top=5) != said(joints, top=5, seed=1)


def test_no_sentence_about_a_left_arm_says_right():
    left = bodies.raising("left", 170)
    for text in said(left, top=8):
        assert "right" not in text
    for text in said(mirror_joints(left), top=8):
        assert "left" not in text


def test_what_comes_first_is_told_first():
    joints = bodies.standing(6.0)
    share = np.clip(bodies.times(joints) - 1.0, 0, 1) - 2 * np.clip(bodies.times(joints) - 4.0, 0, 1)
    best = said(bodies.turned(joints, 90 * share), top=1)[0]
    assert 0 <= best.find("left") < best.find("right")


def test_a_long_motion_is_told_in_parts():
    joints = np.concatenate([bodies.squatting([0.4] * 10), bodies.jumping([0.4] * 5)])
    told = describe_facts(measure(joints, 30.0), top=6)
    assert any(row.end_s - row.start_s < 10 for row in told)


def test_every_way_to_say_an_event_is_complete():
    grammar = Path(__file__).parents[3] / "tmr_engine/captioning/grammar.json"
    table = json.loads(grammar.read_text(encoding="utf-8"))
    kinds = {key.partition("/")[0] for key in table["events"]}
    for key, words in table["events"].items():
        assert words["say"], key
        assert 0 < words["salience"] <= 1, key
        for hidden in words.get("hides", ()):
            assert hidden.partition("/")[0] in kinds, f"{key} hides {hidden}"
        if any("{side}" in way for way in words["say"]):
            assert words["sideless"], key

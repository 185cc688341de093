"""Captions of changed motions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr_engine.captioning import rewrite

WORDS = (
    "left right clockwise counterclockwise Left RIGHT leftwards now away all the room lefty upright bright a "
    "person turns walks his arm angle is has , . then slowly"
)
texts = st.lists(st.sampled_from(WORDS.split(" ")), max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a person turns left", "a person turns right"),
        ("Left hook, then spins clockwise", "Right hook, then spins counterclockwise"),
        ("raises the right arm over the left shoulder", "raises the left arm over the right shoulder"),
        ("spins anticlockwise", "spins clockwise"),
        ("stops right now", "stops right now"),
        ("all right, turns left", "all right, turns right"),
        ("he left the room", "he left the room"),
        ("a lefty throws upright in bright light", "a lefty throws upright in bright light"),
    ],
)
def test_sides_are_exchanged_and_what_is_no_side_stays(text, expected):
    assert rewrite.mirror(text) == expected


@given(texts | st.text(max_size=60).filter(lambda text: "anti" not in text.lower() and "-" not in text))
def test_mirroring_twice_gives_the_sentence_back(text):
    assert rewrite.mirror(rewrite.mirror(text)) == text


@given(
    st.text(max_size=60).filter(lambda text: not any(w in text.lower() for w in ("left", "right", "clock")))
)
def test_a_sentence_without_a_side_is_never_changed(text):
    assert rewrite.mirror(text) == text


def test_tempo_is_told_once_and_its_opposite_goes():
    assert rewrite.tempo("a person walks.", faster=True) == "a person walks quickly."
    assert rewrite.tempo("a person runs fast", faster=True) == "a person runs fast"
    assert rewrite.tempo("a person walks slowly", faster=True) == "a person walks"
    assert rewrite.tempo("a person walks", faster=False) == "a person walks slowly"


@pytest.mark.parametrize("key", range(8))
def test_joined_captions_keep_their_order_and_one_subject(key):
    text = rewrite.joined("A person walks.", "Someone jumps up", key=key)
    assert text.startswith("A person walks")
    assert text.endswith("jumps up")
    assert "omeone" not in text
    assert any(word in text for word in ("then", "after that", "next"))


def test_without_order_words_there_are_none():
    text = rewrite.joined("a person walks", "a person jumps", ordered=False)
    assert text in ("a person walks and jumps", "a person walks, jumps")


def test_paraphrases_differ_and_keep_side_and_number():
    said = {rewrite.paraphrased("a person jumps forward quickly twice to the left", key) for key in range(20)}
    assert len(said) > 5
    assert all("left" in text and ("twice" in text or "two times" in text) for text in said)

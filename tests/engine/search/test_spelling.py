"""Slips of the keyboard are put right, and nothing else is touched."""

from __future__ import annotations

import json

import pytest

from tmr_engine.cli import main
from tmr_engine.model import load_sentence_encoder
from tmr_engine.search.spelling import corrected


@pytest.fixture(scope="module")
def is_word():
    return load_sentence_encoder().knows


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wlak forward", "walk forward"),
        ("sowrd attack", "sword attack"),
        ("juming jakcs", "jumping jacks"),
        ("throws a basktball", "throws a basketball"),
        ("Kikcs with the left leg", "kicks with the left leg"),
    ],
)
def test_slips_are_put_right(typed, meant, is_word):
    assert corrected(typed, is_word) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "A person walks forward",
        "cook in a wok beside a wall",  # English, and one letter from walk
        "Xsens_take_04 of qwertz",
        "ein Mann geht",
        "歩く",
        "",
    ],
)
def test_everything_else_stays_as_it_was_typed(typed, is_word):
    assert corrected(typed, is_word) == typed


def test_a_word_that_the_library_knows_is_left_alone():
    assert corrected("wlak", lambda word: word == "wlak") == "wlak"


def test_the_command_says_what_it_searched_for(capsys):
    assert main(["search", "wlak forward", "--top", "3", "--model", "none", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["query"] == "wlak forward"
    assert 'Searched for "walk forward".' in told["note"]
    assert any("walk" in result["caption"] for result in told["results"])

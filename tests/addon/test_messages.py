"""Errors as the user reads them."""

from pathlib import Path

import pytest

from blender_addon.messages import RESTART, masked, shortened, user_message, wrapped
from tmr_engine.errors import MotionFileError, RetargetError, TMRError

HOME = Path("/home/annika")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/annika/clips/walk.bvh is empty", "~/clips/walk.bvh is empty"),
        ("/home/bert/clips", "/home/NAME/clips"),
        (r"C:\Users\Annika Ek\clips", r"C:\Users\NAME\clips"),
        ("/Users/cleo/x.bvh, line 3", "/Users/NAME/x.bvh, line 3"),
        ("/homestead/annika.bvh", "/homestead/annika.bvh"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_names_of_users_are_masked(text, expected):
    assert masked(text, HOME) == expected


def test_a_home_folder_outside_the_usual_places_is_masked_whole():
    assert masked("/data/people/annika/x.bvh", Path("/data/people/annika")) == "~/x.bvh"


def test_the_sentence_says_where_what_and_why_and_the_advice_stands_alone():
    error = MotionFileError(
        "frame 3 has 57 numbers, the hierarchy needs 60",
        where="/home/annika/walk.bvh, line 128",
        why="The file was cut short",
        fix="Export it again",
    )
    shown = user_message(error, HOME)
    assert shown.sentence == (
        "~/walk.bvh, line 128: frame 3 has 57 numbers, the hierarchy needs 60. The file was cut short."
    )
    assert shown.advice == "Export it again"


def test_a_rig_that_is_refused_offers_a_figure_that_is_not():
    shown = user_message(RetargetError("the armature has no legs"), HOME)
    assert shown.fix is not None
    assert shown.fix.operator == "tmr.add_mannequin"


def test_an_error_that_no_button_helps_offers_none():
    assert user_message(TMRError("something else"), HOME).fix is None


def test_a_dead_engine_offers_a_restart():
    class EngineDied(TMRError):
        code = "engine"

    assert user_message(EngineDied("the engine stopped"), HOME).fix == RESTART


@pytest.mark.parametrize("width", [80, 200, 400])
def test_wrapped_lines_keep_every_word_and_fit(width):
    text = "Frame 3 has 57 numbers, the hierarchy needs 60; the file was cut short"
    lines = wrapped(text, width)
    assert " ".join(lines) == text
    assert max(map(len, lines)) <= max(12, width / 7)


def test_a_long_path_is_broken_rather_than_cut_off():
    path = "/very" * 40
    assert "".join(wrapped(path, 150)) == path


def test_a_long_credit_keeps_its_first_lines_and_says_that_there_is_more():
    assert shortened(["one", "two"], 2) == ["one", "two"]
    assert shortened(["one", "two", "three"], 2) == ["one", "two ..."]

"""Words out of names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr_engine.library.captions.names import clean_name, name_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("WalkFwd_Turn-L03", "walk forward turn left"),
        ("walk_cm_yup_ZXY_30", "walk cm yup zxy"),
        ("HTTPServerDance", "http server dance"),
        ("attack_slash01", "attack slash"),
        ("Angry_FW", "angry walking forward"),
        ("OnPhoneLeft_SR", "on phone left running sideways"),
        ("neutral_walk_ff_180_R_002__A535", "neutral walk right"),
        ("02_03", ""),
        ("", ""),
        ("走る_run", "走る run"),
        ("run.final.v2", "run"),
    ],
)
def test_names_become_words(name: str, words: str):
    assert clean_name(name) == words


@given(st.text(max_size=60))
def test_cleaned_names_are_plain_words_whatever_the_name(name: str):
    words = clean_name(name)
    assert words == words.lower() == " ".join(words.split())
    assert not re.search(r"\d|_", words)


@given(st.lists(st.sampled_from(["run", "jump", "climb", "wave", "dance"]), min_size=1, max_size=5))
def test_separators_of_all_kinds_say_the_same(words: list[str]):
    spelled = {"_".join(words), "-".join(words), " ".join(words), "".join(word.title() for word in words)}
    assert {clean_name(name) for name in spelled} == {" ".join(words)}


def test_folders_below_the_indexed_one_count_and_each_word_once():
    root = Path("/data/Mocap Downloads")
    assert name_of(root / "infantry" / "sword" / "sword_attack.bvh", root, "") == "infantry sword attack"
    assert name_of(root / "a1" / "infantry" / "motions" / "walk.bvh", root, "") == "infantry walk"
    assert name_of(root / "pack.glb", root, "Jump_Start") == "pack jump start"

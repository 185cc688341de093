"""WordPiece against the `tokenizers` package with the model's own tokenizer.json."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tests.engine.model.measure_characters import TABLE, measure
from tests.engine.model.strings import CORNERS, random_strings
from tmr_engine.errors import BundleError
from tmr_engine.model.tokenizer import WordPieceTokenizer

MAX_TOKENS = 256


@pytest.fixture(scope="module")
def reference(source_folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(source_folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


@pytest.fixture(scope="module")
def ours(source_folder: Path) -> WordPieceTokenizer:
    return WordPieceTokenizer.from_file(source_folder / "vocab.txt", MAX_TOKENS)


def test_ids_equal_the_reference_on_random_unicode(reference, ours):
    texts = [*CORNERS, *random_strings(40_000, seed=20_251)]
    expected = [encoding.ids for encoding in reference.encode_batch(texts)]
    wrong = [text for text, ids in zip(texts, expected, strict=True) if ours.encode(text) != ids]
    assert wrong == []


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
def test_ids_equal_the_reference_on_what_hypothesis_finds(reference, ours, text):
    assert ours.encode(text) == reference.encode(text).ids


def test_ids_equal_the_reference_on_real_captions(reference, ours, shared_dir):
    with (shared_dir / "data" / "captions.csv").open(encoding="utf-8", newline="") as file:
        captions = [row["caption"] for row in csv.DictReader(file)]
    assert len(captions) > 1000
    expected = [encoding.ids for encoding in reference.encode_batch(captions)]
    assert [ours.encode(caption) for caption in captions] == expected


def test_the_table_of_characters_is_what_tokenizers_does_for_every_character():
    assert json.loads(TABLE.read_text(encoding="utf-8")) == measure()


def test_the_vocabulary_is_that_of_the_reference(reference, source_folder):
    lines = (source_folder / "vocab.txt").read_bytes().decode("utf-8").split("\n")
    assert lines.pop() == ""
    assert dict(zip(lines, range(len(lines)), strict=True)) == reference.get_vocab()


def test_lone_surrogates_vanish(ours):
    assert ours.encode("wa\ud800lk\udfff") == ours.encode("walk")


def test_a_long_text_is_cut_at_the_limit_and_still_ends_with_the_separator(ours):
    ids = ours.encode("jump " * 10_000)
    assert len(ids) == MAX_TOKENS
    assert (ids[0], ids[-1]) == (101, 102)


def test_a_vocabulary_without_special_tokens_is_refused(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("walk\nrun\n", encoding="utf-8")
    with pytest.raises(BundleError, match="no \\[PAD\\]"):
        WordPieceTokenizer.from_file(path, MAX_TOKENS)


def test_a_vocabulary_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_bytes(b"\xff\xfe\x00walk")
    with pytest.raises(BundleError, match="not UTF-8"):
        WordPieceTokenizer.from_file(path, MAX_TOKENS)

"""Scores of words against SQLite's own bm25(), and one against the formula by hand."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from tmr_engine.library import Caption, Gallery, Library, schema, store, words
from tmr_engine.library.describe import ClipRow
from tmr_engine.library.vectors import add_model, append_vectors
from tmr_engine.motion.facts import Facts

MODEL = "m"
ALL = 10**6
SAID = [
    "walk",
    "walks",
    "walking",
    "run",
    "left_foot",
    "left",
    "foot",
    "kick",
    "Kick,",
    "café",
    "cafe",
    "naïve",
    "12",
    "a",
    "jump",
    "jumps",
    "turning",
]
QUERIES = [
    *("walk", "walks walked kick", "left_foot", "foot_left", "left_foot kick a_jump", "cafe", "CAFÉ naive"),
    *("12 1", "jumping_left foot", "nobody", "行く", "%_\"'*():^- NOT", "_", "kick " * 40, " ".join(SAID)),
]


def put(folder: Path, said: Mapping[str, tuple[str, ...]], *, file: str = "one") -> None:
    """Writes a file whose clips have these ids and captions, in place of what it held."""
    connection = schema.open_database(folder, write=True)
    with schema.transaction(connection):
        words.make_index(connection)
        known = {row.key: row.id for row in store.known_files(connection)}
        path = Path(f"/motions/{file}.bvh")
        row = store.FileRow(file, path, path.parent, 1, 1, file, "", "", "", known.get(file))
        number = store.save_file(connection, row)
        store.remove_clips(connection, number)
        rights = ((), "", "", Facts(0.0, 0.0, 0.0), "")
        store.add_clips(
            connection,
            number,
            [
                ClipRow(clip, "", 0.0, 1.0, 30.0, file, tuple(Caption(text, "") for text in texts), *rights)
                for clip, texts in said.items()
            ],
        )
        model = add_model(connection, MODEL, 2)
        texts = [text for text, _ in store.texts_without_vector(connection, model.id)]
        append_vectors(connection, folder, model, texts, np.ones((len(texts), 2), np.float32))
        schema.bump_generation(connection)
    connection.close()


@pytest.fixture
def library(library_folder: Path) -> Iterator[Library]:
    """400 clips of up to twelve words, one of hundreds, and one of none."""
    chance = np.random.default_rng(5)
    said = {}
    for number in range(400):
        captions = (" ".join(chance.choice(SAID, chance.integers(1, 12))) for _ in range(chance.integers(3)))
        said[hashlib.sha256(b"%d" % number).hexdigest()[:16]] = tuple(captions)
    library = Library.open(library_folder, create=True)
    put(library_folder, {**said, "long": ("walk to the left " * 5000,), "none": ("...",)})
    yield library
    library.close()


def scored(
    library: Library, query: str, limit: int = ALL, gallery: Gallery | None = None
) -> dict[str, float]:
    held = gallery or library.gallery(MODEL)
    scores = library.word_scores(held, query, limit)
    assert scores.shape == (len(held.clip_ids),)
    return {clip: score for clip, score in zip(held.clip_ids, scores.tolist(), strict=True) if score}


@pytest.mark.parametrize("query", QUERIES)
def test_they_are_those_of_sqlite(library, query):
    assert scored(library, query) == pytest.approx(dict(library.words(query, ALL)), rel=1e-12)


@pytest.mark.parametrize("query", ["walk", "kick left_foot"])
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_the_best_are_kept_and_of_equals_the_first_by_id(library, query, limit):
    assert scored(library, query, limit) == pytest.approx(dict(library.words(query, limit)), rel=1e-12)


def test_one_by_hand(library_folder):
    library = Library.open(library_folder, create=True)
    put(library_folder, {"a": ("kicks and kicks",), "b": ("run",), "c": ("sit down",)}, file="x")
    # every clip has one word more, its file's name: 4 + 2 + 3 words, 3 a clip
    rarity = math.log((3 - 1 + 0.5) / (1 + 0.5))
    expected = rarity * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 4 / 3))
    assert scored(library, "kick") == pytest.approx({"a": expected})


def test_what_was_committed_meanwhile_is_not_taken_for_what_was_there(library, library_folder):
    put(library_folder, {"p": ("zigzag",), "q": ("zigzag run",)}, file="two")
    before = library.gallery(MODEL)
    assert scored(library, "zigzag", gallery=before).keys() == {"p", "q"}
    # the new clips take over the numbers of those that are gone
    put(library_folder, {"r": ("zigzag walk",), "q": ("zigzag run",)}, file="two")
    assert scored(library, "zigzag", gallery=before).keys() == {"q"}
    after = library.gallery(MODEL)
    assert set(before.numbers) & set(after.numbers[-2:])
    for query in ("zigzag", "walk", "two"):
        assert scored(library, query) == pytest.approx(dict(library.words(query, ALL)), rel=1e-12)


def test_an_empty_library_and_an_empty_query_find_nothing(library, tmp_path):
    assert scored(library, "") == {}
    empty = Library.open(tmp_path / "empty", create=True)
    assert scored(empty, "walk") == {}


def test_without_a_full_text_index_the_words_are_counted(library_folder, monkeypatch):
    monkeypatch.setattr(words, "has_fts5", lambda _connection: False)
    library = Library.open(library_folder, create=True)
    put(library_folder, {"b": ("kick run",), "a": ("run",), "c": ("sit",), "d": ("a kick",)})
    assert scored(library, "run kick") == {"a": 1, "b": 2, "d": 1}
    assert scored(library, "run kick", 2) == {"a": 1, "b": 2}
    assert library.words("run kick", 2) == [("b", 2.0), ("a", 1.0)]

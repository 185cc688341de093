"""Libraries of older and newer versions, and databases that are none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tmr_engine.errors import LibraryError
from tmr_engine.library import Library, schema

from .making import StandInEncoder, write_walk

# The first released schema, as it stands on users' disks: written out here so that an edit of it is noticed.
TABLES_OF_VERSION_1 = {
    "facts_of_library": ["name", "value"],
    "files": [
        *("id", "key", "path", "root", "size", "mtime_ns", "content_hash", "notes_hash", "reason", "engine")
    ],
    "clips": [
        *("number", "id", "file", "take", "start_s", "end_s", "fps", "name", "tags", "licence", "credit"),
        *("travelled_m", "mean_speed_mps", "net_turn_deg"),
    ],
    "texts": ["id", "text"],
    "entries": ["clip", "position", "text", "kind", "origin"],
    "models": ["id", "model_id", "width", "file", "row_count"],
    "vectors": ["model", "text", "row"],
}
NEXT = (
    "ALTER TABLE clips ADD COLUMN mood TEXT NOT NULL DEFAULT 'plain'",
    "CREATE TABLE moods (name TEXT PRIMARY KEY)",
)


@pytest.fixture
def indexed(motions: Path, library_folder: Path, encoder: StandInEncoder) -> Path:
    write_walk(motions / "walk.bvh")
    write_walk(motions / "run.bvh", speed_mps=3)
    library = Library.open(library_folder, create=True)
    library.index([motions], encoder, workers=1)
    library.close()
    return library_folder


def ask(folder: Path, question: str) -> list[tuple]:
    connection = sqlite3.connect(folder / schema.FILE_NAME)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def set_version(folder: Path, version: int) -> None:
    connection = sqlite3.connect(folder / schema.FILE_NAME)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()


def test_the_first_migration_makes_version_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
    Library.open(tmp_path, create=True).close()
    assert ask(tmp_path, "PRAGMA user_version") == [(1,)]
    for table, columns in TABLES_OF_VERSION_1.items():
        assert [column[1] for column in ask(tmp_path, f"PRAGMA table_info({table})")] == columns


def test_an_older_library_is_brought_up_to_date_when_it_is_opened(
    indexed: Path, motions: Path, encoder: StandInEncoder, monkeypatch: pytest.MonkeyPatch
):
    before = Library.open(indexed)
    clips, gallery = before.clips(), before.gallery(encoder.model_id)
    vectors = gallery.vectors[gallery.rows].copy()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, NEXT))
    library = Library.open(indexed)
    assert ask(indexed, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    assert ask(indexed, "SELECT DISTINCT mood FROM clips") == [("plain",)]
    assert library.clips() == clips
    gallery = library.gallery(encoder.model_id)
    assert (gallery.vectors[gallery.rows] == vectors).all()
    report = library.index([motions], encoder, workers=1)
    assert (report.unchanged, report.added, report.updated) == (2, 0, 0)
    Library.open(indexed)  # not a second time
    assert ask(indexed, "SELECT count(*) FROM moods") == [(0,)]


def test_a_migration_that_fails_half_way_changes_nothing(indexed: Path, monkeypatch: pytest.MonkeyPatch):
    version = len(schema.MIGRATIONS)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, (*NEXT, "INSERT INTO nowhere VALUES (1)")))
    with pytest.raises(LibraryError, match="nowhere"):
        Library.open(indexed)
    monkeypatch.undo()
    assert ask(indexed, "PRAGMA user_version") == [(version,)]
    assert ask(indexed, "SELECT name FROM sqlite_master WHERE name = 'moods'") == []
    assert len(Library.open(indexed)) == 2


def test_a_newer_library_is_refused_with_a_sentence_and_left_as_it_is(
    indexed: Path, motions: Path, encoder: StandInEncoder
):
    library = Library.open(indexed)
    newer = len(schema.MIGRATIONS) + 1
    set_version(indexed, newer)
    with pytest.raises(LibraryError, match=rf"schema {newer}.*written by a newer TMR.*Update TMR"):
        Library.open(indexed)
    with pytest.raises(LibraryError, match="newer TMR"):
        library.index([motions], encoder, workers=1)
    assert ask(indexed, "PRAGMA user_version") == [(newer,)]
    assert ask(indexed, "SELECT count(*) FROM clips") == [(2,)]


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + bytes(100)])
def test_a_file_that_is_no_database_is_refused_with_its_path(tmp_path: Path, content: bytes):
    (tmp_path / schema.FILE_NAME).write_bytes(content)
    with pytest.raises(LibraryError, match=schema.FILE_NAME):
        Library.open(tmp_path)
    assert (tmp_path / schema.FILE_NAME).read_bytes() == content


def test_a_folder_without_a_library_is_told_from_a_library(tmp_path: Path):
    with pytest.raises(LibraryError, match=r"no library in this folder.*tmr index"):
        Library.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_vector_file_that_was_cut_short_is_found(indexed: Path, encoder: StandInEncoder):
    (vectors,) = indexed.glob("vectors-*.f32")
    vectors.write_bytes(vectors.read_bytes()[:-4])
    library = Library.open(indexed)
    with pytest.raises(LibraryError, match="cut short or replaced"):
        library.gallery(encoder.model_id)
    assert any("cut short" in problem for problem in library.check())

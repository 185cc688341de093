"""Indexing: what is read, what is stored, and what happens when things change or go wrong."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tmr_engine.errors import Cancelled, LibraryError
from tmr_engine.library import CAPTION, NAME, Caption, IndexReport, Library

from .making import StandInEncoder, write_walk


def index(folder: Path, motions: Path, encoder: StandInEncoder | None) -> IndexReport:
    return Library.open(folder, create=True).index([motions], encoder, workers=1)


def counts(report: IndexReport) -> tuple[int, int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed, len(report.failed)


def change_time(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


@pytest.fixture
def four(motions: Path) -> Path:
    """Two walks and two runs, one caption table."""
    write_walk(motions / "walks" / "SlowWalk.bvh", speed_mps=0.5)
    write_walk(motions / "walks" / "TurnLeft.bvh", turn_deg=90)
    write_walk(motions / "runs" / "Run01.bvh", speed_mps=3)
    write_walk(motions / "runs" / "run_right.bvh", speed_mps=3, turn_deg=-90)
    (motions / "captions.csv").write_text(
        "file,start,end,text,tags,licence,credit\n"
        "SlowWalk.bvh,,,somebody strolls,calm,CC0,Ada\n"
        "SlowWalk.bvh,,,a slow walk,calm,CC0,Ada\n"
        "TurnLeft.bvh,0,2,a turn to the left,,,\n"
        "TurnLeft.bvh,0.5,1.5,the middle of a turn,,,\n",
        encoding="utf-8",
    )
    return motions


def test_clips_carry_captions_facts_and_rights(four: Path, library_folder: Path, encoder: StandInEncoder):
    report = index(library_folder, four, encoder)
    assert counts(report) == (4, 0, 0, 0, 0)
    assert report.clips == 5
    library = Library.open(library_folder)
    clips = {(clip.path.name, clip.start_s): clip for clip in library.clips()}
    slow = clips["SlowWalk.bvh", 0.0]
    assert slow.captions == (
        Caption("somebody strolls", "captions.csv"),
        Caption("a slow walk", "captions.csv"),
    )
    assert (slow.name, slow.tags, slow.licence, slow.credit) == ("walks slow walk", ("calm",), "CC0", "Ada")
    assert slow.duration_s == pytest.approx(2.0, abs=1e-3)
    assert slow.fps == pytest.approx(30.0, abs=1e-3)
    assert slow.travelled_m == pytest.approx(1.0, abs=0.01)
    assert slow.mean_speed_mps == pytest.approx(0.5, abs=0.01)
    assert clips["run_right.bvh", 0.0].net_turn_deg == pytest.approx(-90, abs=0.1)
    assert clips["Run01.bvh", 0.0].caption == "runs run"


def test_a_captioned_part_is_a_clip_of_its_own_and_a_whole_one_is_not(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, encoder)
    library = Library.open(library_folder)
    whole, part = [clip for clip in library.clips() if clip.path.name == "TurnLeft.bvh"]
    assert whole.captions[0].text == "a turn to the left"
    assert part.captions[0].text == "the middle of a turn"
    assert (part.start_s, part.end_s) == (pytest.approx(0.5, abs=0.02), pytest.approx(1.5, abs=0.02))
    assert part.net_turn_deg == pytest.approx(45, abs=1)
    motion = library.load(part.id)
    assert len(motion) == 31
    assert motion.source.start_s == pytest.approx(part.start_s)
    assert len(library.load(whole.id)) == 61


def test_the_gallery_has_every_text_of_every_clip_with_its_own_vector(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, encoder)
    library = Library.open(library_folder)
    gallery = library.gallery(encoder.model_id)
    assert gallery.missing == 0
    clips = library.clips(list(gallery.clip_ids))
    expected = []
    for number, clip in enumerate(clips):
        expected += [(number, CAPTION, caption.text) for caption in clip.captions]
        expected += [
            (number, NAME, text) for text in (clip.name, *([", ".join(clip.tags)] if clip.tags else []))
        ]
    assert len(expected) == len(gallery.rows)
    for entry, (number, kind, text) in enumerate(expected):
        assert (gallery.clips[entry], gallery.kinds[entry]) == (number, kind)
        assert np.array_equal(gallery.vectors[gallery.rows[entry]], encoder.vector(text))
        if kind == CAPTION:
            assert clips[number].captions[gallery.positions[entry]].text == text


def test_a_text_that_clips_share_is_embedded_once(
    motions: Path, library_folder: Path, encoder: StandInEncoder
):
    for name in ("a", "b", "c"):
        write_walk(motions / name / "walk.bvh")
    index(library_folder, motions, encoder)
    assert sorted(encoder.asked) == sorted(set(encoder.asked))


def test_nothing_is_read_again_while_nothing_changes(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, encoder)
    before = Library.open(library_folder).generation
    assert counts(index(library_folder, four, encoder)) == (0, 0, 4, 0, 0)
    assert Library.open(library_folder).generation == before


def test_a_touched_file_is_unchanged(four: Path, library_folder: Path, encoder: StandInEncoder):
    index(library_folder, four, encoder)
    change_time(four / "runs" / "Run01.bvh")
    assert counts(index(library_folder, four, encoder)) == (0, 0, 4, 0, 0)


def test_an_edited_file_is_measured_again_and_keeps_its_ids(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, encoder)
    before = ids(library_folder)
    write_walk(four / "runs" / "Run01.bvh", speed_mps=4, seconds=3)
    assert counts(index(library_folder, four, encoder)) == (0, 1, 3, 0, 0)
    assert ids(library_folder) == before
    clip = next(clip for clip in Library.open(library_folder).clips() if clip.path.name == "Run01.bvh")
    assert clip.mean_speed_mps == pytest.approx(4, abs=0.01)
    assert clip.duration_s == pytest.approx(3, abs=0.01)


def ids(folder: Path) -> dict[str, str]:
    return {f"{clip.path.stem} {clip.start_s:.1f}": clip.id for clip in Library.open(folder).clips()}


def test_a_moved_file_keeps_its_ids_and_only_its_new_name_is_embedded(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, encoder)
    before = ids(library_folder)
    encoder.asked.clear()
    (four / "archive").mkdir()
    (four / "walks" / "SlowWalk.bvh").rename(four / "archive" / "SlowWalk.bvh")
    assert counts(index(library_folder, four, encoder)) == (0, 1, 3, 0, 0)
    assert ids(library_folder) == before
    assert encoder.asked == ["archive slow walk"]


def test_a_renamed_folder_moves_all_its_files(four: Path, library_folder: Path, encoder: StandInEncoder):
    index(library_folder, four, encoder)
    before = ids(library_folder)
    (four / "runs").rename(four / "sprints")
    assert counts(index(library_folder, four, encoder)) == (0, 2, 2, 0, 0)
    assert ids(library_folder) == before


def test_a_copy_is_a_file_of_its_own(four: Path, library_folder: Path, encoder: StandInEncoder):
    index(library_folder, four, encoder)
    shutil.copy(four / "runs" / "Run01.bvh", four / "runs" / "Copy.bvh")
    assert counts(index(library_folder, four, encoder)) == (1, 0, 4, 0, 0)


def test_a_deleted_file_leaves_with_its_clips(four: Path, library_folder: Path, encoder: StandInEncoder):
    index(library_folder, four, encoder)
    (four / "walks" / "TurnLeft.bvh").unlink()
    report = index(library_folder, four, encoder)
    assert counts(report) == (0, 0, 3, 1, 0)
    assert report.clips == 3
    library = Library.open(library_folder)
    assert len(library.gallery(encoder.model_id).clip_ids) == 3
    assert library.words("turn", 10) == []


def test_another_folder_is_added_and_does_not_remove_the_first(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four / "walks", encoder)
    assert index(library_folder, four / "runs", encoder).clips == 5


def test_a_folder_that_is_gone_is_an_error_and_loses_nothing(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, encoder)
    four.rename(four.with_name("unplugged"))
    with pytest.raises(LibraryError, match="no such file or folder"):
        index(library_folder, four, encoder)
    assert len(Library.open(library_folder)) == 5


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_an_unreadable_folder_loses_nothing(four: Path, library_folder: Path, encoder: StandInEncoder):
    index(library_folder, four, encoder)
    (four / "runs").chmod(0)
    try:
        report = index(library_folder, four, encoder)
    finally:
        (four / "runs").chmod(0o755)
    assert (report.removed, report.clips) == (0, 5)
    assert any("runs" in warning for warning in report.warnings)


def test_changed_captions_are_taken_over(four: Path, library_folder: Path, encoder: StandInEncoder):
    index(library_folder, four, encoder)
    table = four / "captions.csv"
    table.write_text(table.read_text(encoding="utf-8") + "Run01.bvh,,,a sprint,,,\n", encoding="utf-8")
    assert counts(index(library_folder, four, encoder)) == (0, 1, 3, 0, 0)
    library = Library.open(library_folder)
    assert [library.clip(found).caption for found, _ in library.words("sprint", 5)] == ["a sprint"]


def test_malformed_files_are_listed_with_a_reason_and_the_rest_is_indexed(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    (four / "broken.bvh").write_text("HIERARCHY\nROOT Hips\n{\n", encoding="ascii")
    (four / "empty.bvh").write_bytes(b"")
    (four / "noise.npy").write_bytes(os.urandom(500))
    report = index(library_folder, four, encoder)
    assert counts(report) == (4, 0, 0, 0, 3)
    assert [Path(failure.path).name for failure in report.failed] == ["broken.bvh", "empty.bvh", "noise.npy"]
    assert all(failure.path in failure.reason or failure.reason.endswith(".") for failure in report.failed)


def test_failures_are_listed_every_time_and_read_again_once_they_change(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    broken = four / "late.bvh"
    broken.write_text("HIERARCHY\n", encoding="ascii")
    first = index(library_folder, four, encoder)
    second = index(library_folder, four, encoder)
    assert first.failed == second.failed
    assert counts(second) == (0, 0, 4, 0, 1)
    write_walk(broken)
    assert counts(index(library_folder, four, encoder)) == (0, 1, 4, 0, 0)


def test_a_file_that_breaks_loses_its_clips(four: Path, library_folder: Path, encoder: StandInEncoder):
    index(library_folder, four, encoder)
    (four / "runs" / "Run01.bvh").write_text("HIERARCHY\n", encoding="ascii")
    report = index(library_folder, four, encoder)
    assert counts(report) == (0, 0, 3, 0, 1)
    assert report.clips == 4


def test_a_caption_about_a_time_that_the_motion_does_not_have_is_told(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    table = four / "captions.csv"
    table.write_text("file,start,end,text\nRun01.bvh,50,60,too late\n", encoding="utf-8")
    report = index(library_folder, four, encoder)
    assert report.clips == 4
    assert any("Run01.bvh" in warning and "50.0" in warning for warning in report.warnings)


def test_two_reading_processes_give_the_same_library_as_one(
    four: Path, tmp_path: Path, encoder: StandInEncoder
):
    for number in range(30):
        write_walk(four / "many" / f"m{number}.bvh", speed_mps=number / 10, seconds=0.5)
    found = []
    for workers in (1, 2):
        library = Library.open(tmp_path / str(workers), create=True)
        library.index([four], encoder, workers=workers)
        gallery = library.gallery(encoder.model_id)
        vectors = {
            (gallery.clip_ids[clip], int(position)): gallery.vectors[row].tobytes()
            for clip, position, row in zip(gallery.clips, gallery.positions, gallery.rows, strict=True)
        }
        found.append((library.clips(), vectors))
    assert found[0] == found[1]


def test_ids_are_the_same_for_the_same_collection_in_another_place(
    four: Path, tmp_path: Path, encoder: StandInEncoder
):
    index(tmp_path / "one", four, encoder)
    elsewhere = tmp_path / "other" / "place" / "and" / "deeper" / four.name
    shutil.copytree(four, elsewhere)
    index(tmp_path / "two", elsewhere, encoder)
    assert ids(tmp_path / "one") == ids(tmp_path / "two")


def test_a_cancelled_run_keeps_what_was_done_and_goes_on_later(
    motions: Path, library_folder: Path, encoder: StandInEncoder
):
    for number in range(80):
        write_walk(motions / f"m{number:02}.bvh", seconds=0.2)
    seen: list[str] = []
    library = Library.open(library_folder, create=True)
    with pytest.raises(Cancelled):
        library.index(
            [motions],
            encoder,
            workers=1,
            progress=lambda _done, _total, path: seen.append(path),
            cancelled=lambda: len(seen) >= 40,
        )
    kept = len(library)
    assert 40 <= kept < 80
    report = library.index([motions], encoder, workers=1)
    assert counts(report) == (80 - kept, 0, kept, 0, 0)


def test_a_run_that_is_cancelled_at_once_changes_nothing(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, encoder)
    (four / "runs" / "Run01.bvh").unlink()
    library = Library.open(library_folder)
    before = library.generation
    with pytest.raises(Cancelled):
        library.index([four], encoder, workers=1, cancelled=lambda: True)
    assert (library.generation, len(library)) == (before, 5)


def test_progress_counts_every_file_that_is_read(four: Path, library_folder: Path, encoder: StandInEncoder):
    calls: list[tuple[int, int, str]] = []
    library = Library.open(library_folder, create=True)
    library.index([four], encoder, workers=1, progress=lambda *call: calls.append(call))
    assert [(done, total) for done, total, _ in calls] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert {Path(path).suffix for *_, path in calls} == {".bvh"}


def test_a_second_model_gets_vectors_without_reading_a_file_again(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, encoder)
    other = StandInEncoder("other", width=8)
    library = Library.open(library_folder)
    assert library.gallery("other").missing == len(set(encoder.asked))
    assert counts(index(library_folder, four, other)) == (0, 0, 4, 0, 0)
    gallery = library.gallery("other")
    assert (gallery.missing, gallery.vectors.shape[1]) == (0, 8)
    assert library.gallery(encoder.model_id).missing == 0


def test_without_an_encoder_words_are_found_and_vectors_are_made_later(
    four: Path, library_folder: Path, encoder: StandInEncoder
):
    index(library_folder, four, None)
    library = Library.open(library_folder)
    assert len(library.words("stroll", 5)) == 1
    assert len(library.gallery(encoder.model_id).rows) == 0
    index(library_folder, four, encoder)
    assert library.gallery(encoder.model_id).missing == 0


def test_a_file_name_that_is_no_unicode_is_indexed_found_and_forgotten(
    motions: Path, library_folder: Path, encoder: StandInEncoder
):
    path = motions / os.fsdecode(b"walk_\xff.bvh")
    broken = motions / os.fsdecode(b"broken_\xfe.bvh")
    try:
        write_walk(path)
    except OSError:
        pytest.skip("this file system has Unicode names only")
    broken.write_bytes(b"HIERARCHY")
    report = index(library_folder, motions, encoder)
    assert counts(report) == (1, 0, 0, 0, 1)
    library = Library.open(library_folder)
    (clip,) = library.clips()
    assert (clip.path, clip.name) == (path, "walk")
    assert len(library.load(clip.id)) == 61
    assert library.check() == [f"{broken} could not be indexed: {report.failed[0].reason}"]
    assert counts(index(library_folder, motions, encoder)) == (0, 0, 1, 0, 1)
    path.rename(motions / "walk.bvh")
    broken.unlink()
    assert counts(index(library_folder, motions, encoder)) == (0, 1, 0, 1, 0)
    assert library.clip(clip.id).path == motions / "walk.bvh"


def test_half_a_character_in_a_caption_costs_nothing(
    motions: Path, library_folder: Path, encoder: StandInEncoder
):
    write_walk(motions / "walk.bvh")
    (motions / "captions.json").write_text(
        '{"walk.bvh": {"captions": ["a \\ud83d walk"], "tags": ["\\udc00"], "credit": "\\ud800"}}', "ascii"
    )
    assert index(library_folder, motions, encoder).clips == 1
    (clip,) = Library.open(library_folder).clips()
    assert (clip.caption, clip.tags, clip.credit) == ("a \\ud83d walk", ("\\udc00",), "\\ud800")

"""Several processes at one library: many may search while one indexes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tmr_engine.errors import LibraryError
from tmr_engine.library import Clip, Gallery, Library
from tmr_engine.library.lock import writer_lock

from .making import StandInEncoder, write_walk
from .states import assert_vectors_are_of_their_texts

ROOT = Path(__file__).resolve().parents[3]

# Indexes a folder over and over while its files come, change their captions and go: rows die by the dozen, so
# the vector file is written anew and the old one is removed.
RESTLESS = """
import sys
from pathlib import Path
from tests.engine.library.making import StandInEncoder
from tmr_engine.library import Library, vectors

if __name__ == "__main__":
    motions, folder = map(Path, sys.argv[1:])
    vectors._MIN_DEAD_ROWS = 0
    library = Library.open(folder)
    away = motions.parent / "away"
    away.mkdir()
    for turn in range(6):
        for path in list(motions.glob("*.bvh"))[: 20 if turn % 2 == 0 else 0]:
            path.rename(away / path.name)
        for path in list(away.glob("*.bvh")) if turn % 2 else ():
            path.rename(motions / path.name)
        rows = [f"{path.stem},turn {turn} of {path.stem}" for path in sorted(motions.glob("*.bvh"))]
        (motions / "captions.csv").write_text("\\n".join(["file,text", *rows]), encoding="utf-8")
        library.index([motions], StandInEncoder(), workers=1)
"""

HOLDER = """
import sys, time
from pathlib import Path
from tmr_engine.library.lock import writer_lock

with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def process(source: str, *arguments: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    script = folder / "script.py"
    script.write_text(source, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def state(library: Library, encoder: StandInEncoder) -> tuple[Gallery, list[Clip], set[str]]:
    """The gallery, the clips and those found by a word, of one state: nothing was committed in between."""
    while True:
        gallery = library.gallery(encoder.model_id)
        clips, found = library.clips(), {clip for clip, _ in library.words("turn", 100)}
        if library.generation == gallery.generation:
            return gallery, clips, found


@pytest.mark.slow
def test_what_is_read_while_another_process_indexes_is_always_whole(
    motions: Path, library_folder: Path, tmp_path: Path, encoder: StandInEncoder
):
    for first in "abcdef":
        for second in "abcdefgh":
            write_walk(motions / f"w{first}{second}.bvh", seconds=0.2)
    library = Library.open(library_folder, create=True)
    library.index([motions], encoder, workers=1)
    seen: set[int] = set()
    with process(RESTLESS, motions, library_folder, folder=tmp_path) as writer:
        while writer.poll() is None:
            gallery, clips, found = state(library, encoder)
            if gallery.generation in seen:
                continue
            seen.add(gallery.generation)
            assert gallery.missing == 0
            assert set(gallery.clip_ids) == {clip.id for clip in clips}
            assert found == {clip.id for clip in clips if "turn" in clip.caption}
            assert_vectors_are_of_their_texts(gallery, clips, encoder)
        assert writer.returncode == 0
    assert len(seen) > 3
    (vectors,) = library_folder.glob("vectors-*")
    assert int(vectors.stem.rpartition("-")[2]) > 2  # it was written anew while it was being read
    assert len(library) == 48
    assert library.check() == []


def test_a_second_writer_is_refused_and_told_who_writes(
    library_folder: Path, motions: Path, tmp_path: Path, encoder: StandInEncoder
):
    library = Library.open(library_folder, create=True)
    with process(HOLDER, library_folder, folder=tmp_path) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LibraryError, match=rf"another process is indexing.*process {holder.pid}"):
            library.index([motions], encoder)
        assert library.clips() == []  # reading is not refused


def test_the_lock_of_a_killed_writer_is_free_at_once(library_folder: Path, tmp_path: Path):
    Library.open(library_folder, create=True)
    with process(HOLDER, library_folder, folder=tmp_path) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with writer_lock(library_folder):
            pass


def test_a_writer_that_may_wait_comes_after_the_first(
    library_folder: Path, motions: Path, tmp_path: Path, encoder: StandInEncoder
):
    write_walk(motions / "walk.bvh", seconds=0.2)
    library = Library.open(library_folder, create=True)
    with process(HOLDER, library_folder, folder=tmp_path) as holder:
        assert holder.stdout.readline() == "held\n"
        threading.Timer(0.3, holder.stdin.close).start()
        assert library.index([motions], encoder, workers=1, wait_s=30).added == 1
        assert holder.wait(timeout=10) == 0


def test_one_library_object_serves_several_threads(
    motions: Path, library_folder: Path, encoder: StandInEncoder
):
    for name in ("a", "b", "c"):
        write_walk(motions / f"walk_{name}{name}.bvh", seconds=0.2)
    library = Library.open(library_folder, create=True)
    library.index([motions], encoder, workers=1)
    problems: list[BaseException] = []
    deadline = time.monotonic() + 1

    def read() -> None:
        try:
            while time.monotonic() < deadline:
                assert len(library.clips()) == 3
                assert len(library.gallery(encoder.model_id).clip_ids) == 3
                assert len(library.words("walk", 5)) == 3
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []

"""Bringing a library up to date with folders of motion files.

The owner of the run plans, embeds and writes; reading processes read and measure. Work is committed in small
transactions, each of them whole, so that a run that ends at any moment, in any way, is simply gone on with by
the next one: what was committed is found unchanged.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import Cancelled, LibraryError
from ..formats import can_read
from . import caption_vectors, store, words
from .captions import Captions, Note
from .captions.names import name_of
from .describe import ClipRow, describe, parts_of
from .plain_text import plain
from .reading import Job, Reading
from .records import Failure, IndexReport
from .scan import Found, Scan, scan
from .schema import bump_generation, transaction
from .store import FileRow
from .vectors import Model, add_model, append_vectors, drop_dead_rows
from .workers import ReadingPool

_BATCH_FILES = 32
_BATCH_S = 2.0  # what a kill loses at most, beside the file that is being read
_BATCH_TEXTS = 64
_MAX_WORKERS = 8
_FILES_A_WORKER = 8  # starting a process takes as long as reading a few files
_READ_AGAIN = -1

Progress = Callable[[int, int, str], None]


class Encoder(Protocol):
    """What indexing needs of `tmr_engine.model.SentenceEncoder`."""

    @property
    def model_id(self) -> str:
        """Names the weights."""
        ...

    @property
    def width(self) -> int:
        """Numbers a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, width) unit rows."""
        ...


@dataclass(frozen=True)
class _Plan:
    """A file that has to be read, and how it will be stored."""

    row: FileRow
    notes: tuple[Note, ...]
    is_new: bool


@dataclass
class _Tally:
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)


@dataclass
class Indexing:
    """One run.

    Args:
        connection: for writing; the caller holds the writer's lock.
        folder: of the library.
        encoder: makes the vectors; None leaves them to a later run.
        workers: reading processes; None: as many as pay off.
        progress: called with (files done, files to read, path); then, while texts are embedded that earlier
            runs or other models left, with (texts done, texts, "").
        cancelled: asked several times a second.
        limit_s: longest time for one file.
    """

    connection: sqlite3.Connection
    folder: Path
    encoder: Encoder | None
    workers: int | None
    progress: Progress
    cancelled: Callable[[], bool]
    limit_s: float

    def __post_init__(self) -> None:
        self._captions = Captions()
        self._tally = _Tally()
        self._given: dict[str, NDArray[np.float32]] = {}
        self._files = store.known_files(self.connection)
        self._by_hash: dict[str, list[FileRow]] = {}
        for row in self._files:
            self._by_hash.setdefault(row.content_hash, []).append(row)
        self._moved: set[int | None] = set()
        self._warnings: list[str] = []

    def run(self, paths: Sequence[Path]) -> IndexReport:
        """Does it.

        Raises:
            LibraryError: a path does not exist, or the library cannot be written.
            Cancelled: `cancelled` said so; what was done until then is kept.
        """
        started = time.monotonic()
        with transaction(self.connection):
            words.make_index(self.connection)
        seen = scan(paths, can_read, self._stop_if_cancelled)
        plans = self._plan(seen)
        self._load_caption_vectors(seen)
        self._read(plans)
        self._remove(seen)
        self._embed_missing()
        drop_dead_rows(self.connection, self.folder)
        tally = self._tally
        return IndexReport(
            tally.added,
            tally.updated,
            tally.unchanged,
            tally.removed,
            tuple(sorted(tally.failed, key=lambda failure: failure.path)),
            store.count_clips(self.connection),
            time.monotonic() - started,
            (*seen.warnings, *self._captions.warnings, *self._warnings),
        )

    def _plan(self, seen: Scan) -> dict[Path, _Plan]:
        """The files that are new or changed; the others are counted."""
        known = {row.path: row for row in self._files}
        keys = {row.key for row in self._files}
        plans = {}
        for found in seen.files:
            self._stop_if_cancelled()
            row = known.get(found.path)
            notes = self._captions.notes(found.path)
            root = row.root if row and found.path.is_relative_to(row.root) else found.root
            notes_hash = _hash_notes(found.path, root, notes)
            if row and _is_unchanged(row, found, notes_hash):
                self._count_unchanged(row)
                continue
            fresh = _fresh_row(found, root, keys) if row is None else row
            keys.add(fresh.key)
            changed = replace(fresh, root=root, size=found.size, mtime_ns=found.mtime_ns, engine=__version__)
            if row and (row.notes_hash != notes_hash or row.reason):
                changed = replace(changed, content_hash="")  # parse it whatever its content
            plans[found.path] = _Plan(replace(changed, notes_hash=notes_hash), notes, row is None)
        return plans

    def _count_unchanged(self, row: FileRow) -> None:
        if row.reason:
            self._tally.failed.append(Failure(str(row.path), row.reason))
        else:
            self._tally.unchanged += 1

    def _read(self, plans: dict[Path, _Plan]) -> None:
        jobs = [Job(path, plan.row.content_hash, parts_of(plan.notes)) for path, plan in plans.items()]
        batch: list[Reading] = []
        committed = time.monotonic()
        if not jobs:
            return
        count = self.workers or min(os.cpu_count() or 1, _MAX_WORKERS, 1 + len(jobs) // _FILES_A_WORKER)
        with ReadingPool(count, limit_s=self.limit_s) as pool:
            for done, reading in enumerate(pool.readings(jobs, self.cancelled), start=1):
                batch.append(reading)
                if len(batch) >= _BATCH_FILES or time.monotonic() - committed > _BATCH_S:
                    self._commit(batch, plans)
                    batch.clear()
                    committed = time.monotonic()
                self.progress(done, len(jobs), str(reading.path))
        self._commit(batch, plans)
        self._stop_if_cancelled()

    def _stop_if_cancelled(self) -> None:
        if self.cancelled():
            raise Cancelled("indexing was cancelled; what was done is kept", where=str(self.folder))

    def _commit(self, batch: Sequence[Reading], plans: dict[Path, _Plan]) -> None:
        """Stores what was read, with the vectors of its texts, in one transaction."""
        described = []
        for reading in batch:
            plan = self._with_moved_row(plans[reading.path], reading)
            row = plan.row
            described.append(
                (plan, reading, describe(row.path, row.root, row.key, reading.takes, plan.notes))
            )
        with transaction(self.connection):
            for plan, reading, clips in described:
                self._save(plan, reading, clips)
            if self.encoder is not None:
                model = add_model(self.connection, self.encoder.model_id, self.encoder.width)
                texts = dict.fromkeys(
                    text for *_, clips in described for clip in clips for text in clip.texts
                )
                self._embed(self.encoder, model, store.new_texts(self.connection, model.id, texts))
            bump_generation(self.connection)

    def _with_moved_row(self, plan: _Plan, reading: Reading) -> _Plan:
        """The plan with the row of a file of the same content that is gone: this file is that one, moved."""
        if not plan.is_new or not reading.takes:
            return plan
        for row in self._by_hash.get(reading.content_hash, ()):
            if row.id not in self._moved and not row.reason and not row.path.exists():
                self._moved.add(row.id)
                return _Plan(replace(plan.row, id=row.id, key=row.key), plan.notes, is_new=False)
        return plan

    def _save(self, plan: _Plan, reading: Reading, clips: Iterable[ClipRow]) -> None:
        row = replace(plan.row, content_hash=reading.content_hash, reason=reading.reason)
        if reading.again:
            row = replace(row, mtime_ns=_READ_AGAIN)
        file = store.save_file(self.connection, row)
        if reading.reason:
            self._tally.failed.append(Failure(str(row.path), reading.reason))
            if not reading.again:
                store.remove_clips(self.connection, file)
            return
        if not reading.takes:
            self._tally.unchanged += 1
            return
        self._warn_about(plan, reading)
        store.remove_clips(self.connection, file)
        store.add_clips(self.connection, file, clips)
        if plan.is_new:
            self._tally.added += 1
        else:
            self._tally.updated += 1

    def _warn_about(self, plan: _Plan, reading: Reading) -> None:
        path = plan.row.path
        for take in reading.takes:
            self._warnings += [f"{path}: {warning}" for warning in take.warnings]
        met = {part for take in reading.takes for part in take.parts}
        names = {"", *(take.name for take in reading.takes)}
        for part in parts_of(plan.notes):
            if part not in met and part.take in names:
                times = f"{part.start_s} to {part.end_s} s"
                self._warnings.append(f"{path}: a caption is about {times}, where the motion has no frame.")

    def _remove(self, seen: Scan) -> None:
        """Forgets files that are gone from the folders."""
        paths = {found.path for found in seen.files}
        gone = [
            row
            for row in self._files
            if row.path not in paths and row.id not in self._moved and seen.covers(row.path)
        ]
        if gone:
            with transaction(self.connection):
                for row in gone:
                    if row.id is not None:
                        store.remove_file(self.connection, row.id)
                bump_generation(self.connection)
        self._tally.removed = len(gone)

    def _embed_missing(self) -> None:
        """Makes the vectors that earlier runs left out: they had no encoder, or another one."""
        if self.encoder is None:
            return
        with transaction(self.connection):
            model = add_model(self.connection, self.encoder.model_id, self.encoder.width)
        missing = store.texts_without_vector(self.connection, model.id)
        for first in range(0, len(missing), _BATCH_TEXTS):
            self._stop_if_cancelled()
            with transaction(self.connection):
                model = add_model(self.connection, self.encoder.model_id, self.encoder.width)
                self._embed(self.encoder, model, missing[first : first + _BATCH_TEXTS])
                bump_generation(self.connection)
            self.progress(min(first + _BATCH_TEXTS, len(missing)), len(missing), "")

    def _embed(self, encoder: Encoder, model: Model, texts: Sequence[tuple[int, str]]) -> None:
        """Makes vectors for texts (id, text) that have none; part of the caller's transaction."""
        new = [text for _, text in texts if text not in self._given]
        made = dict(zip(new, encoder.encode(new), strict=True)) if new else {}
        if texts:
            rows = np.stack([made[text] if text in made else self._given[text] for _, text in texts])
            append_vectors(self.connection, self.folder, model, [number for number, _ in texts], rows)

    def _load_caption_vectors(self, seen: Scan) -> None:
        if self.encoder is None:
            return
        folders = {found.path.parent for found in seen.files} | {found.root for found in seen.files}
        for folder in sorted(folders):
            path = folder / caption_vectors.FILE_NAME
            if not path.is_file():
                continue
            try:
                given = caption_vectors.read_caption_vectors(path, self.encoder.model_id)
            except LibraryError as error:
                self._warnings.append(str(error))
                continue
            fitting = {text: vector for text, vector in given.items() if len(vector) == self.encoder.width}
            self._given.update(fitting)


def _is_unchanged(row: FileRow, found: Found, notes_hash: str) -> bool:
    same = (row.size, row.mtime_ns, row.notes_hash) == (found.size, found.mtime_ns, notes_hash)
    return same and (not row.reason or row.engine == __version__)  # a newer reader may read what failed


def _fresh_row(found: Found, root: Path, keys: set[str]) -> FileRow:
    """A row for a file that the library has not seen.

    Its key is made of the indexed folder's name and the path below it, so the same collection has the same
    clip ids on another machine.
    """
    wanted = plain(f"{root.name}/{found.path.relative_to(root).as_posix()}")
    key, number = wanted, 1
    while key in keys:
        number += 1
        key = f"{wanted}~{number}"
    return FileRow(key, found.path, root, found.size, found.mtime_ns, "", "", "", __version__)


def _hash_notes(path: Path, root: Path, notes: Sequence[Note]) -> str:
    """Stands for everything that the clips of a file say beside its motion."""
    said = repr((name_of(path, root, ""), notes)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, digest_size=16).hexdigest()

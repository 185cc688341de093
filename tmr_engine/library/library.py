"""A library: a folder with a database of clips and the vectors of their texts."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import LibraryError
from . import gallery as galleries
from . import schema, store, words
from .gallery import Gallery
from .latents import MotionGallery, clips_read, encode_clips, load_motion_gallery
from .lock import writer_lock
from .records import Clip, IndexReport
from .takes import read_take
from .vectors import Model, map_vectors
from .word_scores import WordScores

if TYPE_CHECKING:  # a search reads no motion file and indexes nothing: it must not pay for their modules
    from ..motion import Motion
    from .facets import FacetGallery
    from .indexing import Encoder, Progress
    from .latents import MotionEncoder

DEFAULT_LIMIT_S = 120.0


class Library:
    """The clips of a library folder; may be used from several threads.

    Reading is never blocked by a process that indexes, and always sees a whole committed state.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        """See `Library.open`."""
        self.folder = folder
        self._connection = connection
        self._turn = threading.RLock()
        self._galleries: dict[str, Gallery] = {}
        self._motion_galleries: dict[str, MotionGallery] = {}
        self._facets: FacetGallery | None = None
        self._word_scores = WordScores()

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, create: bool = False) -> Library:
        """Opens a library; an older one is brought up to date first.

        Args:
            folder: the library folder.
            create: make an empty library where there is none.

        Raises:
            LibraryError: there is none, it is damaged, or it was written by a newer version.
        """
        place = Path(os.path.abspath(folder))
        if not (place / schema.FILE_NAME).is_file():
            if not create:
                raise LibraryError(
                    "there is no library in this folder",
                    where=str(place),
                    fix="Index motion files into it first (tmr index FOLDER --library DIR)",
                )
            _create(place)
        elif schema.is_older(place):
            with writer_lock(place, wait_s=60.0):
                schema.open_database(place, write=True).close()
        return cls(place, schema.open_database(place, write=False))

    def close(self) -> None:
        """Lets go of the database file."""
        with self._turn:
            self._galleries.clear()
            self._motion_galleries.clear()
            self._facets = None
            self._word_scores.close()
            self._connection.close()

    def index(
        self,
        paths: Sequence[str | os.PathLike[str]],
        encoder: Encoder | None,
        *,
        workers: int | None = None,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
        limit_s: float = DEFAULT_LIMIT_S,
        wait_s: float = 0.0,
    ) -> IndexReport:
        """Brings the library up to date with folders and files; only what changed is read.

        Args:
            paths: folders to walk, or motion files.
            encoder: makes the vectors of the texts; None leaves them to a later run.
            workers: reading processes; None takes as many as pay off.
            progress: called with (files done, files to read, path), then with (texts done, texts, "") for
                vectors that earlier runs left out.
            cancelled: asked several times a second.
            limit_s: longest time for one file, in seconds.
            wait_s: how long to wait for another writer, in seconds.

        Raises:
            LibraryError: a path does not exist, another process is indexing, or the disk refuses.
            Cancelled: `cancelled` said so; what was done until then is kept.
        """
        from .indexing import Indexing  # noqa: PLC0415  see the head of this file

        with writer_lock(self.folder, wait_s=wait_s):
            connection = schema.open_database(self.folder, write=True)
            try:
                run = Indexing(
                    connection,
                    self.folder,
                    encoder,
                    workers,
                    progress or (lambda _done, _total, _path: None),
                    cancelled or (lambda: False),
                    limit_s,
                )
                return run.run([Path(path) for path in paths])
            except sqlite3.Error as error:
                raise schema.unreadable(self.folder, error) from error
            finally:
                connection.close()

    def clip(self, clip_id: str) -> Clip:
        """The clip with an id.

        Raises:
            LibraryError: there is none.
        """
        return self.clips([clip_id])[0]

    def clips(self, clip_ids: Sequence[str] | None = None) -> list[Clip]:
        """Clips by id, in the order asked for; without ids all, by path, take and start.

        Raises:
            LibraryError: an id is not in the library.
        """
        with self._reading() as connection:
            found = list(store.read_clips(connection, clip_ids))
        if clip_ids is None:
            return found
        by_id = {clip.id: clip for clip in found}
        try:
            return [by_id[clip_id] for clip_id in clip_ids]
        except KeyError as error:
            raise LibraryError(
                f"there is no clip {error.args[0]} in this library",
                where=str(self.folder),
                fix="Search again; the library may have changed",
            ) from error

    def load(self, clip_id: str) -> Motion:
        """The motion of a clip, read from its file.

        Raises:
            LibraryError: the clip is not in the library, or its file is gone.
            MotionFileError: the file cannot be read any more.
        """
        clip = self.clip(clip_id)
        if not clip.path.is_file():
            raise LibraryError(
                "the motion file is no longer there",
                where=str(clip.path),
                why="It was moved or deleted, or its disk is not connected",
                fix="Index its folder again",
            )
        motion = read_take(clip.path, clip.take)
        start = clip.start_s - motion.source.start_s
        return motion.cut(start, start + clip.duration_s)

    def gallery(self, model_id: str) -> Gallery:
        """The vectors of a model as of the last committed state; the same object until something changes."""
        with self._reading() as connection:
            held = self._galleries.get(model_id)
            if held is None or held.generation != schema.read_generation(connection):
                held = galleries.load_gallery(connection, self.folder, model_id)
                self._galleries[model_id] = held
            return held

    def read_motions(
        self,
        encoder: MotionEncoder,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        wait_s: float = 0.0,
    ) -> list[str]:
        """Lets a motion model read the clips that it has not read yet; those of other models are kept.

        Args:
            encoder: the model.
            progress: called with (clips done, clips).
            cancelled: asked between clips.
            wait_s: how long to wait for another writer, in seconds.

        Returns:
            what cannot be read, one sentence each.

        Raises:
            LibraryError: another process is indexing, or the disk refuses.
            Cancelled: `cancelled` said so; what was done until then is kept.
        """
        from .known_latents import take_known  # noqa: PLC0415  see the head of this file

        with writer_lock(self.folder, wait_s=wait_s):
            connection = schema.open_database(self.folder, write=True)
            try:
                problems = take_known(connection, encoder.model_id)
                return problems + encode_clips(
                    connection,
                    encoder,
                    read_take,
                    progress=progress or (lambda _done, _total: None),
                    cancelled=cancelled or (lambda: False),
                )
            except sqlite3.Error as error:
                raise schema.unreadable(self.folder, error) from error
            finally:
                connection.close()

    def take_known_latents(self, model_id: str, *, wait_s: float = 0.0) -> None:
        """Takes over what lies beside the motion files of a model's reading; nothing is read for it.

        Args:
            model_id: of the model.
            wait_s: how long to wait for another writer, in seconds.

        Raises:
            LibraryError: another process is indexing.
        """
        from .known_latents import take_known  # noqa: PLC0415  see the head of this file

        with writer_lock(self.folder, wait_s=wait_s):
            connection = schema.open_database(self.folder, write=True)
            try:
                take_known(connection, model_id)
            finally:
                connection.close()

    def motion_gallery(self, model_id: str) -> MotionGallery:
        """The latents of a motion model as of the last committed state."""
        with self._reading() as connection:
            held = self._motion_galleries.get(model_id)
            if held is None or held.generation != schema.read_generation(connection):
                held = load_motion_gallery(connection, model_id)
                self._motion_galleries[model_id] = held
            return held

    def facets(self) -> FacetGallery:
        """The measured facets of all clips as of the last committed state."""
        from .facets import load_facets  # noqa: PLC0415  only a query that asks for facets pays for them

        with self._reading() as connection:
            if self._facets is None or self._facets.generation != schema.read_generation(connection):
                self._facets = load_facets(connection)
            return self._facets

    def words(self, query: str, limit: int) -> list[tuple[str, float]]:
        """Clips that hold words of the query: (clip id, score), best first; see `words.find`."""
        with self._reading() as connection:
            return words.find(connection, query, limit)

    def word_scores(self, gallery: Gallery, query: str, limit: int) -> NDArray[np.float64]:
        """(N,) scores of `words` for the clips of a gallery; see `WordScores.of`."""
        with self._reading() as connection:
            return self._word_scores.of(connection, gallery, query, limit)

    @property
    def generation(self) -> int:
        """The number of the last committed state."""
        with self._reading() as connection:
            return schema.read_generation(connection)

    def __len__(self) -> int:
        """How many clips there are."""
        with self._reading() as connection:
            return store.count_clips(connection)

    def info(self) -> dict[str, Any]:
        """What the library holds, in numbers."""
        with self._reading() as connection:
            files, failed, size = connection.execute(
                "SELECT count(*), coalesce(sum(reason != ''), 0), coalesce(sum(size), 0) FROM files"
            ).fetchone()
            clips, seconds = connection.execute(
                "SELECT count(*), coalesce(sum(end_s - start_s), 0) FROM clips"
            ).fetchone()
            captioned = connection.execute(
                "SELECT count(DISTINCT clip) FROM entries WHERE kind = ?", (galleries.CAPTION,)
            ).fetchone()[0]
            licences = connection.execute("SELECT licence, count(*) FROM clips GROUP BY licence")
            models = connection.execute("SELECT model_id, row_count FROM models")
            return {
                "folder": str(self.folder),
                "schema": len(schema.MIGRATIONS),
                "generation": schema.read_generation(connection),
                "files": files,
                "failed_files": failed,
                "motion_bytes": size,
                "clips": clips,
                "captioned_clips": captioned,
                "hours": round(seconds / 3600, 3),
                "licences": {licence or "not stated": count for licence, count in licences},
                "vectors": dict(models.fetchall()),
                "motions": clips_read(connection, clips),
                "full_text_index": words.has_index(connection),
            }

    def check(self) -> list[str]:
        """What is wrong with the library, one sentence each; empty where all is well."""
        with self._reading() as connection:
            problems = [
                f"The database is damaged: {line}."
                for (line,) in connection.execute("PRAGMA integrity_check")
                if line != "ok"
            ]
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                problems.append("The database has rows that belong to nothing.")
            columns = "id, model_id, width, file, row_count"
            models = [Model(*row) for row in connection.execute(f"SELECT {columns} FROM models")]  # noqa: S608
            for model in models:
                problems += self._check_vectors(connection, model)
            for row in store.known_files(connection):
                if row.reason:
                    problems.append(f"{row.path} could not be indexed: {row.reason}")
                elif not row.path.is_file():
                    problems.append(f"{row.path} is no longer there; index its folder again.")
        return problems

    def _check_vectors(self, connection: sqlite3.Connection, model: Model) -> list[str]:
        try:
            map_vectors(self.folder, model)
        except FileNotFoundError:
            return [f"The vector file {model.file} is gone; delete the library folder and index again."]
        except LibraryError as error:
            return [str(error)]
        missing = len(store.texts_without_vector(connection, model.id))
        return [f"{missing} texts have no vector of {model.model_id}; index again."] if missing else []

    def fact(self, name: str) -> str:
        """A fact that `set_fact` left with the library; empty where there is none."""
        with self._reading() as connection:
            found = connection.execute(
                "SELECT value FROM facts_of_library WHERE name = ?", (name,)
            ).fetchone()
            return str(found[0]) if found else ""

    def set_fact(self, name: str, value: str, *, wait_s: float = 0.0) -> None:
        """Leaves a fact with the library, under a name of the caller's own.

        Raises:
            LibraryError: another process is writing, and does not finish within `wait_s` seconds.
        """
        with writer_lock(self.folder, wait_s=wait_s):
            connection = schema.open_database(self.folder, write=True)
            try:
                connection.execute("INSERT OR REPLACE INTO facts_of_library VALUES (?, ?)", (name, value))
            finally:
                connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise schema.unreadable(self.folder, error) from error


def _create(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(
            f"the library folder cannot be made ({error.strerror})", where=str(folder)
        ) from error
    with writer_lock(folder, wait_s=60.0):
        schema.open_database(folder, write=True).close()

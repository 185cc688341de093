"""What a motion model reads in each clip: one latent a clip and model, half precision, in the database.

Several models may be kept side by side. A clip that is read anew loses its latents with its row, and so they
are made anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import Cancelled, TMRError
from .schema import bump_generation, read_generation, transaction
from .store import stored_path

if TYPE_CHECKING:  # a search reads no motion
    from ..motion import Motion

_BATCH = 32
_NOTHING = b""  # a clip in which the model finds no human body: not tried again until it changes


class MotionEncoder(Protocol):
    """What making latents needs of a motion model."""

    @property
    def model_id(self) -> str:
        """Names the weights."""
        ...

    @property
    def width(self) -> int:
        """Numbers a latent."""
        ...

    def encode(self, motions: Sequence[Motion]) -> list[NDArray[np.float32] | None]:
        """(width,) unit latents; None where a motion is no human's."""
        ...


@dataclass(frozen=True, eq=False)
class MotionGallery:
    """The latents of one model, as of one committed state.

    Args:
        model_id: the model that made them.
        generation: of the library.
        clip_ids: the N clips that have a latent.
        latents: (N, D) float32 rows, of unit length but for half precision.
        missing: clips that this model has not read yet.
    """

    model_id: str
    generation: int
    clip_ids: tuple[str, ...]
    latents: NDArray[np.float32]
    missing: int


def load_motion_gallery(connection: sqlite3.Connection, model_id: str) -> MotionGallery:
    """The latents of a model; empty where the library has never seen it."""
    with transaction(connection, "DEFERRED"):  # one snapshot for all that is read
        rows = connection.execute(
            "SELECT clips.id, latent FROM latents JOIN clips ON clips.number = latents.clip"
            " WHERE model_id = ? AND length(latent) > 0 ORDER BY clips.id",
            (model_id,),
        ).fetchall()
        missing = connection.execute(
            "SELECT count(*) FROM clips WHERE number NOT IN (SELECT clip FROM latents WHERE model_id = ?)",
            (model_id,),
        ).fetchone()[0]
        generation = read_generation(connection)
    latents = np.frombuffer(b"".join(latent for _, latent in rows), "<f2").astype(np.float32)
    return MotionGallery(
        model_id=model_id,
        generation=generation,
        clip_ids=tuple(clip for clip, _ in rows),
        latents=latents.reshape(len(rows), -1) if rows else np.zeros((0, 0), np.float32),
        missing=int(missing),
    )


def clips_read(connection: sqlite3.Connection, clips: int) -> dict[str, dict[str, Any]]:
    """Model id -> how many of the library's clips that motion model has read, and how many it has not."""
    rows = connection.execute("SELECT model_id, count(*) FROM latents GROUP BY model_id ORDER BY model_id")
    return {model_id: {"read": read, "not_read": clips - read} for model_id, read in rows}


@dataclass(frozen=True)
class Unread:
    """A clip that a model has not read yet."""

    number: int
    path: Path
    take: str
    start_s: float
    end_s: float


def encode_clips(
    connection: sqlite3.Connection,
    encoder: MotionEncoder,
    read_take: Callable[[Path, str], Motion],
    *,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> list[str]:
    """Makes the latents that are missing, a transaction for some clips each.

    Args:
        connection: for writing; the caller holds the writer's lock.
        encoder: the model.
        read_take: reads a take of a file.
        progress: called with (clips done, clips).
        cancelled: asked between clips.

    Returns:
        what cannot be read, one sentence each; it is tried again at the next call.

    Raises:
        Cancelled: `cancelled` said so; what was done until then is kept.
    """
    unread = _unread(connection, encoder.model_id)
    problems: list[str] = []
    held: list[tuple[Unread, Motion]] = []
    for done, item in enumerate(_motions(unread, read_take, problems), start=1):
        if cancelled():
            raise Cancelled("reading the motions was cancelled; what was done is kept")
        if item is not None:
            held.append(item)
        if len(held) >= _BATCH or done == len(unread):
            _keep(connection, encoder, held)
            held.clear()
        progress(done, len(unread))
    return problems


def _unread(connection: sqlite3.Connection, model_id: str) -> list[Unread]:
    found = connection.execute(
        "SELECT number, path, take, start_s, end_s FROM clips JOIN files ON files.id = clips.file"
        " WHERE number NOT IN (SELECT clip FROM latents WHERE model_id = ?) ORDER BY path, take, start_s",
        (model_id,),
    )
    return [Unread(number, stored_path(path), *rest) for number, path, *rest in found]


def _motions(
    unread: Sequence[Unread], read_take: Callable[[Path, str], Motion], problems: list[str]
) -> Iterator[tuple[Unread, Motion] | None]:
    """The clips' motions, each take read once; None for a clip that cannot be read."""
    for (path, take), clips in groupby(unread, key=lambda clip: (clip.path, clip.take)):
        try:
            motion = read_take(path, take)
        except (TMRError, OSError) as error:
            problems.append(str(error))
            yield from (None for _ in clips)
            continue
        for clip in clips:
            first = clip.start_s - motion.source.start_s
            yield clip, motion.cut(first, first + clip.end_s - clip.start_s)


def _keep(
    connection: sqlite3.Connection, encoder: MotionEncoder, held: Sequence[tuple[Unread, Motion]]
) -> None:
    latents = encoder.encode([motion for _, motion in held])
    with transaction(connection):
        put_latents(
            connection,
            encoder.model_id,
            [(clip.number, latent) for (clip, _), latent in zip(held, latents, strict=True)],
        )
        bump_generation(connection)


def put_latents(
    connection: sqlite3.Connection,
    model_id: str,
    latents: Sequence[tuple[int, NDArray[np.floating] | None]],
) -> None:
    """Stores what a model has read; part of the caller's transaction.

    Args:
        connection: for writing.
        model_id: of the model.
        latents: clip's number and (width,) unit latent; None where the model finds no human body.
    """
    rows = [
        (model_id, number, _NOTHING if latent is None else latent.astype("<f2").tobytes())
        for number, latent in latents
    ]
    connection.executemany("INSERT INTO latents (model_id, clip, latent) VALUES (?, ?, ?)", rows)

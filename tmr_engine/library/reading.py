"""What a reading process does with one motion file: hash it, read it, measure it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from ..captioning.describing import facets
from ..captioning.stored import packed
from ..errors import FeatureError, LibraryError, RetargetError, TMRError
from ..formats import read_motions
from ..motion import Motion
from ..motion.facts import Facts, measure
from .known_motions import known_beside
from .plain_text import plain

SAME_END_S = 0.1  # a captioned part that ends this near to the take's ends is the whole take
_BLOCK = 1 << 20


class Part(NamedTuple):
    """A part of a take that a caption file describes, seconds of the file's own time.

    Args:
        take: its name; empty for the only take of the file.
        start_s, end_s: None where the caption file leaves them open.
    """

    take: str
    start_s: float | None
    end_s: float | None


class Span(NamedTuple):
    """What became of a take or a part.

    Args:
        start_s, end_s: the frames' times in the file.
        facts: what a list of clips shows.
        facets: what a query may ask for, as JSON; empty where the motion is no human's.
    """

    start_s: float
    end_s: float
    facts: Facts
    facets: str


@dataclass(frozen=True)
class Take:
    """A take as read, and those of the parts asked for that lie in it (None: it is the whole take)."""

    name: str
    fps: float
    whole: Span
    parts: dict[Part, Span | None]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """A file to read.

    Args:
        path: the file.
        known_hash: of the content when it was last read; a file that still has it is not parsed.
            Empty: parse in any case.
        parts: to be measured on their own.
    """

    path: Path
    known_hash: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Reading:
    """What came of a job.

    Args:
        path: the file.
        content_hash: empty where the file could not be opened.
        takes: empty where the content is as known, or the file cannot be read.
        reason: why it cannot be read, one sentence; else empty.
        again: the reason may pass without a change of the file (no permission, a disk fault).
    """

    path: Path
    content_hash: str = ""
    takes: tuple[Take, ...] = ()
    reason: str = ""
    again: bool = False


def read_job(job: Job) -> Reading:
    """Does the job; whatever is wrong with the file is told in the reading."""
    try:
        content_hash = hash_file(job.path)
        if content_hash == job.known_hash:
            return Reading(job.path, content_hash)
        motions = read_motions(job.path)
    except OSError as error:
        return Reading(job.path, reason=f"The file cannot be read ({error.strerror}).", again=True)
    except TMRError as error:
        return Reading(job.path, content_hash, reason=plain(str(error)))
    except MemoryError:
        return Reading(job.path, content_hash, reason="The file needs more memory than there is.", again=True)
    several = len(motions) > 1
    known, warnings = _known_facets(job.path, content_hash)
    takes = tuple(_measure_take(motion, job.parts, known, several=several) for motion in motions)
    takes = (replace(takes[0], warnings=(*takes[0].warnings, *warnings)), *takes[1:])
    return Reading(job.path, content_hash, takes)


def _known_facets(path: Path, content_hash: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The facets by take that were measured beforehand, and what is wrong with them."""
    try:
        known = known_beside(path)
    except LibraryError as error:
        return {}, (plain(str(error)),)
    return (known.facets, ()) if known is not None and known.content_hash == content_hash else ({}, ())


def hash_file(path: Path) -> str:
    """32 hexadecimal digits that stand for the content of a file."""
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _measure_take(motion: Motion, parts: Sequence[Part], known: Mapping[str, str], *, several: bool) -> Take:
    start = motion.source.start_s
    end = start + motion.duration_s
    spans: dict[Part, Span | None] = {}
    for part in parts:
        if part.take != motion.source.take and (part.take or several):
            continue
        first = start if part.start_s is None else max(part.start_s, start)
        last = end if part.end_s is None else min(part.end_s, end)
        if first <= start + SAME_END_S and last >= end - SAME_END_S:
            spans[part] = None
        elif last > first:
            cut = motion.cut(first - start, last - start)
            spans[part] = _span(cut, facet_row(cut))
    row = known.get(motion.source.take)
    whole = _span(motion, facet_row(motion) if row is None else row)
    return Take(motion.source.take, motion.fps, whole, spans, motion.warnings)


def _span(motion: Motion, row: str) -> Span:
    start = motion.source.start_s
    return Span(start, start + motion.duration_s, measure(motion), row)


def facet_row(motion: Motion) -> str:
    """The facets of a motion (`captioning.stored`); empty where it is no human's or has a single frame."""
    try:
        return packed(facets(motion))
    except (RetargetError, FeatureError):  # found by its words alone
        return ""

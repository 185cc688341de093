"""From what was read and what people wrote to the clips of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..motion.facts import Facts
from .captions import Note
from .captions.names import name_of
from .plain_text import plain
from .reading import Part, Span, Take
from .records import Caption

NAME_ORIGIN = "name"
TAGS_ORIGIN = "tags"


@dataclass(frozen=True)
class ClipRow:
    """A clip as it is stored; the fields are those of `records.Clip`, `facets` is that of `reading.Span`."""

    id: str
    take: str
    start_s: float
    end_s: float
    fps: float
    name: str
    captions: tuple[Caption, ...]
    tags: tuple[str, ...]
    licence: str
    credit: str
    facts: Facts
    facets: str

    @property
    def name_texts(self) -> tuple[Caption, ...]:
        """The words that are no sentence about the clip, but are searched too."""
        tags = (Caption(", ".join(self.tags), TAGS_ORIGIN),) if self.tags else ()
        return (Caption(self.name, NAME_ORIGIN), *tags)

    @property
    def texts(self) -> list[str]:
        """Every text of the clip that is searched."""
        return [caption.text for caption in (*self.captions, *self.name_texts)]


def clip_id(key: str, take: str, span: Span | None) -> str:
    """16 hexadecimal digits: the same for the same part of a file, whatever the file's content becomes.

    Args:
        key: of the file in the library.
        take: its name.
        span: the part; None for the whole take, however long it is.
    """
    place = "" if span is None else f"{span.start_s:.3f} {span.end_s:.3f}"
    return hashlib.blake2b(f"{key}\0{take}\0{place}".encode(), digest_size=8).hexdigest()


def parts_of(notes: Sequence[Note]) -> tuple[Part, ...]:
    """The parts of takes that notes speak of, each once."""
    timed = (note for note in notes if note.start_s is not None or note.end_s is not None)
    return tuple(dict.fromkeys(Part(note.take, note.start_s, note.end_s) for note in timed))


def describe(path: Path, root: Path, key: str, takes: Sequence[Take], notes: Sequence[Note]) -> list[ClipRow]:
    """The clips of a file: each take, and each captioned part that is shorter than its take.

    Args:
        path: the file.
        root: the folder through which it was indexed.
        key: of the file in the library.
        takes: as read; of two with the same name the first counts.
        notes: about the file.
    """
    several = len(takes) > 1
    rows: dict[str, ClipRow] = {}
    for take in takes:
        name = name_of(path, root, take.name if several else "") or plain(path.stem)
        about = [note for note in notes if note.take in ("", take.name)]
        groups: dict[Span | None, list[Note]] = {None: []}
        for note in about:
            part = Part(note.take, note.start_s, note.end_s)
            if note.start_s is None and note.end_s is None:
                groups[None].append(note)
            elif part in take.parts:
                groups.setdefault(take.parts[part], []).append(note)
        for span, group in groups.items():
            row = _row(key, take, span, name, group)
            if span is not None:
                row = _with_rights_of(row, groups[None])
            rows.setdefault(row.id, row)
    return list(rows.values())


def _row(key: str, take: Take, span: Span | None, name: str, notes: Sequence[Note]) -> ClipRow:
    captions: dict[str, Caption] = {}
    for note in notes:
        if note.text:
            captions.setdefault(note.text.lower(), Caption(note.text, note.origin))
    place = span or take.whole
    return ClipRow(
        id=clip_id(key, take.name, span),
        take=take.name,
        start_s=place.start_s,
        end_s=place.end_s,
        fps=take.fps,
        name=name,
        captions=tuple(captions.values()),
        tags=tuple(dict.fromkeys(tag for note in notes for tag in note.tags)),
        licence=next((note.licence for note in notes if note.licence), ""),
        credit=next((note.credit for note in notes if note.credit), ""),
        facts=place.facts,
        facets=place.facets,
    )


def _with_rights_of(row: ClipRow, whole: Sequence[Note]) -> ClipRow:
    """A part of a take under the tags, licence and credit of the whole, where it has none of its own."""
    tags = tuple(dict.fromkeys(tag for note in whole for tag in note.tags))
    licence = next((note.licence for note in whole if note.licence), "")
    credit = next((note.credit for note in whole if note.credit), "")
    return replace(row, tags=row.tags or tags, licence=row.licence or licence, credit=row.credit or credit)

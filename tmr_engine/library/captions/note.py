"""What a caption source says, and what a caption source is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..plain_text import plain

Warn = Callable[[str], None]


@dataclass(frozen=True)
class Note:
    """What somebody wrote about a motion file, or about a part of it.

    Args:
        text: a caption; may be empty where only tags, licence or credit are given.
        origin: where it was read, for people ("captions.csv", "cmu-index").
        take: the take that is meant; empty for the whole file.
        start_s, end_s: the part that is meant, seconds of the file's own time; None: from the start, to the
            end.
        tags, licence, credit: of the file or take.
    """

    text: str
    origin: str
    take: str = ""
    start_s: float | None = None
    end_s: float | None = None
    tags: tuple[str, ...] = ()
    licence: str = ""
    credit: str = ""


class CaptionSource(Protocol):
    """Notes about the motion files at or below one folder."""

    def notes(self, path: Path) -> Sequence[Note]:
        """What the source says about a motion file."""
        ...


def tidy(text: str) -> str:
    """A caption on one line, with single spaces, of whole characters."""
    return plain(" ".join(text.split()))

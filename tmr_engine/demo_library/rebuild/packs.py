"""Writes the packs and the tables beside them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from ...atomic import replacing
from ...formats.pack import PackEntry, write_pack
from .clip import SourceClip
from .sources import CLIPS, PACK, Source

CLIP_COLUMNS = ("take", "tags", "licence", "credit", "origin")

_WORDS = re.compile(r"[a-z]{3,}|2h")


def write_source(source: Source, folder: Path) -> int:
    """Write the pack of a source and its table of clips.

    Args:
        source: its package is fetched where it is not there.
        folder: where to; made if it is not there.

    Returns:
        The number of clips.
    """
    clips = list(source.kept_clips())
    folder.mkdir(parents=True, exist_ok=True)
    write_pack(folder / PACK, (PackEntry(clip.take, clip.motion) for clip in clips))
    rows = [(clip.take, tags(clip), source.licence, source.credit, clip.origin) for clip in clips]
    write_table(folder / CLIPS, CLIP_COLUMNS, rows)
    return len(clips)


def tags(clip: SourceClip) -> str:
    """The words of the clip's name, each once, for exact search."""
    words = _WORDS.findall(clip.take.lower().replace("2h", "two handed"))
    return ", ".join(dict.fromkeys(words))


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A csv file, whole or not at all, with the same bytes on every system."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8"))

"""The libraries that `tmr library get` knows, from catalogue.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..errors import LibraryError


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch.

    Args:
        url: its official place.
        name: what it is called on the disk; its suffix says whether it is unpacked.
        sha256: 64 hexadecimal digits; empty where none is known.
        megabytes: about how large it is.
    """

    url: str
    name: str
    sha256: str
    megabytes: int


@dataclass(frozen=True)
class RemoteLibrary:
    """A library that others publish.

    Args:
        name: as it is asked for.
        title: what it is.
        page: where people read about it.
        files: to fetch; none where it has to be fetched by hand, as `note` explains.
        licence, credit: shown before anything is fetched, and written beside it.
        note: what else to know.
    """

    name: str
    title: str
    page: str
    files: tuple[RemoteFile, ...]
    licence: str
    credit: str
    note: str


def catalogue() -> tuple[RemoteLibrary, ...]:
    """All of them."""
    rows = json.loads(Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8"))
    return tuple(
        RemoteLibrary(**{**row, "files": tuple(RemoteFile(**file) for file in row["files"])}) for row in rows
    )


def remote_library(name: str) -> RemoteLibrary:
    """The library of a name, in any case.

    Raises:
        LibraryError: there is none of this name.
    """
    known = {library.name: library for library in catalogue()}
    if name.lower() not in known:
        raise LibraryError(f'no library is called "{name}"', fix=f"Known are: {', '.join(known)}")
    return known[name.lower()]

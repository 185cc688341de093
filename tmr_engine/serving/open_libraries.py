"""The libraries that an engine has open. Opened once: their galleries stay in memory between searches."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..library import Library, demo_library
from ..library.schema import FILE_NAME

if TYPE_CHECKING:  # indexing brings the readers of every format; a search must not pay for them
    from ..library.indexing import Encoder, Progress


class OpenLibraries:
    """Libraries by folder; may be used from several threads.

    Args:
        demo_encoder: gives the encoder for the index of the demo library, should it have to be made; None
            where there is no model.
    """

    def __init__(self, demo_encoder: Callable[[], Encoder | None]) -> None:
        self._demo_encoder = demo_encoder
        self._demo: Library | None = None
        self._held: dict[Path, tuple[tuple[int, int], Library]] = {}
        self._opening = threading.Lock()
        self._opening_demo = threading.Lock()

    def open(self, folder: str, *, create: bool = False) -> Library:
        """The library in a folder; opened anew where its database is another file than before.

        Raises:
            LibraryError: see `Library.open`.
        """
        place = Path(os.path.abspath(folder))
        with self._opening:
            identity, library = self._held.get(place, (None, None))
            if library is None or identity != _identity(place):
                library = Library.open(place, create=create)
                self._held[place] = (_identity(place), library)
            return library

    def demo(self, progress: Progress) -> Library:
        """The demo library; its index is made at the first call ever.

        Raises:
            LibraryError: see `demo_library`.
        """
        with self._opening_demo:
            if self._demo is None:
                self._demo = demo_library(encoder=self._demo_encoder, progress=progress)
            return self._demo


def _identity(folder: Path) -> tuple[int, int]:
    """Device and number of the database file; zeros where there is none."""
    try:
        status = os.stat(folder / FILE_NAME)
    except FileNotFoundError:
        return 0, 0
    return status.st_dev, status.st_ino

"""One writer at a time.

The operating system holds the lock and lets go of it when its owner dies, however it dies, so a lock can
never be stale. The owner's process number stands in the file for the message.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import LibraryError

FILE_NAME = "writer.lock"
_POLL_S = 0.05


@contextmanager
def writer_lock(folder: Path, *, wait_s: float = 0.0) -> Iterator[None]:
    """Holds the library's writer lock.

    Args:
        folder: the library folder.
        wait_s: how long to wait for another writer to finish.

    Raises:
        LibraryError: another process is writing, or the folder cannot be written.
    """
    path = folder / FILE_NAME
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise LibraryError(
            f"the library folder cannot be written ({error.strerror})",
            where=str(folder),
            fix="Choose a folder that is yours",
        ) from error
    try:
        _wait_for(handle, path, wait_s)
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        try:
            yield
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)  # lets go of the lock


def _wait_for(handle: int, path: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while not _try_lock(handle):
        if time.monotonic() >= deadline:
            owner = path.read_text(encoding="ascii", errors="replace").strip()
            raise LibraryError(
                "another process is indexing this library" + (f" (process {owner})" if owner else ""),
                where=str(path.parent),
                fix="Wait until it is done, or end it",
            )
        time.sleep(_POLL_S)


if sys.platform == "win32":
    import msvcrt

    _BYTE = 1 << 20  # far behind the process number, which others must be able to read

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

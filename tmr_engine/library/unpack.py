"""Unpacking an archive that nobody has to trust."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from ..errors import LibraryError

MAX_BYTES = 64 << 30
MAX_FILES = 500_000
MAX_RATIO = 200  # motion as text packs 3 to 10 times; a bomb packs a thousand times
_SMALL = 16 << 20  # below this the ratio does not matter


class ArchiveError(LibraryError):
    """The archive itself is at fault: damaged, too large or hostile."""


def unpack(archive: Path, folder: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> None:
    """Unpacks a zip into a folder that appears whole or not at all; one that is there already is kept.

    Raises:
        ArchiveError: damaged, too large, or with a name that leads out of the folder.
        LibraryError: the disk refuses.
    """
    if folder.is_dir():
        return
    aside = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as source:
            entries = source.infolist()
            _check(archive, entries, max_bytes, max_files)
            for entry in entries:
                _extract(source, entry, aside)
        os.replace(aside, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ArchiveError(f"the archive is damaged ({error})", where=str(archive)) from error
    except OSError as error:
        raise LibraryError(f"the archive cannot be unpacked ({error})", where=str(archive)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _check(archive: Path, entries: list[zipfile.ZipInfo], max_bytes: int, max_files: int) -> None:
    size = sum(entry.file_size for entry in entries)
    if len(entries) > max_files or size > max_bytes:
        raise ArchiveError("the archive is larger than any motion library", where=str(archive))
    # of the whole: entries may share their packed bytes, and state what they like about them
    if size > max(_SMALL, MAX_RATIO * archive.stat().st_size):
        raise ArchiveError("the archive unpacks to an impossible size", where=str(archive))
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        leads_out = name.is_absolute() or ".." in name.parts or ":" in entry.filename
        if leads_out or "\0" in entry.filename or stat.S_ISLNK(entry.external_attr >> 16):
            raise ArchiveError(
                f'the archive holds "{entry.filename}", which leads out of its folder', where=str(archive)
            )


def _extract(source: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / PurePosixPath(entry.filename.replace("\\", "/"))
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open(entry) as packed, open(target, "wb") as stream:  # stops at the size that was checked
        shutil.copyfileobj(packed, stream)

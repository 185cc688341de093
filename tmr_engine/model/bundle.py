"""Bundles: a folder with a model's files, and a manifest that says what they are and how to know them.

manifest.json holds: format (a number), name, kind, licence, credits, source (package, version, files),
files (name -> bytes, sha256) and settings (the sizes of the network, by kind).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BundleError

FORMAT = 1
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
_MAX_MANIFEST_BYTES = 1 << 20
_MODEL_ID_DIGITS = 16


@dataclass(frozen=True)
class BundledFile:
    """A file of a bundle: its length in bytes and its SHA-256 (64 hexadecimal digits)."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Bundle:
    """A model folder whose manifest was read and whose files are there at their full length.

    Args:
        folder: where it is.
        name, kind, licence, credits: as the manifest states them.
        source: where the files were made from.
        files: file name -> length and checksum.
        settings: sizes of the network; what they are called depends on `kind`.
    """

    folder: Path
    name: str
    kind: str
    licence: str
    credits: tuple[str, ...]
    source: Mapping[str, Any]
    files: Mapping[str, BundledFile]
    settings: Mapping[str, Any]

    @property
    def model_id(self) -> str:
        """Names the weights: vectors of equal `model_id` may be compared."""
        return self.files[WEIGHTS].sha256[:_MODEL_ID_DIGITS]

    def path(self, name: str) -> Path:
        """A file of the bundle.

        Raises:
            BundleError: the manifest does not list it.
        """
        if name not in self.files:
            raise BundleError(f"the manifest lists no {name}", where=str(self.folder / MANIFEST))
        return self.folder / name

    def verify(self) -> None:
        """Compares the checksum of every file with the manifest.

        Raises:
            BundleError: a file was changed or cannot be read.
        """
        for name, expected in self.files.items():
            if sha256_of(self.folder / name) != expected.sha256:
                raise _not_whole(self.folder / name, "its checksum is not that of the manifest")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits.

    Raises:
        BundleError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def read_manifest(folder: Path, kind: str) -> Bundle:
    """The bundle as its manifest describes it, whether or not its files are there.

    Args:
        folder: the model folder.
        kind: what it has to be ("sentence-encoder").

    Raises:
        BundleError: no manifest, not one of ours, of another format version or of another kind.
    """
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_MANIFEST_BYTES)
        manifest = json.loads(text)
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise _not_whole(path, "it is not JSON") from error
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise _not_whole(path, "it is not a manifest")
    if manifest["format"] != FORMAT:
        raise BundleError(
            f"the model has format {manifest['format']}, this version reads format {FORMAT}",
            where=str(path),
            fix="Install the model that belongs to this version of TMR",
        )
    if manifest.get("kind") != kind:
        raise BundleError(f"this is a model of kind {manifest.get('kind')}, not {kind}", where=str(path))
    try:
        return Bundle(
            folder=folder,
            name=str(manifest["name"]),
            kind=kind,
            licence=str(manifest["licence"]),
            credits=tuple(map(str, manifest["credits"])),
            source=dict(manifest["source"]),
            files=_read_files(manifest["files"]),
            settings=dict(manifest["settings"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _not_whole(path, f"an entry is missing or wrong ({error})") from error


def open_bundle(folder: Path, kind: str) -> Bundle:
    """The bundle in a folder, its manifest read and the length of its files compared.

    Checksums are not computed here (`Bundle.verify` does), so this takes no time to speak of.

    Raises:
        BundleError: as `read_manifest`; or a file is missing or of another length.
    """
    bundle = read_manifest(folder, kind)
    for name, expected in bundle.files.items():
        path = folder / name
        try:
            size = path.stat().st_size
        except OSError as error:
            raise _unreadable(path, error) from error
        if size != expected.bytes:
            raise _not_whole(path, f"it has {size} bytes in place of {expected.bytes}")
    return bundle


def _read_files(entries: Mapping[str, Any]) -> dict[str, BundledFile]:
    files = {}
    for name, entry in entries.items():
        if name == ".." or Path(name).name != name or "\\" in name:
            raise ValueError(f"file name {name!r}")
        files[name] = BundledFile(int(entry["bytes"]), str(entry["sha256"]))
    if WEIGHTS not in files:
        raise ValueError(f"no {WEIGHTS}")
    return files


def _unreadable(path: Path, error: OSError) -> BundleError:
    return BundleError(
        f"the model file cannot be read ({error.strerror})",
        where=str(path),
        fix="Install the extension again; in a checkout run `make model`",
    )


def _not_whole(path: Path, what: str) -> BundleError:
    return BundleError(
        f"the model file is damaged: {what}",
        where=str(path),
        fix="Install the extension again; in a checkout run `make model`",
    )

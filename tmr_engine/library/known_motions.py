"""`clips.known.npz` beside `clips.tmrpack`: what was measured and read in its clips, made beforehand.

A library that ships is indexed in a moment with it. Arrays, no pickle: `version` (1), `content_hash` of the
motion file (UTF-8 bytes), `takes` and `facets` (UTF-8 bytes, one of N lines each, the facets as JSON; an
empty line where the take is no human's), `model_id` (UTF-8 bytes) and `latents` (N, D) float16, zero where
there is none. It is used where the content is the same, the latents where the model is the same too.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..atomic import replacing
from ..errors import LibraryError

SUFFIX = ".known.npz"
_VERSION = 1
_MAX_BYTES = 1 << 28
_STAMP = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes


@dataclass(frozen=True, eq=False)
class KnownMotions:
    """What is known of the takes of one motion file.

    Args:
        content_hash: of the file (`reading.hash_file`).
        facets: take -> JSON as `reading.Span` has it.
        model_id: of the model that made the latents.
        latents: take -> (D,) float16 unit vector; takes that show no human body are left out.
    """

    content_hash: str
    facets: dict[str, str]
    model_id: str
    latents: dict[str, NDArray[np.float16]]


def known_beside(motion_file: Path) -> KnownMotions | None:
    """What is known of a motion file; None where there is nothing beside it.

    Raises:
        LibraryError: the file is damaged.
    """
    path = motion_file.with_suffix(SUFFIX)
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise LibraryError("the file unpacks to more than 256 MB", where=str(path))
        with np.load(path, allow_pickle=False) as arrays:
            if int(arrays["version"]) != _VERSION:
                return None
            texts = {name: _text(arrays[name]) for name in ("content_hash", "takes", "facets", "model_id")}
            latents = arrays["latents"].astype(np.float16)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise LibraryError(
            f"what is known of the motions cannot be read ({error})", where=str(path), fix="Delete the file"
        ) from error
    takes, facets = texts["takes"].split("\n"), texts["facets"].split("\n")
    if not len(takes) == len(facets) == len(latents) or not np.isfinite(latents).all():
        raise LibraryError("the arrays do not fit each other", where=str(path), fix="Delete the file")
    read = {take: latent for take, latent in zip(takes, latents, strict=True) if latent.any()}
    return KnownMotions(texts["content_hash"], dict(zip(takes, facets, strict=True)), texts["model_id"], read)


def write_known(motion_file: Path, known: KnownMotions) -> None:
    """Writes what is known beside a motion file; the same input gives the same bytes.

    Raises:
        OSError: the folder cannot be written.
    """
    width = len(next(iter(known.latents.values()), ()))
    none = np.zeros(width, np.float16)
    arrays = {
        "version": np.array(_VERSION),
        "content_hash": _bytes(known.content_hash),
        "takes": _bytes("\n".join(known.facets)),
        "facets": _bytes("\n".join(known.facets.values())),
        "model_id": _bytes(known.model_id),
        "latents": np.stack([known.latents.get(take, none) for take in known.facets]).astype("<f2"),
    }
    with replacing(motion_file.with_suffix(SUFFIX)) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.lib.format.write_array(stream, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _STAMP), stream.getvalue(), zipfile.ZIP_DEFLATED)


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _text(array: NDArray[np.uint8]) -> str:
    return array.astype(np.uint8).tobytes().decode()

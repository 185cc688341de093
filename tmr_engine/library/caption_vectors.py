"""`captions.vectors.npz`: the vectors of captions, made beforehand, beside a caption file.

A library that ships is indexed in a moment with it, because nothing has to be embedded. Four arrays, no
pickle: `version` (1), `model_id` (UTF-8 bytes), `texts` (UTF-8 bytes, one text a line) and `vectors`
(N, D) float16. It is used for the texts it holds where its model is the one that indexes, and is passed over
otherwise.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..atomic import replacing
from ..errors import LibraryError

FILE_NAME = "captions.vectors.npz"
_VERSION = 1
_MAX_BYTES = 1 << 30
_STAMP = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes


def write_caption_vectors(
    path: Path, model_id: str, texts: Sequence[str], vectors: NDArray[np.floating]
) -> None:
    """Writes the file; the same input gives the same bytes.

    Args:
        path: where; `captions.vectors.npz` is found by name.
        model_id: of the model that made the vectors.
        texts: N texts of one line each.
        vectors: (N, D) unit rows.

    Raises:
        LibraryError: a text has several lines, or the numbers do not agree.
    """
    if len(texts) != len(vectors) or any(len(text.splitlines()) != 1 for text in texts):
        raise LibraryError("each caption needs one line and one vector", where=str(path))
    arrays = {
        "version": np.array(_VERSION),
        "model_id": np.frombuffer(model_id.encode(), np.uint8),
        "texts": np.frombuffer("\n".join(texts).encode(), np.uint8),
        "vectors": np.asarray(vectors, "<f2"),
    }
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.lib.format.write_array(stream, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _STAMP)
            archive.writestr(entry, stream.getvalue(), zipfile.ZIP_DEFLATED)


def read_caption_vectors(path: Path, model_id: str) -> dict[str, NDArray[np.float32]]:
    """The vectors by text; empty where they are of another model.

    Raises:
        LibraryError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise LibraryError("the file unpacks to more than 1 GB", where=str(path))
        with np.load(path, allow_pickle=False) as arrays:
            if int(arrays["version"]) != _VERSION or _text(arrays["model_id"]) != model_id:
                return {}
            texts = _text(arrays["texts"]).split("\n")
            vectors = arrays["vectors"].astype(np.float32)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise LibraryError(
            f"the caption vectors cannot be read ({error})", where=str(path), fix="Delete the file"
        ) from error
    if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
        raise LibraryError("the vectors do not fit their texts", where=str(path), fix="Delete the file")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return dict(zip(texts, vectors / np.where(norms > 0, norms, 1), strict=True))


def _text(array: NDArray[np.uint8]) -> str:
    return array.astype(np.uint8).tobytes().decode()

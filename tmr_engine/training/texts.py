"""Token and sentence vectors of a data set's captions, each made once and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..atomic import replacing
from ..errors import BundleError
from ..library.places import cache_folder
from ..model import load_sentence_encoder
from ..model.safetensors import read_safetensors, write_safetensors
from ..motion.rotation import FloatArray
from .text_backbone import TextBackbone


class Texts:
    """What the networks and losses need of captions.

    Args:
        captions: every caption of the data sets of a run.
        backbone: makes token vectors.
        vectors: whether they are wanted; a backbone that is tuned makes them anew in every step.
        contradict: gives a caption that is wrong where another is right, "" where there is none
            (`contradictions.contradicted`); None prepares none.
        folder: where vectors are kept; None: in the user's cache folder. They are found again by model and
            captions, so nothing is ever out of date.
    """

    def __init__(
        self,
        captions: Sequence[str],
        backbone: TextBackbone,
        *,
        vectors: bool = True,
        contradict: Callable[[str], str] | None = None,
        folder: Path | None = None,
    ) -> None:
        distinct = list(dict.fromkeys(captions))
        self.wrong = {text: contradict(text) for text in distinct} if contradict else {}
        every = list(dict.fromkeys([*distinct, *filter(None, self.wrong.values())]))
        self._rows = {text: row for row, text in enumerate(every)}
        self._ids = backbone.ids(every)
        place = folder or cache_folder() / "training"
        self._tokens = _token_vectors(every, backbone, place) if vectors else []
        self._sentences = _sentence_vectors(every, self._tokens, backbone, place)

    @property
    def sentence_width(self) -> int:
        """E, numbers of a sentence vector."""
        return int(self._sentences.shape[1])

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text."""
        return [self._ids[self._rows[text]] for text in texts]

    def tokens(self, texts: Sequence[str]) -> list[FloatArray]:
        """(S, W) token vectors of each text."""
        return [self._tokens[self._rows[text]] for text in texts]

    def sentences(self, texts: Sequence[str]) -> FloatArray:
        """(N, E) unit rows, one for each text."""
        rows: FloatArray = self._sentences[[self._rows[text] for text in texts]]
        return rows


def _token_vectors(texts: Sequence[str], backbone: TextBackbone, folder: Path) -> list[FloatArray]:
    """Views of one file, which is mapped, not read: all of HumanML3D's tokens are some gigabytes.

    What an earlier run has made of the same texts is taken over: seeds of a run differ in few.
    """
    model = _hash(backbone.model_id, ())[:8]
    path = folder / f"tokens-{model}-{_hash(backbone.model_id, texts)}.safetensors"
    if not path.is_file():
        found = _made_before(texts, sorted(folder.glob(f"tokens-{model}-*.safetensors")))
        new = [text for text in texts if text not in found]
        found.update(zip(new, backbone.tokens(new), strict=True))
        rows = [found[text] for text in texts]
        ends = np.cumsum([len(row) for row in rows]).astype(np.int64)
        _keep(path, {"tokens": np.concatenate(rows), "ends": ends, "digests": _digests(texts)})
    arrays = read_safetensors(path)
    return _rows(arrays["tokens"], arrays["ends"])


def _made_before(texts: Sequence[str], files: Sequence[Path]) -> dict[str, FloatArray]:
    """The vectors of those texts that stand in some files."""
    wanted = {digest.tobytes(): text for digest, text in zip(_digests(texts), texts, strict=True)}
    found: dict[str, FloatArray] = {}
    for path in files:
        try:
            arrays = read_safetensors(path)
        except BundleError:  # cleared away by another process, or cut short by a full disk: it is made anew
            continue
        rows = _rows(arrays["tokens"], arrays["ends"])
        for digest, row in zip(arrays["digests"], rows, strict=True):
            text = wanted.get(digest.tobytes())
            if text is not None:
                found[text] = row
    return found


def _rows(values: FloatArray, ends: np.ndarray) -> list[FloatArray]:
    return [values[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _digests(texts: Sequence[str]) -> np.ndarray:
    """(N, 16) uint8."""
    every = [
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts
    ]
    return np.frombuffer(b"".join(every), dtype=np.uint8).reshape(len(texts), 16)


def _sentence_vectors(
    texts: Sequence[str], tokens: Sequence[FloatArray], backbone: TextBackbone, folder: Path
) -> FloatArray:
    """(N, E) unit rows by the product's sentence model: means of its token vectors, where these are known."""
    encoder = load_sentence_encoder(backend="torch")
    if backbone.model_id == encoder.model_id and tokens:
        means = np.stack([row.mean(axis=0) for row in tokens])
        rows: FloatArray = means / np.linalg.norm(means, axis=1, keepdims=True)
        return rows
    path = folder / f"sentences-{_hash(encoder.model_id, texts)}.safetensors"
    if not path.is_file():
        _keep(path, {"sentences": encoder.encode(texts)})
    return read_safetensors(path)["sentences"]


def _keep(path: Path, arrays: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # several processes may make the same file at once: each writes its own aside, the last one stays
    with replacing(path) as file:
        write_safetensors(file, arrays, {})


def _hash(model_id: str, texts: Sequence[str]) -> str:
    digest = hashlib.blake2b(model_id.encode("utf-8"), digest_size=16)
    for text in texts:
        digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()

"""Sentences to unit vectors: the interface, its NumPy implementation, and the choice of one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import BundleError
from .bert import Bert, BertSize
from .bundle import WEIGHTS, Bundle, open_bundle
from .layers import Floats
from .safetensors import read_safetensors
from .tokenizer import WordPieceTokenizer

KIND = "sentence-encoder"
VOCABULARY = "vocab.txt"
DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "bundled_models" / "all-MiniLM-L6-v2"

FEW_TEXTS = 8  # so many run fast as they are; for more the weights are put in another order first

_TEXTS_AT_ONCE = 32


class SentenceEncoder(Protocol):
    """What library and search need of a sentence model."""

    @property
    def model_id(self) -> str:
        """Names the weights: vectors of equal `model_id` may be compared."""
        ...

    @property
    def width(self) -> int:
        """D, numbers in a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """(N, D) float32 unit rows, one for each text; any text is accepted, the empty one too."""
        ...

    def knows(self, word: str) -> bool:
        """Whether a word in lower case stands whole in its vocabulary: a common English word."""
        ...


class NumpySentenceEncoder:
    """all-MiniLM-L6-v2 and models like it in NumPy alone: BERT, mean over the tokens, unit length.

    Raises:
        BundleError: the bundle's weights, vocabulary or settings do not fit each other.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._model_id = bundle.model_id
        self._tokenizer = tokenizer_of(bundle)
        self._bert = Bert(BertSize.from_settings(bundle.settings), read_safetensors(bundle.path(WEIGHTS)))

    @property
    def model_id(self) -> str:
        """Names the weights."""
        return self._model_id

    @property
    def width(self) -> int:
        """D, numbers in a vector."""
        return self._bert.size.width

    def knows(self, word: str) -> bool:
        """Whether a word in lower case is a common English word."""
        return self._tokenizer.holds(word)

    def encode(self, texts: Sequence[str]) -> Floats:
        """(N, D) float32 unit rows, one for each text."""
        vectors = np.empty((len(texts), self.width), dtype=np.float32)
        network = self._bert if len(texts) <= FEW_TEXTS else self._bert.for_many_texts()
        for places, ids, mask in batches(self._tokenizer, texts, _TEXTS_AT_ONCE):
            vectors[places] = _pooled(network(ids, mask), mask)
        return vectors

    def read(self, texts: Sequence[str]) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """(N, D) unit vectors of a few texts, (N, T, D) token vectors and (N,) tokens, in one pass."""
        ((places, ids, mask),) = batches(self._tokenizer, texts, len(texts))
        tokens = self._bert(ids, mask)
        back = np.argsort(places)
        return _pooled(tokens, mask)[back], tokens[back], mask.sum(axis=1)[back]


def _pooled(tokens: Floats, mask: NDArray[np.bool_]) -> Floats:
    """(N, D) unit rows of (N, T, D) token vectors: the means but for their lengths, which do not matter."""
    sums = np.sum(tokens, axis=1, where=mask[:, :, None])
    pooled: Floats = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return pooled


def tokenizer_of(bundle: Bundle) -> WordPieceTokenizer:
    """The tokenizer of a sentence model.

    Raises:
        BundleError: the vocabulary is damaged or of another size than the settings say.
    """
    limit = bundle.settings.get("max_tokens")
    positions = bundle.settings.get("positions")
    if not (type(limit) is int and type(positions) is int and 2 < limit <= positions):
        raise BundleError(f"the model's settings allow {limit!r} tokens for {positions!r} positions")
    path = bundle.path(VOCABULARY)
    tokenizer = WordPieceTokenizer.from_file(path, limit)
    if tokenizer.size != bundle.settings.get("vocabulary"):
        raise BundleError(
            f"the vocabulary has {tokenizer.size} pieces, the model another number", where=str(path)
        )
    return tokenizer


def batches(
    tokenizer: WordPieceTokenizer, texts: Sequence[str], texts_at_once: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]]:
    """Texts as token ids, in batches of similar length.

    Returns:
        for each batch: places (N,) in `texts`, ids (N, T) padded with 0, mask (N, T) True for tokens.
    """
    encoded = [tokenizer.encode(text) for text in texts]
    lengths = np.array([len(ids) for ids in encoded], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    found = []
    for start in range(0, len(order), texts_at_once):
        places = order[start : start + texts_at_once]
        mask = np.arange(lengths[places[-1]]) < lengths[places, None]
        ids = np.zeros(mask.shape, dtype=np.int64)
        ids[mask] = np.concatenate([encoded[place] for place in places])
        found.append((places, ids, mask))
    return found


def load_sentence_encoder(
    folder: Path | None = None, backend: Literal["numpy", "torch"] = "numpy"
) -> SentenceEncoder:
    """The sentence encoder in a model folder.

    Args:
        folder: a bundle of kind "sentence-encoder"; the one that comes with the product if left out.
        backend: "numpy" serves. "torch" is for bulk work on machines set up for training; same vectors
            within 1e-5.

    Raises:
        BundleError: the bundle is missing or damaged, or the torch backend is not installed.
    """
    bundle = open_bundle(folder or DEFAULT_FOLDER, KIND)
    if backend == "numpy":
        return NumpySentenceEncoder(bundle)
    try:
        module = import_module("..training.torch_sentence_encoder", __package__)
    except ImportError as error:
        raise BundleError(
            f"the torch backend is not installed ({error})",
            fix="Use the numpy backend, or install the 'train' extra",
        ) from error
    encoder: SentenceEncoder = module.TorchSentenceEncoder(bundle)
    return encoder


def sentence_encoder_or_note(folder: Path | None = None) -> tuple[SentenceEncoder | None, str]:
    """The encoder to search with; without a model none, and a sentence that tells the user what that means.

    Args:
        folder: as in `load_sentence_encoder`.
    """
    try:
        return load_sentence_encoder(folder), ""
    except BundleError as error:
        return None, f"Only exact words count, because the sentence model cannot be used: {error}"

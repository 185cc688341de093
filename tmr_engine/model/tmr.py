"""TMR served: a bundle of kind "tmr" read, and its encoders and decoder run in NumPy.

Letters in shapes: B clips or texts, L frames or tokens of the longest, F width of a frame, W of a token, D of
a latent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import BundleError, FeatureError
from .bert import Bert, BertSize
from .bundle import WEIGHTS, Bundle, open_bundle
from .layers import Floats, widen
from .safetensors import read_safetensors
from .sentence_encoder import DEFAULT_FOLDER, FEW_TEXTS, batches, tokenizer_of
from .sentence_encoder import KIND as SENTENCE_KIND
from .tmr_networks import DISTRIBUTION_TOKENS, MAX_POSITIONS, STATISTICS, Decoder, Encoder, Ints, TMRSize
from .tokenizer import WordPieceTokenizer

KIND = "tmr"
TUNED_TEXT_MODEL = "text_backbone.safetensors"

_TEXTS_AT_ONCE = 32
_Lengths = Sequence[int] | Ints


class TMR:
    """The networks of a bundle, with the interface of a training checkpoint, on arrays.

    Args:
        bundle: of kind "tmr".

    Raises:
        BundleError: weights and settings do not fit each other.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.size = TMRSize.from_settings(bundle.settings)
        self.fps = _frame_rate(bundle)
        arrays = read_safetensors(bundle.path(WEIGHTS))
        self.size.check(arrays)
        self.mean, self.std = (widen(arrays[name]) for name in STATISTICS)
        self._motion_encoder = Encoder(self.size, arrays, "motion_encoder", for_few_rows=False)
        self._text_encoder = Encoder(self.size, arrays, "text_encoder", for_few_rows=True)
        self._motion_decoder = Decoder(self.size, arrays)

    @property
    def model_id(self) -> str:
        """Names the weights: latents of equal `model_id` may be compared."""
        return self.bundle.model_id

    def encode_motion(self, x: Floats, lengths: _Lengths) -> tuple[Floats, Floats]:
        """(mu, logvar), each (B, D) float32, of normalised features (B, L, F) with (B,) valid frames.

        Raises:
            FeatureError: an array has another shape, or a length is below 1 or above L.
        """
        return self._motion_encoder(x, _checked(x, lengths, self.size.motion_width))

    def encode_text(self, tokens: Floats, lengths: _Lengths) -> tuple[Floats, Floats]:
        """(mu, logvar), each (B, D) float32, of token vectors (B, L, W) with (B,) valid tokens.

        Raises:
            FeatureError: as `encode_motion`.
        """
        return self._text_encoder(tokens, _checked(tokens, lengths, self.size.text_width))

    def decode(self, z: Floats, lengths: _Lengths) -> Floats:
        """(B, L, F) float32 normalised features of latents (B, D), zero behind the (B,) wanted frames.

        Raises:
            FeatureError: the latents have another shape, or a length is below 1.
        """
        counts = np.asarray(lengths, dtype=np.int64)
        if z.shape != (len(counts), self.size.latent_dim):
            raise FeatureError(f"latents are {z.shape}, needed are {(len(counts), self.size.latent_dim)}")
        _check_lengths(counts, MAX_POSITIONS)
        return self._motion_decoder(z, counts)

    def encode_sentences(self, texts: Sequence[str]) -> Floats:
        """(N, D) float32 means of sentences; equal ones have bit-equal rows.

        Raises:
            BundleError: as `sentence_distributions`.
        """
        return self.sentence_distributions(texts)[0]

    def sentence_distributions(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """(mu, logvar), each (N, D) float32, of sentences. Equal ones are encoded once: ties stay ties.

        Raises:
            BundleError: the model was trained on a text model that does not come with the product.
        """
        tokenizer, text_model = self._text_model
        distinct = list(dict.fromkeys(texts))
        if len(distinct) > FEW_TEXTS:
            text_model = text_model.for_many_texts()
        means, logvars = np.empty((2, len(distinct), self.size.latent_dim), np.float32)
        for places, ids, mask in batches(tokenizer, distinct, _TEXTS_AT_ONCE):
            means[places], logvars[places] = self.encode_text(text_model(ids, mask), mask.sum(axis=1))
        rows = {text: row for row, text in enumerate(distinct)}
        chosen = [rows[text] for text in texts]
        return means[chosen], logvars[chosen]

    def reads_tokens_of(self, sentence_model_id: str) -> bool:
        """Whether it reads the token vectors of a sentence model as they are: it was not tuned on its own."""
        is_tuned = TUNED_TEXT_MODEL in self.bundle.files
        return not is_tuned and self.bundle.settings.get("text_model") == sentence_model_id

    @cached_property
    def _text_model(self) -> tuple[WordPieceTokenizer, Bert]:
        """Tokenizer and network of the bundled sentence model, tuned where the bundle holds tuned weights."""
        wanted = self.bundle.settings.get("text_model")
        sentences = open_bundle(DEFAULT_FOLDER, SENTENCE_KIND)
        if wanted != sentences.model_id:
            raise BundleError(
                f"the model reads texts through {wanted or 'a text model that it does not name'}, "
                f"here is {sentences.model_id}",
                where=str(self.bundle.folder),
                fix="Encode texts with the run that it was exported from",
            )
        is_tuned = TUNED_TEXT_MODEL in self.bundle.files
        weights = self.bundle.path(TUNED_TEXT_MODEL) if is_tuned else sentences.path(WEIGHTS)
        network = Bert(BertSize.from_settings(sentences.settings), read_safetensors(weights))
        return tokenizer_of(sentences), network


def load_tmr(folder: Path | str) -> TMR:
    """The model in a bundle, every file compared with its checksum first.

    Raises:
        BundleError: a file is missing, damaged or changed, or the weights do not fit the settings.
    """
    bundle = open_bundle(Path(folder), KIND)
    bundle.verify()
    return TMR(bundle)


def _checked(x: Floats, lengths: _Lengths, width: int) -> Ints:
    counts = np.asarray(lengths, dtype=np.int64)
    if x.ndim != 3 or x.shape[0] != len(counts) or x.shape[2] != width:
        raise FeatureError(f"the batch is {x.shape}, needed is ({len(counts)}, length, {width})")
    _check_lengths(counts, min(x.shape[1], MAX_POSITIONS - DISTRIBUTION_TOKENS))
    return counts


def _check_lengths(counts: Ints, longest: int) -> None:
    if counts.ndim != 1 or np.any(counts < 1) or np.any(counts > longest):
        raise FeatureError(f"lengths must be whole numbers from 1 to {longest}", where=f"lengths {counts}")


def _frame_rate(bundle: Bundle) -> float:
    fps = bundle.settings.get("fps")
    if not isinstance(fps, int | float) or not 0 < fps < math.inf:
        raise BundleError(f"the model's settings have no usable 'fps' ({fps!r})", where=str(bundle.folder))
    return float(fps)

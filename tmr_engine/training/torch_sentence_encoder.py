"""The sentence encoder in torch: for bulk work on training machines, with the same vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..model.bert import BertSize
from ..model.bundle import Bundle
from ..model.layers import Floats
from ..model.sentence_encoder import batches, tokenizer_of
from .text_backbone import bert_of

_TEXTS_AT_ONCE = 256


class TorchSentenceEncoder:
    """all-MiniLM-L6-v2 and models like it, on a GPU where there is one.

    Raises:
        BundleError: the bundle's weights, vocabulary or settings do not fit each other.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._model_id = bundle.model_id
        self._tokenizer = tokenizer_of(bundle)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._size = BertSize.from_settings(bundle.settings)
        self._bert = bert_of(bundle).to(self._device).eval()

    @property
    def model_id(self) -> str:
        """Names the weights."""
        return self._model_id

    @property
    def width(self) -> int:
        """D, numbers in a vector."""
        return self._size.width

    @torch.inference_mode()
    def knows(self, word: str) -> bool:
        """Whether a word in lower case is a common English word."""
        return self._tokenizer.holds(word)

    def encode(self, texts: Sequence[str]) -> Floats:
        """(N, D) float32 unit rows, one for each text."""
        vectors = np.empty((len(texts), self.width), dtype=np.float32)
        for places, ids, mask in batches(self._tokenizer, texts, _TEXTS_AT_ONCE):
            present = torch.from_numpy(mask).to(self._device)
            tokens = self._bert(
                input_ids=torch.from_numpy(ids).to(self._device), attention_mask=present.long()
            ).last_hidden_state
            sums = (tokens * present.unsqueeze(-1)).sum(dim=1)
            vectors[places] = torch.nn.functional.normalize(sums, dim=1).cpu().numpy()
        return vectors

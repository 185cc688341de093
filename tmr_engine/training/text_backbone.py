"""The text backbone: a sentence's tokens as vectors, which TMR's text encoder reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from ..errors import BundleError
from ..model.bert import BertSize, transposed
from ..model.bundle import MANIFEST, WEIGHTS, Bundle, open_bundle
from ..model.safetensors import read_safetensors
from ..model.sentence_encoder import DEFAULT_FOLDER, KIND, tokenizer_of
from ..motion.rotation import FloatArray

BUNDLED = "bundled"
_TEXTS_AT_ONCE = 64


class Tokenizer(Protocol):
    """Text to ids, the first and last of them special."""

    def encode(self, text: str) -> list[int]:
        """The ids of a text."""
        ...


class TextBackbone(nn.Module):
    """A language model and its tokenizer.

    Args:
        model_id: names the weights.
        tokenizer: text to ids.
        network: takes `input_ids` and `attention_mask`, gives `last_hidden_state`.
        width: numbers of a token's vector.
    """

    def __init__(self, model_id: str, tokenizer: Tokenizer, network: nn.Module, width: int) -> None:
        super().__init__()
        self.model_id, self.width = model_id, width
        self.network = network
        self._tokenizer = tokenizer

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text."""
        return [self._tokenizer.encode(text) for text in texts]

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(N, S, width) vectors of (N, S) ids; rows of padding hold numbers without meaning."""
        vectors: Tensor = self.network(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return vectors

    @torch.no_grad()
    def tokens(self, texts: Sequence[str]) -> list[FloatArray]:
        """(S, width) float32 vectors of all tokens of each text, the special ones too (frozen backbone).

        Texts of like length are run together; the results do not depend on it but for rounding.
        """
        was_training = self.training
        self.eval()
        device = next(self.network.parameters()).device
        ids = self.ids(texts)
        order = sorted(range(len(texts)), key=lambda place: len(ids[place]))
        found: list[FloatArray] = [np.zeros((0, self.width), np.float32)] * len(texts)
        for start in range(0, len(order), _TEXTS_AT_ONCE):
            places = order[start : start + _TEXTS_AT_ONCE]
            padded, mask = pad_ids([ids[place] for place in places])
            vectors = self(padded.to(device), mask.to(device)).float().cpu().numpy()
            for row, place in enumerate(places):
                found[place] = vectors[row, : len(ids[place])].copy()
        self.train(was_training)
        return found


def pad_ids(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """(N, S) int64 ids padded with 0 and their (N, S) bool mask."""
    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = True
    return ids, mask


def load_text_backbone(name: str = BUNDLED) -> TextBackbone:
    """The backbone of a run.

    Args:
        name: "bundled"; or a folder that holds a bundle of ours, or a model as transformers saves it
            (config, tokenizer, weights as safetensors). Nothing is fetched and no pickle is read.

    Raises:
        BundleError: it is missing or damaged.
    """
    folder = DEFAULT_FOLDER if name == BUNDLED else Path(name)
    if (folder / MANIFEST).is_file() or name == BUNDLED:
        bundle = open_bundle(folder, KIND)
        size = BertSize.from_settings(bundle.settings)
        return TextBackbone(bundle.model_id, tokenizer_of(bundle), bert_of(bundle), size.width)
    if not folder.is_dir():
        raise BundleError("there is no such text model", where=str(folder), fix="name a folder, or bundled")
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        network = AutoModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError) as error:
        raise BundleError("the text model cannot be read", where=str(folder), why=str(error)) from error
    return TextBackbone(folder.resolve().name, tokenizer, network, int(network.config.hidden_size))


def bert_of(bundle: Bundle) -> nn.Module:
    """The network of a sentence model of ours, in torch.

    Raises:
        BundleError: weights and settings do not fit each other.
    """
    size = BertSize.from_settings(bundle.settings)
    arrays = read_safetensors(bundle.path(WEIGHTS))
    size.check(arrays)
    config = BertConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=size.inner_width,
        max_position_embeddings=size.positions,
        layer_norm_eps=size.layer_norm_epsilon,
    )
    model: nn.Module = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(
        {name: torch.from_numpy(array.astype(np.float32)) for name, array in transposed(arrays).items()}
    )
    return model

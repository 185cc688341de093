"""TMR's encoders and decoder in torch (Petrovich et al. 2023, section 3; specified after TEMOS, 2022).

Parameter names are those of the authors' release, so that their weights load as they are. Padded positions
are masked as attention keys: whatever finite numbers stand there, the result is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..model.tmr_networks import position_table

_DISTRIBUTION_TOKENS = 2  # one becomes the mean, one the log-variance


@dataclass(frozen=True)
class NetworkSize:
    """Size of an encoder or decoder; the defaults are the published ones."""

    latent_dim: int = 256
    ff_size: int = 1024
    num_layers: int = 6
    num_heads: int = 4
    dropout: float = 0.1


PUBLISHED_SIZE = NetworkSize()


class ActorStyleEncoder(nn.Module):
    """Encodes a sequence of vectors into a Gaussian: two learned tokens, then a transformer encoder.

    Args:
        nfeats: width of the input vectors (263 motion features; the text backbone's width for text).
        size: width of the latent and so on.
    """

    def __init__(self, nfeats: int, size: NetworkSize = PUBLISHED_SIZE) -> None:
        super().__init__()
        self.projection = nn.Linear(nfeats, size.latent_dim)
        self.tokens = nn.Parameter(torch.randn(_DISTRIBUTION_TOKENS, size.latent_dim))
        self.sequence_pos_encoding = PositionalEncoding(size.latent_dim, size.dropout)
        layer = nn.TransformerEncoderLayer(**_layer_options(size))
        # nested tensors drop the padded columns, which would change the output's shape
        self.seqTransEncoder = nn.TransformerEncoder(layer, size.num_layers, enable_nested_tensor=False)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, both (B, latent_dim).

        Args:
            x: (B, L, nfeats), padded.
            mask: (B, L) bool, True where valid.
        """
        tokens = self.tokens.expand(len(x), -1, -1)
        sequence = torch.cat([tokens, self.projection(x)], dim=1)
        padded = torch.cat([mask.new_zeros(len(x), _DISTRIBUTION_TOKENS), ~mask], dim=1)
        final = self.seqTransEncoder(self.sequence_pos_encoding(sequence), src_key_padding_mask=padded)
        return final[:, 0], final[:, 1]


class ActorStyleDecoder(nn.Module):
    """Decodes a latent into a sequence of features of a wanted length.

    Arguments as `ActorStyleEncoder`; `nfeats` is the width of the output.
    """

    def __init__(self, nfeats: int, size: NetworkSize = PUBLISHED_SIZE) -> None:
        super().__init__()
        self.latent_dim = size.latent_dim
        self.sequence_pos_encoding = PositionalEncoding(size.latent_dim, size.dropout)
        layer = nn.TransformerDecoderLayer(**_layer_options(size))
        self.seqTransDecoder = nn.TransformerDecoder(layer, size.num_layers)
        self.final_layer = nn.Linear(size.latent_dim, nfeats)

    def forward(self, z: Tensor, mask: Tensor) -> Tensor:
        """Features (B, L, nfeats), zero where padded.

        Args:
            z: (B, latent_dim).
            mask: (B, L) bool, True for wanted frames.
        """
        queries = z.new_zeros(*mask.shape, self.latent_dim)
        output = self.seqTransDecoder(
            self.sequence_pos_encoding(queries), z[:, None], tgt_key_padding_mask=~mask
        )
        features: Tensor = self.final_layer(output)
        return features.masked_fill(~mask[..., None], 0.0)


def _layer_options(size: NetworkSize) -> dict[str, Any]:
    return {
        "d_model": size.latent_dim,
        "nhead": size.num_heads,
        "dim_feedforward": size.ff_size,
        "dropout": size.dropout,
        "activation": "gelu",
        "batch_first": True,
    }


class PositionalEncoding(nn.Module):
    """Adds the standard sinusoid (Vaswani et al. 2017), then dropout. Not part of the saved weights."""

    table: Tensor

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        # a copy: the served networks' table is read-only
        table = torch.from_numpy(position_table(width).copy())
        self.register_buffer("table", table, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, width) with the places of the L positions added."""
        moved: Tensor = self.dropout(x + self.table[: x.shape[1]].to(x.dtype))
        return moved


def mask_of(lengths: Tensor, longest: int | None = None) -> Tensor:
    """(B, longest) bool, True for the first `lengths[b]` positions of row b."""
    reach = int(lengths.max()) if longest is None else longest
    return torch.arange(reach, device=lengths.device)[None] < lengths[:, None]


def sample(mu: Tensor, logvar: Tensor, noise: Tensor, factor: float = 1.0) -> Tensor:
    """Draws from the Gaussian: mu + factor * noise * exp(logvar / 2) (Kingma and Welling 2014)."""
    return mu + factor * noise * torch.exp(0.5 * logvar)

"""TMR as one module: both encoders, the decoder, and the text backbone where it is tuned."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .batches import Batch
from .networks import ActorStyleDecoder, ActorStyleEncoder, NetworkSize, sample
from .text_backbone import TextBackbone

Gaussian = tuple[Tensor, Tensor]


class Latents(NamedTuple):
    """What a batch becomes.

    Args:
        text, motion: (mu, logvar), each (B, D).
        text_sample, motion_sample: (B, D) drawn from them.
        decoded: both samples decoded, (B, L, F); None where reconstruction has no weight.
        wrong: (K, D) samples of captions that contradict a motion.
    """

    text: Gaussian
    motion: Gaussian
    text_sample: Tensor
    motion_sample: Tensor
    decoded: tuple[Tensor, Tensor] | None
    wrong: Tensor


class TMR(nn.Module):
    """The networks of a run; parameters are called as in the authors' checkpoints.

    Args:
        motion_width, text_width: numbers of a frame and of a token.
        size: of each network.
        backbone: the text backbone where it is tuned with the rest, else None.
        decodes: whether there is anything to reconstruct.
    """

    def __init__(
        self,
        motion_width: int,
        text_width: int,
        size: NetworkSize,
        backbone: TextBackbone | None = None,
        *,
        decodes: bool = True,
    ) -> None:
        super().__init__()
        self.motion_encoder = ActorStyleEncoder(motion_width, size)
        self.text_encoder = ActorStyleEncoder(text_width, size)
        self.motion_decoder = ActorStyleDecoder(motion_width, size)
        self.text_backbone = backbone
        if not decodes:
            self.motion_decoder.requires_grad_(False)
        self._decodes = decodes

    def forward(self, batch: Batch, noise: tuple[Tensor, Tensor]) -> Latents:
        """Encodes, samples and decodes a batch.

        Args:
            batch: see there.
            noise: standard normal, (B, D) for texts and for motions.
        """
        mu, logvar = self.encode_text(batch)
        count, owners = len(batch.motion), batch.text_owners
        text = (_means(mu[: len(owners)], owners, count), _means(logvar[: len(owners)], owners, count))
        motion: Gaussian = self.motion_encoder(batch.motion, batch.motion_mask)
        text_sample = sample(text[0], text[1], noise[0])
        motion_sample = sample(motion[0], motion[1], noise[1])
        decoded = None
        if self._decodes:
            decoded = (
                self.motion_decoder(text_sample, batch.motion_mask),
                self.motion_decoder(motion_sample, batch.motion_mask),
            )
        wrong = sample(mu[len(owners) :], logvar[len(owners) :], noise[0][batch.wrong_owners])
        return Latents(text, motion, text_sample, motion_sample, decoded, wrong)

    def encode_text(self, batch: Batch) -> Gaussian:
        """(mu, logvar), each (M + K, D), of all texts of a batch, the wrong ones last."""
        vectors = batch.text
        if self.text_backbone is not None:
            vectors = self.text_backbone(batch.text, batch.text_mask)
        found: Gaussian = self.text_encoder(vectors, batch.text_mask)
        return found


def _means(rows: Tensor, owners: Tensor, count: int) -> Tensor:
    """(count, D): the mean of the rows of each owner; the rows themselves where each has one."""
    if len(rows) == count:
        return rows
    sums = rows.new_zeros(count, rows.shape[1]).index_add(0, owners, rows)
    return sums / torch.bincount(owners, minlength=count)[:, None]

"""What a step minimises: the weighted losses over the batch of all processes; and past latents."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .batches import Batch
from .config import LossConfig
from .distributed import Ranks
from .losses import (
    alike,
    cosines,
    cross_entropy,
    four_kl,
    hard_negative_cross_entropy,
    margin_loss,
    opposites_loss,
    reconstruction,
)
from .tmr import Latents

LOSSES = ("recons", "kl", "latent", "contrastive", "loss")


class Queue:
    """The latents of earlier batches, which are negatives of later ones (Wang et al. 2020).

    Args:
        size: rows held; 0 for no queue.
        width, sentence_width: of latents and sentence vectors.
        device: where they lie.
    """

    def __init__(self, size: int, width: int, sentence_width: int, device: torch.device) -> None:
        self._size = size
        self.text = torch.zeros(0, width, device=device)
        self.motion = torch.zeros(0, width, device=device)
        self.sentences = torch.zeros(0, sentence_width, device=device)

    def __len__(self) -> int:
        return len(self.text)

    def push(self, text: Tensor, motion: Tensor, sentences: Tensor) -> None:
        """Adds rows in front; the oldest go."""
        self.text = torch.cat([text.detach().float(), self.text])[: self._size]
        self.motion = torch.cat([motion.detach().float(), self.motion])[: self._size]
        self.sentences = torch.cat([sentences, self.sentences])[: self._size]

    def state(self) -> dict[str, Tensor]:
        """Its arrays."""
        return {"text": self.text, "motion": self.motion, "sentences": self.sentences}

    def load(self, state: dict[str, Tensor]) -> None:
        """Puts back what `state` gave."""
        device = self.text.device
        self.text, self.motion, self.sentences = (
            state[name].to(device) for name in ("text", "motion", "sentences")
        )


class Terms(NamedTuple):
    """The losses of a step.

    Args:
        minimised: scalar; its gradients, averaged over processes, are those of the whole batch's loss.
        values: (5,) the losses of the whole batch, in the order of `LOSSES`.
    """

    minimised: Tensor
    values: Tensor


class Objective:
    """The losses of a run.

    Args:
        config: weights and options.
        ranks: the processes.
        queue: past latents; filled by `step` callers.
    """

    def __init__(self, config: LossConfig, ranks: Ranks, queue: Queue) -> None:
        self._config, self._ranks, self.queue = config, ranks, queue

    def __call__(
        self,
        latents: Latents,
        batch: Batch,
        sentences: Tensor,
        frames: int,
        *,
        opposites: Tensor | None = None,
        learning: bool = True,
    ) -> Terms:
        """The losses of a batch.

        Args:
            latents: of this process's rows.
            batch: this process's rows.
            sentences: (B, E) unit rows of the whole batch.
            frames: valid frames of the whole batch.
            opposites: (P, 2) rows of the whole batch that are opposites.
            learning: use the queue and fill it.
        """
        config, count = self._config, len(sentences)
        share = len(batch.motion) / count
        recons = batch.motion.new_zeros(())
        if latents.decoded is not None:
            mask = batch.motion_mask if config.valid_frames_only else None
            part = int(batch.motion_mask.sum()) / frames if config.valid_frames_only else share
            recons = part * sum(
                (reconstruction(one.float(), batch.motion, mask) for one in latents.decoded), start=recons
            )
        text, motion = ((mu.float(), logvar.float()) for mu, logvar in (latents.text, latents.motion))
        kl = share * four_kl(text, motion)
        latent = share * functional.smooth_l1_loss(latents.text_sample.float(), latents.motion_sample.float())
        contrastive = self._contrastive(latents, batch, sentences, learning=learning)
        if opposites is not None:
            texts, motions = (self._ranks.gather(part[0], len(sentences)) for part in (text, motion))
            told = opposites_loss(texts, motions, opposites, config.temperature)
            contrastive = contrastive + config.opposites * told
        local = torch.stack([recons, kl, latent])
        weights = local.new_tensor([config.reconstruction, config.kl, config.latent])
        minimised = self._ranks.world * ((weights * local).sum() + config.contrastive * contrastive)
        sums, shared = self._ranks.total(local), contrastive.detach()
        whole = (weights * sums).sum() + config.contrastive * shared
        return Terms(minimised, torch.cat([sums, shared[None], whole[None]]))

    def _contrastive(self, latents: Latents, batch: Batch, sentences: Tensor, *, learning: bool) -> Tensor:
        """Over the whole batch, the same in every process."""
        config, count = self._config, len(sentences)
        text = self._ranks.gather(latents.text_sample.float(), count)
        motion = self._ranks.gather(latents.motion_sample.float(), count)
        if config.form == "margin":
            return margin_loss(text, motion, config.margin)
        kept = self.queue if learning else None
        past = 0 if kept is None else len(kept)
        # rounding makes the cosine of equal captions more than 1: a threshold of 1 must keep them all
        threshold = config.threshold if config.threshold < 1 else math.inf
        excluded = alike(sentences, threshold)
        to_motions, to_texts = cosines(text, motion), cosines(motion, text)
        if kept is not None and past:
            same = sentences @ kept.sentences.T > 2 * threshold - 1
            excluded = torch.cat([excluded, same], dim=1)
            to_motions = torch.cat([to_motions, cosines(text, kept.motion)], dim=1)
            to_texts = torch.cat([to_texts, cosines(motion, kept.text)], dim=1)
        to_motions = (to_motions / config.temperature).masked_fill(excluded, -torch.inf)
        to_texts = (to_texts / config.temperature).masked_fill(excluded, -torch.inf)
        if (config.shuffled_events or config.wrong_sides) and learning:
            own = self._ranks.gather(self._to_wrong(latents, batch), count)
            to_texts = torch.cat([to_texts, own], dim=1)
        if learning:
            self.queue.push(text, motion, sentences)
        return 0.5 * (self._entropy(to_motions) + self._entropy(to_texts))

    def _to_wrong(self, latents: Latents, batch: Batch) -> Tensor:
        """(own rows, 1) scores of each motion and the caption that contradicts it; -inf where it has none."""
        column = latents.motion_sample.new_full((len(batch.motion), 1), -torch.inf).float()
        owners = batch.wrong_owners
        if len(owners) == 0:
            return column
        motion = functional.normalize(latents.motion_sample.float()[owners], dim=-1)
        wrong = functional.normalize(latents.wrong.float(), dim=-1)
        return column.index_copy(0, owners, (motion * wrong).sum(1, keepdim=True) / self._config.temperature)

    def _entropy(self, scores: Tensor) -> Tensor:
        if self._config.hard_negatives:
            return hard_negative_cross_entropy(scores, self._config.hard_alpha, self._config.hard_beta)
        return cross_entropy(scores)

"""Losses and retrieval of a model on held-out clips."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..evaluation import CosineSimilarities, retrieval_metrics
from .batches import TrainingSet, pad_vectors
from .config import RunConfig
from .distributed import Ranks
from .objective import LOSSES, Objective, Queue
from .randomness import noise_for, seed_of
from .text_backbone import pad_ids
from .tmr import TMR

_BATCH = 32  # as published: the contrastive loss depends on it
_TEXTS_AT_ONCE = 256
_ALIKE = 0.95


@torch.no_grad()
def validate(model: TMR, held_out: TrainingSet, config: RunConfig, device: torch.device) -> dict[str, float]:
    """The row of validation figures.

    Losses are taken on samples, as in training. Retrieval is taken on means: `v_t2m`, `v_m2t` in the protocol
    that accepts captions which mean the same (0.95), as the authors' logs have it; `v_strict_...` accepts
    the clip itself alone.
    """
    model.eval()
    alone = Ranks(0, 1, device)
    objective = Objective(config.loss, alone, Queue(0, 1, 1, device))
    plan = held_out.validation_plan(_BATCH)
    tuned = model.text_backbone is not None
    sums, means = np.zeros(len(LOSSES)), []
    for number, items in enumerate(plan.batches):
        longest = max(plan.windows[item][1] for item in items)
        batch = held_out.batch(items, plan, longest=longest, ids=tuned, wrong=False).to(device)
        noise = noise_for(seed_of(config.training.seed, number), len(items), config.model.latent_dim)
        latents = model(batch, (noise[0].to(device), noise[1].to(device)))
        sentences = held_out.sentences(items, plan).to(device)
        terms = objective(latents, batch, sentences, int(batch.motion_mask.sum()), learning=False)
        sums += terms.values.double().cpu().numpy() * len(items)
        means.append(latents.motion[0].float().cpu())
    model.train()
    row = {f"v_{name}": value for name, value in zip(LOSSES, sums / len(held_out.dataset), strict=True)}
    return {**row, **_retrieval(torch.cat(means), _texts(model, held_out, device), held_out)}


def _texts(model: TMR, held_out: TrainingSet, device: torch.device) -> Tensor:
    """(N, D) means of the first captions. Equal captions are encoded once, so that their ties stay ties."""
    model.eval()
    texts = [held_out.dataset.captions(index)[0].text for index in range(len(held_out.dataset))]
    distinct = list(dict.fromkeys(texts))
    rows = []
    for start in range(0, len(distinct), _TEXTS_AT_ONCE):
        chunk = distinct[start : start + _TEXTS_AT_ONCE]
        if model.text_backbone is None:
            vectors, mask = (part.to(device) for part in pad_vectors(held_out.texts.tokens(chunk)))
        else:
            ids, mask = (part.to(device) for part in pad_ids(held_out.texts.ids(chunk)))
            vectors = model.text_backbone(ids, mask)
        rows.append(model.text_encoder(vectors, mask)[0].float().cpu())
    model.train()
    places = {text: place for place, text in enumerate(distinct)}
    return torch.cat(rows)[[places[text] for text in texts]]


def _retrieval(motions: Tensor, texts: Tensor, held_out: TrainingSet) -> dict[str, float]:
    similarities = CosineSimilarities(texts.numpy(), motions.numpy())
    sentences = held_out.texts.sentences(
        [held_out.dataset.captions(index)[0].text for index in range(len(held_out.dataset))]
    )
    lenient = retrieval_metrics(similarities, sentence_embeddings=sentences, threshold=_ALIKE)
    strict = retrieval_metrics(similarities)
    return {
        f"{prefix}{way}/{name}": value
        for prefix, metrics in (("v_", lenient), ("v_strict_", strict))
        for way, values in metrics.items()
        for name, value in values.items()
    }

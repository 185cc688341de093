"""The four losses of TMR (Petrovich et al. 2023, section 3.2) and their published weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class LossWeights:
    """Weights of the sum, as published."""

    reconstruction: float = 1.0
    kl: float = 1e-5
    latent: float = 1e-5
    contrastive: float = 0.1


def info_nce(
    text: Tensor,
    motion: Tensor,
    *,
    temperature: float,
    sentence_embeddings: Tensor | None = None,
    threshold: float | None = None,
) -> Tensor:
    """Symmetric InfoNCE over cosine similarities, false negatives left out (equations 1 and 2).

    Args:
        text, motion: (B, D) latents; pair i is (text i, motion i).
        temperature: divides the cosines (0.1 as published).
        sentence_embeddings: (B, E) unit rows of the captions; needed with a threshold.
        threshold: pairs of different captions with (cosine + 1) / 2 above it are no negatives of each other
            (0.8 as published); None keeps all negatives.

    Returns:
        scalar, the mean of both directions.
    """
    scores = functional.normalize(text, dim=-1) @ functional.normalize(motion, dim=-1).T / temperature
    if threshold is not None:
        if sentence_embeddings is None:
            raise ValueError("a threshold needs sentence_embeddings")
        alike = sentence_embeddings @ sentence_embeddings.T > 2 * threshold - 1
        alike.fill_diagonal_(False)
        scores = scores.masked_fill(alike, -torch.inf)
    pairs = torch.arange(len(scores), device=scores.device)
    return 0.5 * (functional.cross_entropy(scores, pairs) + functional.cross_entropy(scores.T, pairs))


def kl_divergence(
    mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor | None = None, logvar_p: Tensor | None = None
) -> Tensor:
    """KL(q || p) of diagonal Gaussians, mean over batch and dimensions.

    Args:
        mu_q, logvar_q: (B, D).
        mu_p, logvar_p: (B, D); the standard normal when left out.

    Returns:
        scalar.
    """
    mu_p = torch.zeros_like(mu_q) if mu_p is None else mu_p
    logvar_p = torch.zeros_like(logvar_q) if logvar_p is None else logvar_p
    difference = logvar_q - logvar_p
    terms = torch.exp(difference) + (mu_p - mu_q) ** 2 / torch.exp(logvar_p) - 1 - difference
    return 0.5 * terms.mean()


def reconstruction(predicted: Tensor, wanted: Tensor, mask: Tensor | None = None) -> Tensor:
    """Smooth L1 with beta 1.

    Args:
        predicted, wanted: (B, L, F), both zero where padded.
        mask: (B, L) bool. None averages over every element, padding included, as published (padding dilutes
            the loss); with a mask only valid frames count.

    Returns:
        scalar.
    """
    if mask is None:
        return functional.smooth_l1_loss(predicted, wanted)
    return functional.smooth_l1_loss(predicted[mask], wanted[mask])


def four_kl(text: tuple[Tensor, Tensor], motion: tuple[Tensor, Tensor]) -> Tensor:
    """The sum of KL(text||motion), KL(motion||text), KL(motion||N(0,1)) and KL(text||N(0,1)).

    Args:
        text, motion: (mu, logvar), each (B, D).
    """
    return (
        kl_divergence(*text, *motion)
        + kl_divergence(*motion, *text)
        + kl_divergence(*motion)
        + kl_divergence(*text)
    )

"""The losses of TMR (Petrovich et al. 2023, section 3.2), and others in place of its contrastive one."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_NOTHING = -1e4  # its exponential is 0 in every precision


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
    scores = cosines(text, motion) / temperature
    if threshold is not None:
        if sentence_embeddings is None:
            raise ValueError("a threshold needs sentence_embeddings")
        scores = scores.masked_fill(alike(sentence_embeddings, threshold), -torch.inf)
    return 0.5 * (cross_entropy(scores) + cross_entropy(scores.T))


def cosines(a: Tensor, b: Tensor) -> Tensor:
    """(A, B) cosines of the rows of (A, D) and (B, D)."""
    return functional.normalize(a, dim=-1) @ functional.normalize(b, dim=-1).T


def alike(sentences: Tensor, threshold: float) -> Tensor:
    """(B, B) bool: pairs of different captions that mean the same, the diagonal left out.

    Args:
        sentences: (B, E) unit rows.
        threshold: on the scale (cosine + 1) / 2.
    """
    same = sentences @ sentences.T > 2 * threshold - 1
    return same.fill_diagonal_(False)


def cross_entropy(scores: Tensor) -> Tensor:
    """Mean of -log softmax of each row's own entry: (B, B or more) scores, row i's own is column i."""
    return functional.cross_entropy(scores, torch.arange(len(scores), device=scores.device))


def hard_negative_cross_entropy(scores: Tensor, alpha: float, beta: float) -> Tensor:
    """As `cross_entropy`, negatives weighed by their hardness (HN-NCE, Radenovic et al. 2023, equation 3).

    Negative j of row i weighs (C - 1) exp(beta s_ij) / (sum over the row's negatives k of exp(beta s_ik)).

    Args:
        scores: (B, C); minus infinity where a pair is no negative.
        alpha: weight of the positive.
        beta: sharpness of the weights; 0 weighs all negatives alike.
    """
    rows = torch.arange(len(scores), device=scores.device)
    own = torch.zeros_like(scores, dtype=torch.bool)
    own[rows, rows] = True
    none = own | (scores == -torch.inf)
    # a finite nothing: a row without any negative must keep finite gradients
    negatives = scores.masked_fill(none, _NOTHING)
    sharpened = (beta * negatives).masked_fill(none, _NOTHING)
    total = torch.logsumexp(sharpened, dim=1, keepdim=True)
    weights = math.log(max(scores.shape[1] - 1, 1)) + sharpened - total
    weighed = torch.where(own, scores + math.log(alpha), negatives + weights)
    return (torch.logsumexp(weighed, dim=1) - scores[rows, rows]).mean()


def opposites_loss(text: Tensor, motion: Tensor, pairs: Tensor, temperature: float) -> Tensor:
    """How badly items are told from their opposites: softplus((crossed - own) / temperature), on average.

    `own` are the cosines of both texts with their motions, `crossed` those with each other's. Taken on means:
    a mirrored motion lies so near that samples of both are alike.

    Args:
        text, motion: (B, D) means.
        pairs: (P, 2) rows that are opposites.
        temperature: divides the cosines.

    Returns:
        scalar; 0 without pairs.
    """
    if len(pairs) == 0:
        return text.new_zeros(())
    one, other = pairs.T
    text, motion = functional.normalize(text, dim=-1), functional.normalize(motion, dim=-1)
    odd = ((text[one] - text[other]) * (motion[one] - motion[other])).sum(dim=1)  # own - crossed
    return functional.softplus(-odd / temperature).mean()


def margin_loss(text: Tensor, motion: Tensor, margin: float) -> Tensor:
    """The pair loss of Hadsell et al. (2006), over all pairs of a batch; the paper compares InfoNCE with it.

    Args:
        text, motion: (B, D); pair i is (text i, motion i).
        margin: distance from which a pair that does not belong together costs nothing.

    Returns:
        scalar, half the sum of the mean over the B pairs and the mean over all others.
    """
    distances = torch.cdist(text, motion)
    own = torch.eye(len(text), dtype=torch.bool, device=text.device)
    near = (distances[own] ** 2).mean()
    if len(text) == 1:
        return 0.5 * near
    return 0.5 * (near + (functional.relu(margin - distances[~own]) ** 2).mean())


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

"""The running mean of a run's weights (Polyak and Juditsky 1992), which scatters less than the last ones."""

from __future__ import annotations

import copy

import torch

from .tmr import TMR


class RunningMean:
    """An exponential running mean: mean = keep * mean + (1 - keep) * weights after every step.

    Args:
        model: whose weights are averaged; the mean begins as they are.
        keep: share that each step keeps. Early steps keep less, (step + 1) / (step + 10), so that the mean
            soon forgets how the weights began.
    """

    def __init__(self, model: TMR, keep: float) -> None:
        self.model = copy.deepcopy(model).requires_grad_(requires_grad=False)
        self._keep = keep

    @torch.no_grad()
    def update(self, model: TMR, step: int) -> None:
        """Takes in the weights after a step, the first of which is 1."""
        keep = min(self._keep, (step + 1) / (step + 10))
        for mean, weights in zip(self.model.parameters(), model.parameters(), strict=True):
            mean.lerp_(weights, 1 - keep)

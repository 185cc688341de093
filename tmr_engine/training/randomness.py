"""Random numbers that depend on the seed and the step alone, so that a run goes on as if never stopped."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def seed_of(*numbers: int) -> int:
    """One seed from several numbers (seed, step, rank)."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))


def noise_for(seed: int, count: int, width: int) -> tuple[Tensor, Tensor]:
    """Standard normal (count, width) for texts, then for motions: the same in every process."""
    generator = torch.Generator().manual_seed(seed)
    text = torch.randn(count, width, generator=generator)
    return text, torch.randn(count, width, generator=generator)

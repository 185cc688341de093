"""Everything a run needs to go on exactly where it was, as named arrays.

The random numbers of a step depend on seed, step and rank alone, and the order of an epoch on seed and epoch;
so the state is the weights, their running mean, AdamW's moments, the queue and the place in the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import BundleError
from .averaging import RunningMean
from .objective import LOSSES, Queue
from .run_folder import load_exactly
from .tmr import TMR

_MODEL, _MEAN, _ADAMW, _QUEUE = "model.", "mean.", "adamw.", "queue."
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass
class Place:
    """Where a run is.

    Args:
        epoch: the one that goes on, from 0.
        batch: batches of it that are done.
        step: steps done in all.
        sums: (5,) losses of the epoch so far, each batch counted by its pairs.
        pairs: pairs of the epoch so far.
        seconds: time spent so far.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    sums: np.ndarray = field(default_factory=lambda: np.zeros(len(LOSSES)))
    pairs: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Learner:
    """What a step changes.

    Args:
        model: the weights.
        mean: their running mean, where it is kept.
        optimiser: its moments.
        queue: latents of earlier batches.
    """

    model: TMR
    mean: RunningMean | None
    optimiser: torch.optim.AdamW
    queue: Queue


def state_of(learner: Learner, place: Place) -> dict[str, Tensor]:
    """The state as named arrays."""
    model, mean, optimiser, queue = learner.model, learner.mean, learner.optimiser, learner.queue
    arrays = {f"{_MODEL}{name}": tensor for name, tensor in model.state_dict().items()}
    if mean is not None:
        arrays |= {f"{_MEAN}{name}": tensor for name, tensor in mean.model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for moment, tensor in optimiser.state.get(parameter, {}).items():
            arrays[f"{_ADAMW}{name}.{moment}"] = tensor
    arrays |= {f"{_QUEUE}{name}": tensor for name, tensor in queue.state().items()}
    counts = [place.epoch, place.batch, place.step, place.pairs]
    arrays["place"] = torch.tensor(counts, dtype=torch.int64)
    arrays["sums"] = torch.from_numpy(np.append(place.sums, place.seconds))
    return arrays


def put_back(arrays: Mapping[str, Tensor], learner: Learner, where: Path) -> Place:
    """Puts a state back.

    Raises:
        BundleError: names or shapes are not those of this run.
    """
    model, mean, optimiser, queue = learner.model, learner.mean, learner.optimiser, learner.queue
    load_exactly(model, _below(arrays, _MODEL), where)
    if mean is not None:
        load_exactly(mean.model, _below(arrays, _MEAN), where)
    moments = _below(arrays, _ADAMW)
    for name, parameter in model.named_parameters():
        held = {moment: moments[f"{name}.{moment}"] for moment in _MOMENTS if f"{name}.{moment}" in moments}
        if not held:
            continue  # a parameter that has never had a gradient has no moments
        if len(held) != len(_MOMENTS) or any(held[m].shape != parameter.shape for m in _MOMENTS[:2]):
            raise BundleError(f"the moments of {name} do not fit it", where=str(where))
        optimiser.state[parameter] = {
            # AdamW keeps its count of steps on the processor
            moment: tensor if moment == "step" else tensor.to(parameter.device)
            for moment, tensor in held.items()
        }
    queue.load(_below(arrays, _QUEUE))
    try:
        epoch, batch, step, pairs = arrays["place"].tolist()
        sums = arrays["sums"].numpy()
    except (KeyError, ValueError) as error:
        raise BundleError("the checkpoint does not say where the run was", where=str(where)) from error
    return Place(epoch, batch, step, sums[:-1].copy(), pairs, float(sums[-1]))


def _below(arrays: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in arrays.items() if name.startswith(prefix)}

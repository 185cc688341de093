"""The latents of a data set's motions and captions, as the evaluation compares them: means, not samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from ..datasets import Dataset
from ..errors import BundleError
from ..motion.rotation import FloatArray
from .batches import pad_vectors
from .checkpoint import Checkpoint

_FRAMES_AT_ONCE = 1 << 13  # padded frames of a batch: long clips come in smaller batches
Counted = Callable[[int, int], None]  # (done, all)


def encode_parts(
    checkpoint: Checkpoint, parts: Sequence[FloatArray], counted: Counted | None = None
) -> FloatArray:
    """(N, D) float32 means of (T, F) features that are not normalised.

    Parts of like length are run together; the results do not depend on it but for rounding.

    Args:
        checkpoint: encodes.
        parts: at least one frame each.
        counted: called with (parts done, parts).

    Raises:
        BundleError: the model reads frames of another width.
    """
    width = len(checkpoint.statistics.mean)
    for part in parts:
        if part.shape[1] != width:
            raise BundleError(
                f"the model reads frames of {width} numbers, these have {part.shape[1]}",
                where=str(checkpoint.folder),
            )
    order = sorted(range(len(parts)), key=lambda place: len(parts[place]))
    latents = np.zeros((len(parts), checkpoint.size.latent_dim), np.float32)
    done = 0
    while done < len(order):
        # the last of a batch is its longest: as many as fit when all are padded to the next one's length
        count = max(1, _FRAMES_AT_ONCE // len(parts[order[min(done + 63, len(order) - 1)]]))
        places = order[done : done + min(count, 64)]
        rows, mask = pad_vectors([checkpoint.statistics.normalise(parts[place]) for place in places])
        latents[places] = checkpoint.encode_motion(rows, mask.sum(dim=1))[0].numpy()
        done += len(places)
        if counted is not None:
            counted(done, len(order))
    return latents


def encode_motions(checkpoint: Checkpoint, dataset: Dataset, counted: Counted | None = None) -> FloatArray:
    """(N, D) means of the parts of motions that the first captions speak of."""
    return encode_parts(checkpoint, [dataset.features(index) for index in range(len(dataset))], counted)


def encode_texts(checkpoint: Checkpoint, texts: Sequence[str]) -> FloatArray:
    """(N, D) means of sentences; equal ones have bit-equal rows."""
    with torch.no_grad():
        rows: FloatArray = checkpoint.encode_sentences(texts).numpy()
    return rows

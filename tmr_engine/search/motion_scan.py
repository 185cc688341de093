"""The motion signal of the clips of a text gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import LibraryError
from ..library import MotionGallery
from .alignment import rows_of
from .fusion import Scores
from .gallery_scan import CANDIDATE_ROWS, Indices, Vector

if TYPE_CHECKING:
    from .motion_signal import MotionSignal


def motion_scores(gallery: MotionGallery, clip_ids: tuple[str, ...], query: Vector) -> Scores:
    """(N,) cosines of a sentence with the clips of another gallery; 0 where the model has read nothing.

    Args:
        gallery: the latents.
        clip_ids: the N clips, the same object as long as they are the same.
        query: (D,) unit latent of the sentence.
    """
    if not gallery.clip_ids:
        return np.zeros(len(clip_ids))
    rows = rows_of(gallery, clip_ids)
    cosines = np.append(gallery.latents @ query, 0.0)  # the last for the clips without a latent
    scores: Scores = cosines[rows].astype(np.float64)
    return scores


def nearest(scores: Scores) -> Indices:
    """The clips worth scoring for their motion, rising."""
    if len(scores) <= CANDIDATE_ROWS:
        return np.arange(len(scores))
    return np.sort(np.argpartition(-scores, CANDIDATE_ROWS)[:CANDIDATE_ROWS])


def check_gallery(gallery: MotionGallery, signal: MotionSignal) -> None:
    """Refuses a library whose motions the model has not read.

    Raises:
        LibraryError: it has not.
    """
    if not gallery.clip_ids and gallery.missing:
        raise LibraryError(
            f"the library's motions were not read by the model {signal.model.bundle.name}",
            fix="Index its folders again with this model (tmr index ... --model FOLDER)",
        )

"""Clips that are like a clip, and names for it, by what TMR reads in the motion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import RetargetError
from ..library.latents import MotionGallery
from ..motion import Motion
from .motion_scan import check_gallery
from .motion_signal import Latent, MotionSignal


def similar(
    signal: MotionSignal, gallery: MotionGallery, motion: Motion, top: int
) -> list[tuple[str, float]]:
    """(clip id, cosine) of the clips that are most like a motion, best first; equal ones by id.

    Raises:
        LibraryError: the gallery has no latent of this model.
        RetargetError: the motion is no human's.
    """
    check_gallery(gallery, signal)
    return ranked(gallery, latent_of(signal, motion), top)


def classify(signal: MotionSignal, motion: Motion, labels: Sequence[str]) -> dict[str, float]:
    """Label -> cosine with the motion, best first.

    Raises:
        RetargetError: the motion is no human's.
        BundleError: as `MotionSignal.sentences`.
    """
    distinct = list(dict.fromkeys(labels))
    scores = signal.sentences(distinct) @ latent_of(signal, motion)
    order = np.argsort(-scores, kind="stable")
    return {distinct[place]: float(scores[place]) for place in order}


def latent_of(signal: MotionSignal, motion: Motion) -> Latent:
    """(D,) unit latent of a motion.

    Raises:
        RetargetError: it is no human's.
    """
    latent = signal.encode([motion])[0]
    if latent is None:
        raise RetargetError("the motion is no human's, or has a single frame", where=motion.source.path)
    return latent


def ranked(gallery: MotionGallery, query: Latent, top: int) -> list[tuple[str, float]]:
    """(clip id, cosine) of the clips nearest to a unit latent, best first; equal ones by id."""
    scores = gallery.latents @ query
    order = np.lexsort((np.arange(len(scores)), -scores))[:top]  # the ids rise with the places
    return [(gallery.clip_ids[place], float(scores[place])) for place in order]

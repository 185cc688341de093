"""What a motion model reads in every clip, made beforehand, so that a first search has no work."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from ...library import Library
from ...library.caption_vectors import write_caption_vectors
from ...search.motion_signal import MotionSignal
from .sources import LIBRARY


def write_latents(signal: MotionSignal, path: Path) -> int:
    """Write the latents of the demo library's clips.

    Args:
        signal: the model that serves.
        path: where.

    Returns:
        The number of clips.
    """
    with tempfile.TemporaryDirectory() as scratch:
        library = Library.open(Path(scratch), create=True)
        library.index([LIBRARY], None)
        library.read_motions(signal)
        gallery = library.motion_gallery(signal.model_id)
        clips = [clip.id for clip in library.clips()]
        library.close()
    rows = np.zeros((len(clips), signal.width), np.float32)  # zeros: no human body was found
    place = {clip: row for row, clip in enumerate(clips)}
    rows[[place[clip] for clip in gallery.clip_ids]] = gallery.latents
    write_caption_vectors(path, signal.model_id, clips, rows)
    return len(clips)

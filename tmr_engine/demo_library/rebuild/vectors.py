"""The sentence vectors of everything that is searched, made beforehand, so that a first start has no work."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ...library import Library
from ...library.caption_vectors import FILE_NAME, write_caption_vectors
from ...model import SentenceEncoder
from .sources import LIBRARY


def write_vectors(encoder: SentenceEncoder, folders: list[Path]) -> int:
    """Write `captions.vectors.npz` into each folder of the demo library.

    Args:
        encoder: the model that serves.
        folders: each with its pack and captions.

    Returns:
        The number of texts.
    """
    with tempfile.TemporaryDirectory() as scratch:
        library = Library.open(Path(scratch), create=True)
        library.index([LIBRARY], None)
        clips = library.clips()
    texts: dict[Path, dict[str, None]] = {folder: {} for folder in folders}
    for clip in clips:
        said = [*(caption.text for caption in clip.captions), clip.name, ", ".join(clip.tags)]
        texts[Path(clip.path).parent].update(dict.fromkeys(text for text in said if text))
    for folder, mine in texts.items():
        write_caption_vectors(folder / FILE_NAME, encoder.model_id, list(mine), encoder.encode(list(mine)))
    return sum(map(len, texts.values()))

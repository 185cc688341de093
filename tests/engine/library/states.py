"""What a library holds, in a form that two libraries can be compared by, and whether it is whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tmr_engine.library import CAPTION, Clip, Gallery, Library

from .making import StandInEncoder

Contents = tuple[list[Clip], dict[tuple[str, int, int], bytes]]


def contents(folder: Path, encoder: StandInEncoder) -> Contents:
    """The clips, and the vector of every entry: (clip id, kind, position)."""
    library = Library.open(folder)
    try:
        gallery = library.gallery(encoder.model_id)
        entries = zip(gallery.clips, gallery.kinds, gallery.positions, gallery.rows, strict=True)
        vectors = {
            (gallery.clip_ids[clip], int(kind), int(position)): gallery.vectors[row].tobytes()
            for clip, kind, position, row in entries
        }
        assert len(vectors) == len(gallery.rows)
        return library.clips(), vectors
    finally:
        library.close()


def assert_vectors_are_of_their_texts(gallery: Gallery, clips: list[Clip], encoder: StandInEncoder) -> None:
    """Every caption and name of the clips has exactly one entry, whose vector is that of its text."""
    numbers = {clip_id: number for number, clip_id in enumerate(gallery.clip_ids)}
    kinds, owners, positions = gallery.kinds, gallery.clips, gallery.positions
    for clip in clips:
        own = owners == numbers[clip.id]
        for index, caption in enumerate(clip.captions):
            (entry,) = np.flatnonzero(own & (kinds == CAPTION) & (positions == index))
            assert np.array_equal(gallery.vectors[gallery.rows[entry]], encoder.vector(caption.text))
        names = [gallery.vectors[row].tobytes() for row in gallery.rows[own & (kinds != CAPTION)]]
        texts = [clip.name, *([", ".join(clip.tags)] if clip.tags else [])]
        assert names == [encoder.vector(text).tobytes() for text in texts]


def assert_whole(folder: Path, encoder: StandInEncoder) -> None:
    """The database is sound, each clip is there once, and every stored clip has all its vectors."""
    library = Library.open(folder)
    try:
        assert [problem for problem in library.check() if "no longer there" not in problem] == []
        clips = library.clips()
        assert len({(clip.path, clip.take, clip.start_s, clip.end_s) for clip in clips}) == len(clips)
        assert_vectors_are_of_their_texts(library.gallery(encoder.model_id), clips, encoder)
    finally:
        library.close()

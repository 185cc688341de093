"""A library in memory, and an encoder whose vectors can be told in advance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tmr_engine.captioning.facet_table import FacetTable
from tmr_engine.captioning.facets import Facets
from tmr_engine.errors import LibraryError
from tmr_engine.library import CAPTION, NAME, Caption, Clip, Gallery
from tmr_engine.library.facets import FacetGallery

WIDTH = 64


class StandInEncoder:
    """Each word is an axis, in the order in which words first came; a text is their sum at unit length."""

    model_id = "stand-in"
    width = WIDTH

    def __init__(self) -> None:
        self.axes: dict[str, int] = {}
        self.encoded: list[str] = []

    def knows(self, word: str) -> bool:
        return word in self.axes

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded += texts
        vectors = np.full((len(texts), WIDTH), 1e-6, dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in text.lower().split():
                vector[self.axes.setdefault(word, len(self.axes) % WIDTH)] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_clip(clip_id: str, *captions: str, **facts) -> Clip:
    values = {
        "path": Path("/motions") / f"{clip_id}.bvh",
        "take": "",
        "start_s": 0.0,
        "end_s": 2.0,
        "fps": 30.0,
        "duration_s": 2.0,
        "name": "",
        "tags": (),
        "licence": "CC0-1.0",
        "credit": "",
        "travelled_m": 0.0,
        "mean_speed_mps": 0.0,
        "net_turn_deg": 0.0,
    }
    return Clip(id=clip_id, captions=tuple(Caption(text, "test") for text in captions), **(values | facts))


class StandInLibrary:
    """Clips held in memory; texts that clips share have one vector, as in the library on disk."""

    def __init__(
        self, encoder: StandInEncoder, clips: Sequence[Clip], bm25: dict[str, float] | None = None
    ) -> None:
        self.held = {clip.id: clip for clip in clips}
        self.measured: dict[str, Facets] = {}
        self.bm25 = bm25 or {}
        self.asked: list[tuple[str, int]] = []
        self.read: list[str] = []
        self._encoder = encoder
        self._galleries: dict[str, Gallery] = {}
        self.generation = 0

    def remove(self, clip_id: str) -> None:
        del self.held[clip_id]
        self.generation += 1

    def gallery(self, model_id: str) -> Gallery:
        held = self._galleries.get(model_id)
        if held is None or held.generation != self.generation:
            held = self._galleries[model_id] = self._make_gallery(model_id)
        return held

    def clips(self, clip_ids: Sequence[str]) -> list[Clip]:
        self.read += clip_ids
        try:
            return [self.held[clip_id] for clip_id in clip_ids]
        except KeyError as error:
            raise LibraryError(f"there is no clip {error.args[0]} in this library") from error

    def facets(self) -> FacetGallery:
        ids = tuple(clip_id for clip_id in self.held if clip_id in self.measured)
        return FacetGallery(0, ids, FacetTable([self.measured[clip_id] for clip_id in ids]))

    def words(self, query: str, limit: int) -> list[tuple[str, float]]:
        self.asked.append((query, limit))
        return sorted(self.bm25.items(), key=lambda item: -item[1])[:limit]

    def word_scores(self, gallery: Gallery, query: str, limit: int) -> np.ndarray:
        hits = dict(self.words(query, limit)) if query else {}
        return np.array([hits.get(clip_id, 0.0) for clip_id in gallery.clip_ids])

    def _make_gallery(self, model_id: str) -> Gallery:
        entries = [
            (number, position, kind, text)
            for number, clip in enumerate(self.held.values())
            for position, (kind, text) in enumerate(
                [(CAPTION, caption.text) for caption in clip.captions]
                + ([(NAME, clip.name)] if clip.name else [])
            )
        ]
        texts = list(dict.fromkeys(text for *_, text in entries)) if model_id == "stand-in" else []
        row_of = {text: row for row, text in enumerate(texts)}
        known = [entry for entry in entries if entry[3] in row_of]
        numbers = sorted({number for number, *_ in known})
        ids = list(self.held)
        return Gallery(
            model_id=model_id,
            generation=self.generation,
            vectors=self._encoder.encode(texts) if texts else np.zeros((0, 0), np.float32),
            clip_ids=tuple(ids[number] for number in numbers),
            numbers=np.array(numbers, dtype=np.int64),
            rows=np.array([row_of[text] for *_, text in known], dtype=np.int64),
            clips=np.searchsorted(numbers, [number for number, *_ in known]).astype(np.int64),
            kinds=np.array([kind for _, _, kind, _ in known], dtype=np.int8),
            positions=np.array([position for _, position, _, _ in known], dtype=np.int64),
            missing=len(entries) - len(known),
        )

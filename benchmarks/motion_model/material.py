"""The test split: segments with their captions, and whole recordings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from tmr_engine.annotating.dataset import write_dataset
from tmr_engine.atomic import replacing
from tmr_engine.datasets import Dataset, Places, load_dataset
from tmr_engine.datasets.clip_arrays import TABLE, ClipArrays
from tmr_engine.datasets.text_files import read_rows
from tmr_engine.features import features_to_joints
from tmr_engine.formats import ReadOptions
from tmr_engine.library.places import cache_folder
from tmr_engine.motion import Motion

SPLIT = "test"


@dataclass(frozen=True, eq=False)
class Recording:
    """A whole recording of the split, as the data's manifest has it."""

    name: str
    file: Path
    source: str
    subject: str
    description: str


@dataclass(frozen=True, eq=False)
class Segment:
    """A part of a recording with its captions, the first of which stands for it.

    Args:
        key: "<recording> <start>-<end>", as in the data set of segments.
        recording: that it is a part of.
        start_s, end_s: seconds of the recording.
        captions: at least one.
        features: (T, 263), not normalised.
    """

    key: str
    recording: Recording
    start_s: float
    end_s: float
    captions: tuple[str, ...]
    features: np.ndarray

    @property
    def text(self) -> str:
        """The first caption."""
        return self.captions[0]

    @cached_property
    def joints(self) -> np.ndarray:
        """(T, 22, 3)."""
        return features_to_joints(self.features).astype(np.float64)


class Material:
    """The test split of a folder like ../shared/data, with the segments and captions of the engine.

    Args:
        data: folder with manifest.csv, skeletons.json and the clips.
    """

    def __init__(self, data: Path) -> None:
        needed = frozenset({"id", "file", "source", "subject", "description", "split"})
        self.recordings = {
            row["id"]: Recording(
                row["id"], data / row["file"], row["source"], row["subject"], row["description"]
            )
            for row in read_rows(data / "manifest.csv", needed)
            if row["split"] == SPLIT
        }
        self._arrays = ClipArrays(data / TABLE)
        folder = cache_folder() / "benchmarks" / "segments"
        write_dataset(data, folder)
        places = Places(kept=cache_folder() / "features")
        self._dataset: Dataset = load_dataset(folder, SPLIT, places=places).readable()
        self.segments = [self._segment(index) for index in range(len(self._dataset))]

    def _segment(self, index: int) -> Segment:
        item = self._dataset.items[index]
        first = item.captions[0]
        return Segment(
            item.key,
            self.recordings[item.key.rpartition(" ")[0]],
            first.start_s,
            first.end_s,
            tuple(caption.text for caption in item.captions),
            self._dataset.features(index),
        )

    def motion(self, recording: Recording) -> Motion:
        """A recording as it is in its file."""
        return self._arrays.read(recording.file, "", ReadOptions())

    @cached_property
    def whole_joints(self) -> dict[str, np.ndarray]:
        """(T, 22, 3) of each recording, at the rate of the features."""
        places = {item.key.rpartition(" ")[0]: item.motion for item in self._dataset.items}
        return {
            name: features_to_joints(self._dataset.read(place)).astype(np.float64)
            for name, place in places.items()
        }


def spread(segments: Sequence[Segment]) -> list[Segment]:
    """The segments in a fixed order that takes turns: subjects, within them recordings, by their names."""
    turn: dict[str, int] = {}
    ranked = []
    for segment in sorted(segments, key=lambda segment: segment.key):
        name = segment.recording.name
        turn[name] = turn.get(name, -1) + 1
        ranked.append((turn[name], segment.key, segment))
    ranked.sort(key=lambda row: row[:2])
    turns: dict[str, int] = {}
    order = []
    for _, key, segment in ranked:
        subject = segment.recording.subject
        turns[subject] = turns.get(subject, -1) + 1
        order.append((turns[subject], subject, key, segment))
    return [row[3] for row in sorted(order, key=lambda row: row[:3])]


def kept(name: str, facts: Iterable[str | bytes], make: Callable[[], np.ndarray]) -> np.ndarray:
    """An array that took work, found again in the user's cache by what it is made of.

    Args:
        name: of the kind of array.
        facts: all that it depends on, but for the code; after a change of the code the folder
            `benchmarks` in the cache must be deleted.
        make: makes it.
    """
    digest = hashlib.blake2b(digest_size=16)
    for fact in facts:
        raw = fact.encode("utf-8") if isinstance(fact, str) else fact
        digest.update(b"%d:" % len(raw) + raw)
    path = cache_folder() / "benchmarks" / f"{name}-{digest.hexdigest()}.npy"
    if not path.is_file():
        array = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.save(file, array)
    return np.load(path)

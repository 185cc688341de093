"""The demo library and segments of some splits as one library on disk, as a user would have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmr_engine.annotating.motions import Motions
from tmr_engine.annotating.table import CAPTIONS, write_table
from tmr_engine.datasets.text_files import read_rows
from tmr_engine.formats.pack import PackEntry, write_pack
from tmr_engine.library import Clip, Library
from tmr_engine.library.demo import DATA as DEMO
from tmr_engine.model import load_sentence_encoder
from tmr_engine.motion import Motion
from tmr_engine.search import search, understood
from tmr_engine.search.fusion import Parts
from tmr_engine.search.motion_signal import MotionSignal

SEGMENTS = "segments"  # the folder beside the demo library's


@dataclass(frozen=True)
class Segment:
    """A part of a recording: its name, its split and its captions."""

    key: str
    split: str
    captions: tuple[str, ...]


def segments(data: Path) -> list[Segment]:
    """Every captioned segment of the data, in the order of the table."""
    splits = {row["id"]: row["split"] for row in read_rows(data / "manifest.csv", frozenset({"id", "split"}))}
    captions: dict[tuple[str, str], list[str]] = {}
    for row in read_rows(CAPTIONS, frozenset({"motion", "start_s", "end_s", "caption"})):
        key = f"{row['motion']} {row['start_s']}-{row['end_s']}"
        captions.setdefault((key, splits[row["motion"]]), []).append(row["caption"])
    return [Segment(key, split, tuple(texts)) for (key, split), texts in captions.items()]


class Collection:
    """A library that is searched as the product searches.

    Args:
        folder: an empty one.
        data: folder with the motions of the segments.
        held: the segments in it.
        told: captions that the library knows of a segment; none leaves it to its name and its motion.
        signal: reads motions.
    """

    def __init__(
        self,
        folder: Path,
        data: Path,
        held: Sequence[Segment],
        told: Callable[[Segment], Sequence[str]],
        signal: MotionSignal,
    ) -> None:
        self._encoder, self._signal = load_sentence_encoder(), signal
        motions = folder / SEGMENTS
        motions.mkdir(parents=True)
        reader = Motions(data)
        write_pack(motions / "clips.tmrpack", (PackEntry(one.key, _cut(reader, one.key)) for one in held))
        rows = [("clips.tmrpack", one.key, text) for one in held for text in told(one)]
        write_table(motions / "captions.csv", [("file", "take", "text"), *rows])
        self._library = Library.open(folder / "library", create=True)
        self._library.index([DEMO, motions], self._encoder)
        self._library.read_motions(signal)
        self.clips = [name_of(clip) for clip in self._library.clips()]
        self._place = {clip.id: place for place, clip in enumerate(self._library.clips())}

    def parts(self, text: str) -> Parts:
        """What is known of each clip for a query, in the order of `clips`."""
        text = understood(self._library, self._encoder, text)
        results = search(self._library, self._encoder, text, len(self.clips), motion=self._signal)
        columns = {name: np.zeros(len(self.clips)) for name in results[0].parts}
        for result in results:
            for name, value in result.parts.items():
                columns[name][self._place[result.clip.id]] = value
        return Parts(**columns)


def _cut(reader: Motions, key: str) -> Motion:
    motion, _, times = key.rpartition(" ")
    start, _, end = times.partition("-")
    return reader.read(motion).cut(float(start), float(end))


def name_of(clip: Clip) -> str:
    """A clip as the graded queries call it: "<folder>/<take>" of the demo library, the key of a segment."""
    folder = clip.path.parent.name
    return clip.take if folder == SEGMENTS else f"{folder}/{clip.take}"

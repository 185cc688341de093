"""A data set as training and evaluation see it: keys, captions, features. Motions are read when asked for."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ..errors import TMRError
from ..features import FEATURE_FPS, FEATURE_WIDTH
from ..motion.rotation import FloatArray

Progress = Callable[[int, int], None]  # (done, all)


class DatasetError(TMRError):
    """A data set's folder is not what it should be, or a motion of it cannot be read."""

    code = "dataset"


@dataclass(frozen=True)
class Caption:
    """A sentence about a part of a motion.

    Args:
        text: as it was written.
        start_s, end_s: the part, seconds of the motion; an infinite end is the motion's own.
    """

    text: str
    start_s: float = 0.0
    end_s: float = math.inf


@dataclass(frozen=True)
class MotionPlace:
    """Where a motion lies.

    Args:
        path: the file.
        take: which take of it; "" for the only or the first one.
        mirrored: left and right are exchanged after reading.
        fps: the true frame rate where the file states a wrong one; 0 believes the file.
    """

    path: Path
    take: str = ""
    mirrored: bool = False
    fps: float = 0.0


@dataclass(frozen=True)
class Item:
    """A motion with what is said about it.

    Args:
        key: its name, unique in the data set.
        motion: where it lies.
        captions: at least one; evaluation takes the first.
        labels: action categories, where the data set has them (BABEL).
        opposite: key of the item of which this one is the opposite (its mirrored motion, its other order),
            caption by caption; "" for none.
    """

    key: str
    motion: MotionPlace
    captions: tuple[Caption, ...]
    labels: tuple[str, ...] = ()
    opposite: str = ""


class TextEncoder(Protocol):
    """What `Dataset.text_embeddings` needs of a sentence encoder."""

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """(N, width) unit rows."""
        ...


class Dataset:
    """The items of one split.

    Args:
        name, split: as they were asked for.
        items: in the order of the split file.
        read: gives the (T, width) features of a motion, not normalised; raises TMRError or OSError.
        fps: frames per second of the features.
        width: numbers in a frame.
        warnings: what was left out and why, one sentence each.
    """

    def __init__(
        self,
        name: str,
        split: str,
        items: Sequence[Item],
        read: Callable[[MotionPlace], FloatArray],
        *,
        fps: float = FEATURE_FPS,
        width: int = FEATURE_WIDTH,
        warnings: Sequence[str] = (),
    ) -> None:
        self.name, self.split = name, split
        self.items, self.warnings = tuple(items), tuple(warnings)
        self.fps, self.width = fps, width
        self.read = read
        self._held: dict[MotionPlace, FloatArray] = {}

    def __len__(self) -> int:
        return len(self.items)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the items."""
        return tuple(item.key for item in self.items)

    def captions(self, index: int) -> tuple[Caption, ...]:
        """What is said about an item."""
        return self.items[index].captions

    def labels(self, index: int) -> tuple[str, ...]:
        """The action categories of an item; none where the data set has none."""
        return self.items[index].labels

    def features(self, index: int, caption: int = 0) -> FloatArray:
        """(T, width) float32: the frames that a caption of an item speaks of, not normalised.

        Features are made of the whole motion and cut afterwards, as the published ones are. A motion is read
        once and held.

        Raises:
            DatasetError: the motion cannot be read, or has no frame in that part.
        """
        item = self.items[index]
        return self._part(item, item.captions[caption])

    def text_embeddings(self, encoder: TextEncoder) -> FloatArray:
        """(N, E) unit rows of the first captions. Equal sentences get bit-equal rows, each encoded once."""
        texts = [item.captions[0].text for item in self.items]
        places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        rows = encoder.encode(list(places))
        chosen: FloatArray = rows[[places[text] for text in texts]]
        return chosen

    def readable(self, progress: Progress | None = None) -> Dataset:
        """The items whose motions can be read; the others become warnings. Every motion is read for it."""

        def whole(item: Item) -> tuple[Caption, ...]:
            for caption in item.captions:
                self._part(item, caption)
            return item.captions

        return self._choosing(whole, progress)

    def within(self, shortest_s: float, longest_s: float, progress: Progress | None = None) -> Dataset:
        """Only captions of parts from `shortest_s` to `longest_s` (both kept); items without one are dropped.

        A motion is read only where a caption speaks of the whole of it.
        """

        def fitting(item: Item) -> tuple[Caption, ...]:
            return tuple(
                caption
                for caption in item.captions
                if shortest_s <= self._seconds(item, caption) <= longest_s
            )

        return self._choosing(fitting, progress)

    def shared(self, share: float) -> Dataset:
        """About that share of the items, drawn by their keys: a smaller share is part of a larger one."""
        most = int(share * 2**64)

        def drawn(item: Item) -> tuple[Caption, ...]:
            digest = hashlib.blake2b(item.key.encode("utf-8"), digest_size=8).digest()
            return item.captions if int.from_bytes(digest, "big") < most else ()

        return self if share >= 1.0 else self._choosing(drawn, None)

    def _choosing(self, choose: Callable[[Item], tuple[Caption, ...]], progress: Progress | None) -> Dataset:
        items, warnings = [], list(self.warnings)
        for done, item in enumerate(self.items, start=1):
            try:
                captions = choose(item)
            except DatasetError as error:
                warnings.append(str(error))
                captions = ()
            if captions:
                items.append(replace(item, captions=captions))
            if progress is not None:
                progress(done, len(self.items))
        chosen = Dataset(
            self.name, self.split, items, self.read, fps=self.fps, width=self.width, warnings=warnings
        )
        chosen._held = self._held  # what was read need not be read again
        return chosen

    def reading(self, read: Callable[[MotionPlace], FloatArray]) -> Dataset:
        """The same items, read by another reader."""
        return Dataset(
            self.name, self.split, self.items, read, fps=self.fps, width=self.width, warnings=self.warnings
        )

    def _seconds(self, item: Item, caption: Caption) -> float:
        if math.isinf(caption.end_s):
            return len(self._part(item, caption)) / self.fps
        return caption.end_s - caption.start_s

    def _part(self, item: Item, caption: Caption) -> FloatArray:
        whole = self._whole(item)
        part: FloatArray = whole[slice(*frames_of(caption, self.fps, len(whole)))]
        if len(part) == 0:
            raise DatasetError(
                f"the motion has no frame from {caption.start_s:g} to {caption.end_s:g} s", where=item.key
            )
        return part

    def _whole(self, item: Item) -> FloatArray:
        if item.motion not in self._held:
            try:
                features = self.read(item.motion)
            except TMRError as error:
                raise DatasetError(error.what, where=error.where or item.key, why=error.why) from error
            except OSError as error:
                raise DatasetError(
                    "the motion cannot be opened", where=str(item.motion.path), why=error.strerror or ""
                ) from error
            if features.shape[1] != self.width:
                raise DatasetError(
                    f"a frame has {features.shape[1]} numbers, this data set has {self.width}", where=item.key
                )
            self._held[item.motion] = features
        return self._held[item.motion]


def joined(datasets: Sequence[Dataset]) -> Dataset:
    """Data sets as one; a single one stays itself.

    Raises:
        DatasetError: there is none, they do not have the same frames, or two have the same name.
    """
    if not datasets:
        raise DatasetError("no data set is named")
    first = datasets[0]
    if len(datasets) == 1:
        return first
    if len({dataset.name for dataset in datasets}) < len(datasets):
        raise DatasetError("two data sets have the same name", where=", ".join(one.name for one in datasets))
    for dataset in datasets[1:]:
        if (dataset.fps, dataset.width) != (first.fps, first.width):
            raise DatasetError(f"its frames are not those of {first.name}", where=dataset.name)
    readers = {item.motion: dataset.read for dataset in datasets for item in dataset.items}
    items = [
        replace(item, key=f"{dataset.name}/{item.key}") for dataset in datasets for item in dataset.items
    ]
    together = Dataset(
        " + ".join(dataset.name for dataset in datasets),
        first.split,
        items,
        lambda place: readers[place](place),
        fps=first.fps,
        width=first.width,
        warnings=[warning for dataset in datasets for warning in dataset.warnings],
    )
    for dataset in datasets:
        together._held |= dataset._held
    return together


def frames_of(caption: Caption, fps: float, count: int) -> tuple[int, int]:
    """First frame and one past the last frame of a caption's part, of `count` frames, as published."""
    last = count if math.isinf(caption.end_s) else min(count, int(caption.end_s * fps))
    return int(caption.start_s * fps), last

"""Which items meet in a batch, and the batch as tensors.

Everything drawn here depends on the seed and the epoch alone, so a run that goes on after a kill draws what
it would have drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..datasets import Dataset
from ..features import Statistics
from ..motion.rotation import FloatArray
from .text_backbone import pad_ids
from .texts import Texts

_BUCKET_BATCHES = 16  # clips are sorted by length within so many batches' worth of a shuffled order


@dataclass
class Batch:
    """B pairs, M captions (M = B unless captions are averaged), K captions that are wrong.

    Args:
        motion: (B, L, F) normalised, zero where padded.
        motion_mask: (B, L) bool, True where valid.
        text: (M + K, S, W) token vectors, or (M + K, S) ids where the backbone is tuned.
        text_mask: (M + K, S) bool.
        text_owners: (M,) the pair of each caption.
        wrong_owners: (K,) the pair that each wrong caption contradicts.
    """

    motion: Tensor
    motion_mask: Tensor
    text: Tensor
    text_mask: Tensor
    text_owners: Tensor
    wrong_owners: Tensor

    def to(self, device: torch.device) -> Self:
        """The batch on a device."""
        return type(self)(
            **{one.name: getattr(self, one.name).to(device, non_blocking=True) for one in fields(self)}
        )


@dataclass(frozen=True)
class EpochPlan:
    """What an epoch shows.

    Args:
        batches: items of each batch of all processes together.
        captions: captions of each item, the first of which says which part of the motion is shown.
        windows: first frame and one past the last of that part, of each item.
        opposites: item -> its opposite, where both are shown with captions that go with each other.
    """

    batches: list[list[int]]
    captions: list[tuple[int, ...]]
    windows: list[tuple[int, int]]
    opposites: dict[int, int] = field(default_factory=dict)

    def opposites_in(self, items: Sequence[int]) -> Tensor:
        """(P, 2) int64 places in a batch of items and their opposites."""
        place_of = {item: place for place, item in enumerate(items)}
        pairs = [
            (place, place_of[self.opposites[item]])
            for item, place in place_of.items()
            if self.opposites.get(item) in place_of
        ]
        return torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """A data set made ready for batches.

    Args:
        dataset: every motion readable.
        statistics: of the training split.
        texts: token and sentence vectors of its captions.
    """

    dataset: Dataset
    statistics: Statistics
    texts: Texts

    def plan(
        self,
        *,
        seed: int,
        epoch: int,
        batch_size: int,
        bucketed: bool,
        averaged: int,
        window_s: float,
        together: bool = False,
    ) -> EpochPlan:
        """The batches of an epoch: shuffled, one caption (or `averaged`) drawn for each item.

        With `together` an item follows its opposite and is shown with the caption that goes with the other's.
        """
        draw = np.random.default_rng([seed, epoch])
        captions = [self._drawn(index, averaged, draw) for index in range(len(self.dataset))]
        opposites = self._opposites() if together else {}
        for item, other in opposites.items():
            captions[item] = captions[other]
        windows = [self._window(index, chosen[0], window_s, draw) for index, chosen in enumerate(captions)]
        order = _beside(draw.permutation(len(captions)), opposites)
        if bucketed:
            lengths = np.array([last - first for first, last in windows])
            order = _sorted_within(order, lengths, _BUCKET_BATCHES * batch_size)
        batches = [order[start : start + batch_size].tolist() for start in range(0, len(order), batch_size)]
        if bucketed:
            batches = [batches[place] for place in draw.permutation(len(batches))]
        told = {item: other for item, other in opposites.items() if self._differ(item, other, captions)}
        return EpochPlan(batches, captions, windows, told)

    def _opposites(self) -> dict[int, int]:
        """Item -> the item of which it is the opposite, where both have as many captions."""
        index_of = {item.key: index for index, item in enumerate(self.dataset.items)}
        return {
            index: index_of[item.opposite]
            for index, item in enumerate(self.dataset.items)
            if item.opposite in index_of
            and len(item.captions) == len(self.dataset.captions(index_of[item.opposite]))
        }

    def _differ(self, item: int, other: int, captions: Sequence[tuple[int, ...]]) -> bool:
        """Whether two items are shown with other words; a squat's caption says nothing of a side."""
        one, two = (self.dataset.captions(index)[captions[index][0]].text for index in (item, other))
        return one != two

    def validation_plan(self, batch_size: int) -> EpochPlan:
        """Every item once, in order, with its first caption and the whole of its part."""
        count = len(self.dataset)
        windows = [(0, len(self.dataset.features(index))) for index in range(count)]
        batches = [
            list(range(start, min(start + batch_size, count))) for start in range(0, count, batch_size)
        ]
        return EpochPlan(batches, [(0,)] * count, windows)

    def batch(self, items: Sequence[int], plan: EpochPlan, *, longest: int, ids: bool, wrong: bool) -> Batch:
        """Items as tensors.

        Args:
            items: indices.
            plan: what is shown of them.
            longest: L, frames to pad to.
            ids: token ids in place of token vectors.
            wrong: add captions that contradict the motions.
        """
        rows = [self._shown(item, plan) for item in items]
        motion = torch.zeros(len(rows), longest, self.dataset.width)
        mask = torch.zeros(len(rows), longest, dtype=torch.bool)
        for place, row in enumerate(rows):
            motion[place, : len(row)] = torch.from_numpy(row)
            mask[place, : len(row)] = True
        captions, owners, contradicting, wrong_owners = [], [], [], []
        for place, item in enumerate(items):
            texts = [self.dataset.captions(item)[number].text for number in plan.captions[item]]
            captions += texts
            owners += [place] * len(texts)
            other = self.texts.wrong.get(texts[0], "") if wrong else ""
            if other:
                contradicting.append(other)
                wrong_owners.append(place)
        text, text_mask = (
            pad_ids(self.texts.ids(captions + contradicting))
            if ids
            else pad_vectors(self.texts.tokens(captions + contradicting))
        )
        to_tensor = torch.tensor
        return Batch(
            motion,
            mask,
            text,
            text_mask,
            to_tensor(owners, dtype=torch.int64),
            to_tensor(wrong_owners, dtype=torch.int64),
        )

    def sentences(self, items: Sequence[int], plan: EpochPlan) -> Tensor:
        """(B, E) unit rows: what the captions of each item mean, averaged."""
        rows = [
            self.texts.sentences([self.dataset.captions(item)[number].text for number in plan.captions[item]])
            for item in items
        ]
        means = np.stack([row.mean(axis=0) for row in rows])
        return torch.from_numpy(means / np.linalg.norm(means, axis=1, keepdims=True))

    def _drawn(self, index: int, averaged: int, draw: np.random.Generator) -> tuple[int, ...]:
        captions = self.dataset.captions(index)
        first = int(draw.integers(len(captions)))
        part = (captions[first].start_s, captions[first].end_s)
        others = [
            number
            for number, caption in enumerate(captions)
            if number != first and (caption.start_s, caption.end_s) == part
        ]
        if averaged == 1 or not others:
            return (first,)
        drawn = draw.permutation(others)[: averaged - 1]
        return (first, *(int(number) for number in drawn))

    def _window(
        self, index: int, caption: int, window_s: float, draw: np.random.Generator
    ) -> tuple[int, int]:
        count = len(self.dataset.features(index, caption))
        longest = int(window_s * self.dataset.fps)
        if not 0 < longest < count:
            return 0, count
        first = int(draw.integers(count - longest + 1))
        return first, first + longest

    def _shown(self, item: int, plan: EpochPlan) -> FloatArray:
        part = self.dataset.features(item, plan.captions[item][0])
        return self.statistics.normalise(part[slice(*plan.windows[item])])


def pad_vectors(rows: Sequence[FloatArray]) -> tuple[Tensor, Tensor]:
    """(N, S, W) float32 vectors padded with zeros and their (N, S) bool mask."""
    longest = max(map(len, rows))
    vectors = torch.zeros(len(rows), longest, rows[0].shape[1])
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for place, row in enumerate(rows):
        vectors[place, : len(row)] = torch.from_numpy(np.array(row, dtype=np.float32))
        mask[place, : len(row)] = True
    return vectors, mask


def _sorted_within(order: np.ndarray, lengths: np.ndarray, reach: int) -> np.ndarray:
    """A shuffled order, sorted by length within stretches of `reach` items."""
    stretches = [order[start : start + reach] for start in range(0, len(order), reach)]
    return np.concatenate([stretch[np.argsort(lengths[stretch], kind="stable")] for stretch in stretches])


def _beside(order: np.ndarray, opposites: dict[int, int]) -> np.ndarray:
    """The order with each item moved behind the one that it is the opposite of."""
    followers: dict[int, list[int]] = {}
    for item, other in opposites.items():
        followers.setdefault(other, []).append(item)
    leading = [item for item in order.tolist() if item not in opposites]
    return np.array([place for item in leading for place in (item, *followers.get(item, ()))], dtype=np.int64)

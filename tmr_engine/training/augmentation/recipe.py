"""A data set with more pairs than it has: what is made of it, drawn once by the seed of the run.

The items that there are keep their order and stand first. What is made is computed when it is first asked
for, from the features of what it is made of, so a recipe costs no disk and is the same after a stop.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from ...captioning.describing import describe_facts
from ...captioning.facts import MotionFacts, measure
from ...captioning.rewrite import joined, mirror, paraphrased, tempo
from ...datasets import Caption, Dataset, Item, MotionPlace
from ...datasets.dataset import DatasetError
from ...features import FEATURE_WIDTH, features_to_joints, joints_to_features, mirror_joints
from ...motion.rotation import FloatArray
from ..config import AugmentationConfig
from .motions import at_tempo, one_after_the_other, trembling, upper_and_lower

_FOLDER = Path("made")  # no such place on disk: names what is made
_SHORTEST = 10  # frames of a part that something is made of
_LONGEST_ROW_S = 10.0  # as long as the parts that training takes (section 4 of the paper)
_TEMPOS = ((0.6, 0.8), (1.25, 1.6))  # so much slower or faster that a person would say so
_NOISES_M = (0.002, 0.01)  # from a good optical capture to one by video
_TRIES = 20  # partners that are looked at before a motion is left without one
_KINDS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("body_halves.json").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Part:
    """The captions of an item that speak of one part of its motion."""

    item: int
    captions: tuple[int, ...]


def augmented(dataset: Dataset, config: AugmentationConfig, seed: int) -> Dataset:
    """The data set with what the configuration asks for; itself where it asks for nothing.

    Args:
        dataset: every motion readable.
        config: how much of what.
        seed: of the run.

    Raises:
        DatasetError: motions are to be changed, and the features are not the 263.
    """
    if config == AugmentationConfig():
        return dataset
    maker = _Maker(dataset, config, seed)
    if maker.changes_motions and dataset.width != FEATURE_WIDTH:
        raise DatasetError(
            f"motions of {dataset.width} numbers a frame cannot be changed",
            where=dataset.name,
            fix=f"Train on features of {FEATURE_WIDTH} numbers, or without augmentation",
        )
    items = [*map(maker.with_more_words, range(len(dataset))), *maker.made()]
    return Dataset(
        dataset.name,
        dataset.split,
        items,
        maker.read,
        fps=dataset.fps,
        width=dataset.width,
        warnings=dataset.warnings,
    )


class _Maker:
    """Makes items, and the features of those it has made."""

    def __init__(self, dataset: Dataset, config: AugmentationConfig, seed: int) -> None:
        self._dataset, self._config, self._seed = dataset, config, seed
        self._draw = np.random.default_rng([seed, 0xA0])
        self._recipes: dict[MotionPlace, Callable[[], FloatArray]] = {}
        self._parts = [part for index in range(len(dataset)) for part in self._parts_of(index)]
        self._facts = cache(self._measured)

    @property
    def changes_motions(self) -> bool:
        """Whether more than words is asked for."""
        config = self._config
        made = (config.mirror, config.tempo, config.in_a_row, config.in_halves, config.noise)
        return any(made) or bool(config.described)

    def read(self, place: MotionPlace) -> FloatArray:
        """The features of an item, of the data set's own or made here."""
        recipe = self._recipes.get(place)
        return self._dataset.read(place) if recipe is None else joints_to_features(recipe())

    def with_more_words(self, index: int) -> Item:
        """An item of the data set with paraphrases, and with descriptions of what was measured."""
        item = self._dataset.items[index]
        captions = list(item.captions)
        for part in self._parts_of(index):
            told = self._dataset.captions(index)[part.captions[0]]
            texts = [item.captions[number].text for number in part.captions]
            captions += [replace(told, text=text) for text in self._other_words(part, texts)]
        return replace(item, captions=tuple(captions))

    def made(self) -> list[Item]:
        """Every item that is made of others."""
        items: list[Item] = []
        if self._config.mirror:
            items += [self._mirrored(part) for part in self._parts]
        for share, make in (
            (self._config.tempo, self._at_tempo),
            (self._config.in_a_row, self._in_a_row),
            (self._config.in_halves, self._in_halves),
            (self._config.noise, self._trembling),
        ):
            for place in self._draw.integers(len(self._parts), size=round(share * len(self._parts))):
                items += make(self._parts[place])
        return items

    def _mirrored(self, part: Part) -> Item:
        source = self._dataset.items[part.item].key if self._speaks_of_all(part) else ""
        texts = [mirror(text) for text in self._told(part)]
        item = self._item("mirrored", part, texts, lambda: mirror_joints(self._joints(part)))
        return replace(item, opposite=source)

    def _speaks_of_all(self, part: Part) -> bool:
        """Whether all captions of an item speak of one part, so that they go with those of another item."""
        return len(part.captions) == len(self._dataset.captions(part.item))

    def _at_tempo(self, part: Part) -> list[Item]:
        low, high = _TEMPOS[int(self._draw.integers(len(_TEMPOS)))]
        factor = float(self._draw.uniform(low, high))
        texts = [tempo(text, faster=factor > 1) for text in self._told(part)]
        return [self._item(f"at {factor:.2f}", part, texts, lambda: at_tempo(self._joints(part), factor))]

    def _trembling(self, part: Part) -> list[Item]:
        metres = float(self._draw.uniform(*_NOISES_M))
        seed = int(self._draw.integers(2**32))
        return [
            self._item(
                "trembling",
                part,
                self._told(part),
                lambda: trembling(self._joints(part), metres, np.random.default_rng(seed)),
            )
        ]

    def _in_a_row(self, first: Part) -> list[Item]:
        """Another motion follows; in the other order too, where that is asked for."""
        second = self._partner(
            lambda part: self._seconds(first) + self._seconds(part) <= _LONGEST_ROW_S and part != first
        )
        if second is None:
            return []
        row = self._row(first, second)
        if not self._config.reversed:
            return [row]
        return [row, replace(self._row(second, first), opposite=row.key)]

    def _row(self, first: Part, second: Part) -> Item:
        """Two parts in a row; every second caption says so in words of time, or all beside an opposite."""
        pairs = zip(self._told(first), self._told(second), strict=False)
        texts = [
            joined(one, other, ordered=self._config.reversed or number % 2 == 0, key=self._seed)
            for number, (one, other) in enumerate(pairs)
        ]
        fps = self._dataset.fps
        return self._item(
            "in a row",
            first,
            texts,
            lambda: one_after_the_other(self._joints(first), self._joints(second), fps),
        )

    def _in_halves(self, upper: Part) -> list[Item]:
        """What arms and trunk do, on the legs of another motion."""
        if not self._is_half(upper, "upper"):
            return []
        longest = 1.5 * self._seconds(upper)
        lower = self._partner(
            lambda part: self._is_half(part, "lower") and longest / 3 <= self._seconds(part) <= longest
        )
        if lower is None:
            return []
        pairs = zip(self._told(upper), self._told(lower), strict=False)
        texts = [joined(other, one, ordered=False, key=self._seed) for one, other in pairs]
        joints = lambda: upper_and_lower(self._joints(upper), self._joints(lower))  # noqa: E731
        return [self._item("in halves", upper, texts, joints)]

    def _item(self, kind: str, part: Part, texts: Sequence[str], recipe: Callable[[], FloatArray]) -> Item:
        source = self._dataset.items[part.item]
        number = len(self._recipes)
        place = MotionPlace(_FOLDER / str(number))
        self._recipes[place] = recipe
        return Item(f"{source.key} {kind}#{number}", place, tuple(map(Caption, texts)))

    def _partner(self, fits: Callable[[Part], bool]) -> Part | None:
        for place in self._draw.integers(len(self._parts), size=_TRIES):
            part: Part = self._parts[place]
            if fits(part):
                return part
        return None

    def _is_half(self, part: Part, half: str) -> bool:
        """Whether all that is measured in a part belongs to one half of the body."""
        kinds = {event.kind for event in self._facts(part).events} - set(_KINDS["either"])
        return bool(kinds) and kinds <= set(_KINDS[half])

    def _told(self, part: Part) -> list[str]:
        captions = self._dataset.captions(part.item)
        texts = [captions[number].text for number in part.captions]
        return [*texts, *self._other_words(part, texts)]

    def _other_words(self, part: Part, texts: Sequence[str]) -> list[str]:
        """Paraphrases of captions and descriptions of what was measured, those alone that are new."""
        count = self._config.paraphrases
        found = [paraphrased(text, (self._seed, number)) for text in texts for number in range(count)]
        if self._config.described:
            facts = self._facts(part)
            found += [told.text for told in describe_facts(facts, self._config.described, self._seed)]
        return [text for text in dict.fromkeys(found) if text not in texts]

    def _measured(self, part: Part) -> MotionFacts:
        return measure(self._joints(part), self._dataset.fps)

    def _joints(self, part: Part) -> FloatArray:
        features = self._dataset.features(part.item, part.captions[0])
        return features_to_joints(features).astype(np.float64)

    def _seconds(self, part: Part) -> float:
        return len(self._dataset.features(part.item, part.captions[0])) / self._dataset.fps

    def _parts_of(self, index: int) -> list[Part]:
        """The parts of an item that are long enough to make something of."""
        groups: dict[tuple[float, float], list[int]] = {}
        for number, caption in enumerate(self._dataset.captions(index)):
            groups.setdefault((caption.start_s, caption.end_s), []).append(number)
        return [
            Part(index, tuple(numbers))
            for numbers in groups.values()
            if len(self._dataset.features(index, numbers[0])) >= _SHORTEST
        ]

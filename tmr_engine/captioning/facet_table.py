"""The facets of many clips as arrays, so that a query is held against all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from .bias_names import BIASES
from .event import Event
from .facets import GAITS, Facets

# metres a second of an adult who neither hurries nor dawdles; of walks between slow and brisk (`facets`)
USUAL_MPS = {"slow walk": 1.25, "walk": 1.25, "fast walk": 1.25, "jog": 2.6, "run": 4.0, "crawl": 0.5}
Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


class FacetTable:
    """N clips and all of their events.

    Args:
        facets: of each clip; None where a clip shows no human body: nothing agrees with it.
    """

    def __init__(self, facets: Sequence[Facets | None]) -> None:
        self.known: Mask = np.array([one is not None for one in facets], dtype=np.bool_)
        self.duration_s = self._column(facets, lambda one: one.duration_s)
        self.speed_mps = self._column(facets, lambda one: one.speed_mps)
        self.usual_mps = self._column(facets, lambda one: USUAL_MPS.get(one.speed_class, 1.0), otherwise=1.0)
        self.turned_left_deg = self._column(facets, lambda one: one.turned_left_deg)
        self.turned_right_deg = self._column(facets, lambda one: one.turned_right_deg)
        self.in_place = self._column(facets, lambda one: float(one.in_place))
        # (N, K) in the order of `BIASES`: products with weights are fast and exact enough
        none = dict.fromkeys(BIASES, 0.0)
        rows = [list((none if one is None else one.biases).values()) for one in facets]
        self.biases = np.array(rows, dtype=np.float32).reshape(len(facets), len(BIASES))
        self.speed_class = [one.speed_class if one else "" for one in facets]
        self.direction = [one.direction if one else "" for one in facets]
        self.events = EventTable(
            [(place, event) for place, one in enumerate(facets) if one for event in one.events], len(facets)
        )

    def __len__(self) -> int:
        """N."""
        return len(self.known)

    @staticmethod
    def _column(
        facets: Sequence[Facets | None], read: Callable[[Facets], float], otherwise: float = 0.0
    ) -> Values:
        return np.array([otherwise if one is None else read(one) for one in facets], dtype=np.float64)


class EventTable:
    """E events of N clips, side by side.

    Args:
        events: (clip, event), in the order of the clips.
        clips: N.
    """

    def __init__(self, events: Sequence[tuple[int, Event]], clips: int) -> None:
        self._clips = clips
        self._owner = np.array([place for place, _ in events], dtype=np.int64)
        self._kinds = _Words(event.kind for _, event in events)
        self._details = _Words(f"{event.kind}/{event.detail}" for _, event in events)
        self._ways = _Words(event.detail.partition(" ")[0] for _, event in events)
        self._sides = _Words(event.side or event.detail.partition(" ")[0] for _, event in events)
        self.certainty = np.array([event.certainty for _, event in events], dtype=np.float64)
        self.times = np.array([event.count for _, event in events], dtype=np.float64)
        self._middle_s = np.array(
            [(event.start_s + event.end_s) / 2 for _, event in events], dtype=np.float64
        )
        self._weight = self.certainty * np.array([event.duration_s for _, event in events], dtype=np.float64)
        self.is_gait = self._kinds.among(GAITS)

    def of(self, kinds: Iterable[str]) -> Mask:
        """(E,) events of some kinds ("punch", "punch/hook"); all of them where none is named."""
        wanted = tuple(kinds)
        if not wanted:
            return np.ones(len(self._owner), dtype=np.bool_)
        return self._kinds.among(wanted) | self._details.among(wanted)

    def of_side(self, side: str) -> Mask:
        """(E,) events of a side, or that go to it."""
        return self._sides.among((side,))

    def going(self, ways: Iterable[str]) -> Mask:
        """(E,) events that go some way."""
        return self._ways.among(tuple(ways))

    def any(self, chosen: Mask) -> Mask:
        """(N,) clips that have one of the chosen events."""
        return self.sum(chosen, chosen.astype(np.float64)) > 0

    def sum(self, chosen: Mask, values: Values) -> Values:
        """(N,) sums over the chosen events of each clip."""
        return np.bincount(self._owner[chosen], values[chosen], minlength=self._clips).astype(np.float64)

    def middle(self, chosen: Mask) -> Values:
        """(N,) seconds: the middle of the chosen events of each clip; nan where there is none."""
        weight = self._weight + 1e-6  # an event may be a moment
        total = self.sum(chosen, weight)
        middle: Values = np.divide(
            self.sum(chosen, weight * self._middle_s),
            total,
            out=np.full(self._clips, np.nan),
            where=total > 0,
        )
        return middle

    def most(self, chosen: Mask, values: Values) -> Values:
        """(N,) the largest value among the chosen events of each clip; 0 where there is none."""
        largest = np.zeros(self._clips)
        np.maximum.at(largest, self._owner[chosen], values[chosen])
        return largest


class _Words:
    """A column of words as numbers."""

    def __init__(self, words: Iterable[str]) -> None:
        self._number_of: dict[str, int] = {}
        numbers = [self._number_of.setdefault(word, len(self._number_of)) for word in words]
        self._numbers = np.array(numbers, dtype=np.int64)

    def among(self, wanted: Iterable[str]) -> Mask:
        """Where the word is one of some words."""
        chosen = np.zeros(len(self._number_of) + 1, dtype=np.bool_)
        chosen[[self._number_of.get(word, -1) for word in wanted]] = True
        chosen[-1] = False  # words that do not occur
        found: Mask = chosen[self._numbers]
        return found

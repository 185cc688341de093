"""What of a motion filters and weighs: direction, turns, speed, place, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .event import LEFT, RIGHT, Event

if TYPE_CHECKING:  # what was measured long ago is read without what measures
    from .facts import MotionFacts

GAITS = ("walk", "sneak", "jog", "run", "crawl")
_IN_PLACE_M = 0.3  # of the stature: feet are set anew, one goes nowhere
_SLOW, _BRISK = 0.8, 1.6  # metres a second of an adult of 1.7 m; nobody walks briskly below
_ADULT_M = 1.7


@dataclass(frozen=True)
class Facets:
    """Measured properties of a clip that a query may ask for.

    Args:
        duration_s: seconds.
        travelled_m: metres of way.
        speed_mps: mean speed while it goes, metres a second; 0 where it does not.
        speed_class: "still", "slow walk", "walk", "fast walk", "jog", "run" or "crawl".
        direction: of most of the way as the body faces: "forward", "backward", "left", "right"; "" without.
        in_place: whether it stays where it is.
        turned_left_deg, turned_right_deg: sums of the turns to each side.
        net_turn_deg: left positive.
        biases: which side does more, -1 (right) to 1 (left), by `bias_names.BIASES`.
        counts: kind of event to how often.
        events: all of them, in order of time.
    """

    duration_s: float
    travelled_m: float
    speed_mps: float
    speed_class: str
    direction: str
    in_place: bool
    turned_left_deg: float
    turned_right_deg: float
    net_turn_deg: float
    biases: dict[str, float]
    counts: dict[str, int]
    events: tuple[Event, ...]

    def as_row(self) -> dict[str, Any]:
        """The facets as they are printed."""
        return {
            "duration_s": round(self.duration_s, 3),
            "travelled_m": round(self.travelled_m, 2),
            "speed_mps": round(self.speed_mps, 2),
            "speed_class": self.speed_class,
            "direction": self.direction,
            "in_place": self.in_place,
            "turned_left_deg": round(self.turned_left_deg),
            "turned_right_deg": round(self.turned_right_deg),
            "net_turn_deg": round(self.net_turn_deg),
            "biases": {part: round(bias, 3) for part, bias in self.biases.items()},
            "counts": self.counts,
            "events": [_event_row(event) for event in self.events],
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """What `as_row` gave, to the decimals that it keeps."""
        plain = {name: row[name] for name in row if name != "events"}
        return cls(**plain, events=tuple(map(_event_of, row["events"])))


def facets_of(facts: MotionFacts) -> Facets:
    """The facets of measured facts."""
    gaits = [event for event in facts.events if event.kind in GAITS]
    ways: Counter[str] = Counter()
    for gait in gaits:
        ways[gait.detail.split(" ")[0]] += round(1000 * gait.duration_s * gait.magnitude)
    speeds = [gait.magnitude for gait in gaits]
    times = [gait.duration_s for gait in gaits]
    speed = float(np.average(speeds, weights=times)) if sum(times) > 0 else 0.0
    counts: Counter[str] = Counter()
    for event in facts.events:
        counts[event.kind] += 1 if event.kind in GAITS else event.count
    turned = {side: _turned(facts.events, side) for side in (LEFT, RIGHT)}
    return Facets(
        duration_s=facts.duration_s,
        travelled_m=facts.travelled_m,
        speed_mps=speed,
        speed_class=_speed_class(gaits, speed / facts.stature_m * _ADULT_M),
        direction=max(ways, key=lambda way: ways[way], default=""),
        in_place=facts.travelled_m < _IN_PLACE_M * facts.stature_m * max(1.0, facts.duration_s / 2),
        turned_left_deg=turned[LEFT],
        turned_right_deg=turned[RIGHT],
        net_turn_deg=facts.net_turn_deg,
        biases=facts.biases,
        counts=dict(counts),
        events=facts.events,
    )


def _turned(events: tuple[Event, ...], side: str) -> float:
    return sum(event.magnitude for event in events if event.kind in ("turn", "spin") and event.side == side)


def _speed_class(gaits: list[Event], adult_mps: float) -> str:
    if not gaits:
        return "still"
    kinds: Counter[str] = Counter()
    for gait in gaits:
        kinds[gait.kind] += round(1000 * gait.duration_s)
    kind = max(kinds, key=lambda name: kinds[name])
    if kind not in ("walk", "sneak"):
        return kind
    return "slow walk" if adult_mps < _SLOW else "fast walk" if adult_mps > _BRISK else "walk"


def _event_row(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "side": event.side,
        "detail": event.detail,
        "start": round(event.start_s, 3),
        "end": round(event.end_s, 3),
        "magnitude": round(event.magnitude, 3),
        "count": event.count,
        "certainty": round(event.certainty, 2),
    }


def _event_of(row: Mapping[str, Any]) -> Event:
    plain = {name: row[name] for name in ("kind", "side", "detail", "magnitude", "count", "certainty")}
    return Event(start_s=row["start"], end_s=row["end"], **plain)

"""Going to and fro: where a value turns round, and events that repeat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...motion.rotation import FloatArray
from ..event import Event

# of these, left right left is no "left twice"
_IN_ORDER = ("turn", "spin", "walk", "jog", "run", "sneak", "crawl")
# quarter turns one after the other are as much as one turn
_ADDED = ("turn", "spin")


def turning_points(values: FloatArray, least: float) -> list[int]:
    """Frames at which values (T,) turn round after going at least `least` one way; wiggles are passed."""
    points: list[int] = []
    low = high = 0
    way = 0
    for frame, value in enumerate(values.tolist()):
        if value > values[high]:
            high = frame
        if value < values[low]:
            low = frame
        if way >= 0 and values[high] - value >= least:
            if way > 0 or high > 0:
                points.append(high)
            way, low = -1, frame
        elif way <= 0 and value - values[low] >= least:
            if way < 0 or low > 0:
                points.append(low)
            way, high = 1, frame
    return points


def repeated(events: Iterable[Event], pause_s: float) -> list[Event]:
    """Events in order of time; equal ones that follow each other become one with the sum of their counts.

    Args:
        events: of one motion.
        pause_s: longest pause between two that belong together, seconds.
    """
    last: dict[tuple[str, str, str], int] = {}
    latest: dict[str, tuple[str, str, str]] = {}
    merged: list[Event] = []
    for event in sorted(events, key=lambda event: (event.start_s, event.end_s, event.kind, event.side)):
        key = (event.kind, event.side, event.detail)
        place = last.get(key)
        alternates = event.kind in _IN_ORDER and latest.get(event.kind) != key
        latest[event.kind] = key
        if place is not None and not alternates and event.start_s - merged[place].end_s <= pause_s:
            before = merged[place]
            merged[place] = replace(
                before,
                end_s=max(before.end_s, event.end_s),
                count=before.count + event.count,
                magnitude=(sum if event.kind in _ADDED else max)((before.magnitude, event.magnitude)),
                certainty=max(before.certainty, event.certainty),
            )
        else:
            last[key] = len(merged)
            merged.append(event)
    return merged

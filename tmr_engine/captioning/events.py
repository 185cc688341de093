"""The events of a caption: in their order, and in another one as negatives (Fujiwara et al. 2024)."""

from __future__ import annotations

import hashlib
import re
from itertools import permutations
from pathlib import Path

_CONNECTIVES = Path(__file__).with_name("event_connectives.txt").read_text(encoding="utf-8").split("\n")
# the longest first, so that "and then" is not read as "then"
_WORDS = sorted(filter(None, map(str.strip, _CONNECTIVES)), key=len, reverse=True)
_BETWEEN = re.compile(r"[\s,;]+(?:" + "|".join(map(re.escape, _WORDS)) + r")[\s,]+", re.IGNORECASE)
_MOST_EVENTS = 6


def in_order(caption: str) -> list[str]:
    """What stands between words of time, in the order in which it happens; what follows "after" is first."""
    text = caption.strip().rstrip(".")
    first, *others = _BETWEEN.split(text)
    found = [first]
    for word, event in zip(_BETWEEN.findall(text), others, strict=True):
        place = len(found) - 1 if word.strip(" ,;").lower() == "after" else len(found)
        found.insert(place, event)
    return found


def reordered(caption: str) -> str:
    """The caption with its events in another order; "" where it tells of fewer than two.

    Events are what stands between words of time ("then", "before", "after that"), which keep their places.
    The order is drawn by the caption itself: the same on every machine and in every epoch.
    """
    events = _BETWEEN.split(caption.strip().rstrip("."))
    if not 2 <= len(events) <= _MOST_EVENTS or not all(map(str.strip, events)):
        return ""
    words = _BETWEEN.findall(caption)
    orders = [order for order in permutations(events) if list(order) != events]
    if not orders:
        return ""
    digest = hashlib.blake2b(caption.encode("utf-8"), digest_size=8).digest()
    order = orders[int.from_bytes(digest, "little") % len(orders)]
    return "".join(part for pair in zip(order, [*words, ""], strict=True) for part in pair)

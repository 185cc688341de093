"""The limits of `limits.json`, which says beside each number why it is that one."""

from __future__ import annotations

import json
from pathlib import Path

_TABLE = json.loads(Path(__file__).with_name("limits.json").read_text(encoding="utf-8"))


def limits(concern: str) -> dict[str, float]:
    """The numbers of one concern ("turning") by name; lengths, speeds and times in the units told there."""
    return {name: float(row["value"]) for name, row in _TABLE[concern].items()}


def certainty(measure: float, limit: float, sure: float) -> float:
    """One half at the limit, 1 from `sure` on, 0 as far on the other side."""
    share = 0.5 + 0.5 * (measure - limit) / (sure - limit)
    return min(1.0, max(0.0, share))

"""What happens in a motion, as one event of a kind."""

from __future__ import annotations

from dataclasses import dataclass

LEFT, RIGHT, BOTH = "left", "right", "both"
SIDES = (LEFT, RIGHT)


@dataclass(frozen=True)
class Event:
    """Something that a body does, for a time.

    Args:
        kind: "walk", "turn", "jump", ...; all of them stand in `grammar.json`.
        start_s, end_s: seconds from the motion's first frame.
        side: "left", "right", "both" or "" where the kind has no side. The body's own side; of a turn, the
            way it goes.
        detail: which of the kind, e.g. the direction of a walk, the height of a raise, what one lies on.
        magnitude: how much, in the unit of the kind (`grammar.json` names it): degrees of a turn, metres of a
            jump, metres a second of a walk.
        count: how often in a row.
        certainty: 0..1, how far the measure lies beyond its limit.
    """

    kind: str
    start_s: float
    end_s: float
    side: str = ""
    detail: str = ""
    magnitude: float = 0.0
    count: int = 1
    certainty: float = 1.0

    @property
    def duration_s(self) -> float:
        """Seconds."""
        return self.end_s - self.start_s

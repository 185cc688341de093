"""Carrying a result with the mouse: what is under it, and what a press, a release or Escape means.

No Blender in here: pixels and names in, a decision out, so that dragging is tested without a window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

TIME_EDITORS = frozenset({"DOPESHEET_EDITOR", "GRAPH_EDITOR", "NLA_EDITOR"})
VIEWPORT = "VIEW_3D"
CLICK_TRAVEL = 6  # pixels; a press and a release closer than this are a click, not a drag
BONE_REACH = 40.0  # pixels from a bone within which its character is meant


@dataclass(frozen=True)
class RegionBox:
    """A region of an editor in window pixels, origin bottom left.

    Args:
        editor: the area's type ("VIEW_3D").
        region: the region's type ("WINDOW", "UI", "HEADER").
        x, y, width, height: its box.
    """

    editor: str
    region: str
    x: int
    y: int
    width: int
    height: int

    def holds(self, x: int, y: int) -> bool:
        """Whether the pixel lies in it. Hidden regions are one pixel wide and hold nothing."""
        if self.width <= 1 or self.height <= 1:
            return False
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


def region_under(boxes: Sequence[RegionBox], x: int, y: int) -> int | None:
    """Index of the region that the mouse is over; sidebars and headers lie above the main region."""
    hits = [index for index, box in enumerate(boxes) if box.holds(x, y)]
    for index in hits:
        if boxes[index].region != "WINDOW":
            return index
    return hits[0] if hits else None


def nearest_frame(view_x: float) -> int:
    """The frame nearest to a place on a time editor's horizontal axis (halves go up)."""
    return math.floor(view_x + 0.5)


def distance_to_segments(point: np.ndarray, heads: np.ndarray, tails: np.ndarray) -> float:
    """Pixels from `point` (2,) to the nearest of the segments `heads` (B, 2) to `tails` (B, 2).

    Infinite when there is no segment. Segments with a NaN end (behind the camera) are left out.
    """
    seen = np.isfinite(heads).all(axis=1) & np.isfinite(tails).all(axis=1)
    heads, tails = heads[seen], tails[seen]
    if len(heads) == 0:
        return math.inf
    along = tails - heads
    length_squared = np.maximum((along * along).sum(axis=1), 1e-12)
    share = np.clip(((point - heads) * along).sum(axis=1) / length_squared, 0.0, 1.0)
    return float(np.linalg.norm(heads + share[:, None] * along - point, axis=1).min())


def nearest_character(
    point: np.ndarray, characters: Sequence[tuple[str, np.ndarray, np.ndarray]], reach: float = BONE_REACH
) -> str:
    """Name of the armature whose bones pass nearest to `point`, or "" when none is within `reach` pixels.

    Args:
        point: (2,) pixels.
        characters: (name, heads (B, 2), tails (B, 2)) of each armature, in the pixels of `point`.
        reach: how far a bone may be.
    """
    best, best_distance = "", reach
    for name, heads, tails in characters:
        distance = distance_to_segments(point, heads, tails)
        if distance <= best_distance:
            best, best_distance = name, distance
    return best


@dataclass(frozen=True)
class Target:
    """Where the clip would go if it were dropped now.

    Args:
        armature: name of the armature object.
        frame: scene frame of the clip's first frame.
        editor: type of the area under the mouse; it decides how the target is shown.
    """

    armature: str
    frame: int
    editor: str


class Phase(Enum):
    """State of a carry."""

    CARRYING = auto()
    DROPPED = auto()
    CLICKED = auto()  # pressed and released on the spot: the user selected, not dragged
    CANCELLED = auto()


class Carry:
    """One carry, from the pick-up to the drop.

    Two ways of holding: `held=True` starts with the button down (a card of the result bar) and drops when it
    is released; `held=False` starts with a finished click (a panel's button) and drops at the next press.
    """

    def __init__(self, x: int, y: int, *, held: bool) -> None:
        self.phase = Phase.CARRYING
        self.target: Target | None = None
        self._held = held
        self._start = (x, y)
        self._travelled = False

    def move(self, x: int, y: int, target: Target | None) -> None:
        """The mouse is at (x, y), over `target`, or over nothing that takes a clip."""
        self.target = target
        far = max(abs(x - self._start[0]), abs(y - self._start[1])) > CLICK_TRAVEL
        self._travelled = self._travelled or far

    def press(self) -> Phase:
        """The left button goes down. It drops what a click picked up; off any target it does nothing."""
        if not self._held and self.target is not None:
            self.phase = Phase.DROPPED
        return self.phase

    def release(self) -> Phase:
        """The left button comes up. It ends a drag: on a target with a drop, elsewhere without a trace."""
        if self._held:
            if not self._travelled:
                self.phase = Phase.CLICKED
            else:
                self.phase = Phase.DROPPED if self.target is not None else Phase.CANCELLED
        return self.phase

    def cancel(self) -> Phase:
        """Escape or the right button."""
        self.phase = Phase.CANCELLED
        return self.phase

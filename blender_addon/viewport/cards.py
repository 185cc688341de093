"""Where the cards of the result bar lie. No Blender in here."""

from __future__ import annotations

from dataclasses import dataclass

CARDS = 8  # at most; the list in the panel shows all results
_WIDTH, _HEIGHT, _GAP, _FOOT = 168.0, 60.0, 6.0, 12.0  # pixels at an interface scale of 1


@dataclass(frozen=True)
class Box:
    """A rectangle in region pixels, origin bottom left."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        """Whether the pixel lies in it."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


def card_boxes(left: float, right: float, count: int, scale: float = 1.0) -> list[Box]:
    """As many cards of `count` results as fit between `left` and `right`, in the middle.

    Args:
        left, right: the free part of the viewport, pixels.
        count: results.
        scale: of Blender's interface.
    """
    width, gap = _WIDTH * scale, _GAP * scale
    fitting = int((right - left - gap) // (width + gap))
    shown = max(0, min(count, CARDS, fitting))
    start = left + (right - left - shown * width - (shown - 1) * gap) / 2
    return [
        Box(start + index * (width + gap), _FOOT * scale, width, _HEIGHT * scale) for index in range(shown)
    ]

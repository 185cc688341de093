"""Boxes, lines and text in region pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import blf
import gpu
from gpu_extras.batch import batch_for_shader

Colour = tuple[float, float, float, float]
_FONT = 0


@contextmanager
def blending() -> Iterator[None]:
    """Lets colors be translucent, and leaves the drawing state as Blender expects it."""
    gpu.state.blend_set("ALPHA")
    try:
        yield
    finally:
        gpu.state.blend_set("NONE")


def box(x: float, y: float, width: float, height: float, colour: Colour) -> None:
    """A filled rectangle."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    _draw("TRIS", corners, colour, indices=[(0, 1, 2), (0, 2, 3)])


def lines(ends: list[tuple[float, float]], colour: Colour) -> None:
    """Separate lines, two ends each."""
    gpu.state.line_width_set(2.0)
    _draw("LINES", ends, colour)
    gpu.state.line_width_set(1.0)


def text(x: float, y: float, line: str, size: float, colour: Colour) -> None:
    """A line of text with its lower left corner at a pixel."""
    blf.size(_FONT, size)
    blf.color(_FONT, *colour)
    blf.position(_FONT, x, y, 0)
    blf.draw(_FONT, line)


def text_size(line: str, size: float) -> tuple[float, float]:
    """Width and height of a line of text."""
    blf.size(_FONT, size)
    return blf.dimensions(_FONT, line)


def wrapped(words: str, size: float, width: float, most: int) -> list[str]:
    """The text in at most `most` lines of `width` pixels; what does not fit ends in an ellipsis."""
    found: list[str] = []
    for word in words.split():
        longer = f"{found[-1]} {word}" if found else word
        if found and text_size(longer, size)[0] <= width:
            found[-1] = longer
        elif len(found) < most:
            found.append(word)
        else:
            found[-1] += "…"
            break
    return found


def _draw(kind: str, points: list[tuple[float, float]], colour: Colour, indices=None) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    shader.uniform_float("color", colour)
    batch_for_shader(shader, kind, {"pos": points}, indices=indices).draw(shader)

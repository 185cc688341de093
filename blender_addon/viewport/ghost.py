"""The label that follows the mouse during a carry, and the mark on what would take the clip."""

from __future__ import annotations

import bpy

from . import paint
from .carry import VIEWPORT, Target
from .free_width import free_width
from .targets import Place, bone_pixels

_TEXT_SIZE = 13
_PADDING = 8
_LABEL_OFFSET = (18, -28)  # from the mouse, so that the pointer does not hide the text
_READY = (0.16, 0.45, 0.75, 0.92)
_NOWHERE = (0.25, 0.25, 0.25, 0.85)
_MARK = (0.25, 0.65, 1.0, 0.9)
_WHITE = (1.0, 1.0, 1.0, 1.0)

_SPACES = (
    bpy.types.SpaceView3D,
    bpy.types.SpaceDopeSheetEditor,
    bpy.types.SpaceGraphEditor,
    bpy.types.SpaceNLA,
)


class Ghost:
    """Draws while it is open; `close` leaves nothing behind."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._place: Place | None = None
        self._target: Target | None = None
        self._handles = [
            (space, space.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")) for space in _SPACES
        ]

    def move(self, place: Place | None, target: Target | None) -> None:
        """Follow the mouse."""
        for old in (self._place, place):
            if old is not None:
                old.area.tag_redraw()
        self._place, self._target = place, target

    def close(self) -> None:
        """Remove the label and every draw handler."""
        for space, handle in self._handles:
            space.draw_handler_remove(handle, "WINDOW")
        self._handles = []
        self.move(None, None)

    def _draw(self) -> None:
        place = self._place
        if place is None or bpy.context.region != place.region:
            return
        with paint.blending():
            if self._target is not None:
                _mark_target(place, self._target)
            _label(place, self._text(), self._target is not None)

    def _text(self) -> str:
        if self._target is None:
            return self._label
        return f"{self._label}  →  {self._target.armature}, frame {self._target.frame}"


def _mark_target(place: Place, target: Target) -> None:
    """The frame as an upright line, the character as its bones."""
    if target.editor == VIEWPORT:
        armature = bpy.data.objects.get(target.armature)
        if armature is not None:
            heads, tails = bone_pixels(armature, place)
            paint.lines([tuple(end) for pair in zip(heads, tails, strict=True) for end in pair], _MARK)
        return
    x, _ = place.region.view2d.view_to_region(target.frame, 0, clip=False)
    paint.lines([(x, 0), (x, place.region.height)], _MARK)


def _label(place: Place, text: str, ready: bool) -> None:
    scale = bpy.context.preferences.system.ui_scale
    size, pad = _TEXT_SIZE * scale, _PADDING * scale
    width, height = paint.text_size(text, size)
    # beside the mouse, but where it can be seen: a timeline may be little higher than the text
    left, right = free_width(place.area, place.region)
    x = min(place.x + _LABEL_OFFSET[0] * scale, right - width - 2 * pad)
    y = min(max(place.y + _LABEL_OFFSET[1] * scale, pad), place.region.height - height - pad / 2)
    x, y = max(x, left + pad), max(y, pad / 2)
    paint.box(x - pad, y - pad, width + 2 * pad, height + 2 * pad, _READY if ready else _NOWHERE)
    paint.text(x, y, text, size, _WHITE)

"""The results as cards along the bottom of the viewport, to be dragged with the mouse.

A press on a button of a panel cannot start a drag; a press on a gizmo can. So each card is a gizmo whose
operator carries its result.
"""

from typing import ClassVar

from bpy.types import Context, Gizmo, GizmoGroup

from ..preferences import preferences
from ..properties import state
from . import paint
from .cards import CARDS, Box, card_boxes
from .free_width import free_width

_IDLE = (0.12, 0.12, 0.12, 0.85)
_OVER = (0.2, 0.42, 0.66, 0.95)
_CHOSEN = (0.25, 0.65, 1.0, 0.9)
_WHITE = (1.0, 1.0, 1.0, 1.0)
_GREY = (0.72, 0.72, 0.72, 1.0)


class TMR_GT_card(Gizmo):
    """One result."""

    bl_idname = "TMR_GT_card"
    __slots__ = ("row",)

    def draw(self, context: Context) -> None:
        """Caption, score and length."""
        box = self._box(context)
        if box is not None:
            _draw_card(context, box, state().results[self.row], self.is_highlight, state().active == self.row)

    def test_select(self, context: Context, location: tuple[int, int]) -> int:
        """Whether the mouse is over the card."""
        box = self._box(context)
        return 0 if box is not None and box.holds(*location) else -1

    def _box(self, context: Context) -> Box | None:
        boxes = visible_boxes(context)
        return boxes[self.row] if self.row < len(boxes) else None


class TMR_GGT_result_bar(GizmoGroup):
    """The row of cards."""

    bl_idname = "TMR_GGT_result_bar"
    bl_label = "Result Bar"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options: ClassVar = {"PERSISTENT", "SCALE"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only while there are results, and the user wants the bar."""
        return preferences(context).show_result_bar and len(state().results) > 0

    def setup(self, _context: Context) -> None:
        """One gizmo for each card that can ever show. The one that is dragged is not drawn: it was taken."""
        for row in range(CARDS):
            card = self.gizmos.new(TMR_GT_card.bl_idname)
            card.row = row
            carry = card.target_set_operator("tmr.carry_clip")
            carry.result = row
            carry.held = True


def visible_boxes(context: Context) -> list[Box]:
    """Where the cards are, in the viewport's pixels."""
    left, right = free_width(context.area, context.region)
    return card_boxes(left, right, len(state().results), context.preferences.system.ui_scale)


def _draw_card(context: Context, box: Box, result, over: bool, chosen: bool) -> None:
    scale = context.preferences.system.ui_scale
    with paint.blending():
        paint.box(box.x, box.y, box.width, box.height, _OVER if over else _IDLE)
        if chosen:
            paint.box(box.x, box.y, box.width, 3 * scale, _CHOSEN)
        inner, size = box.x + 8 * scale, 11 * scale
        lines = paint.wrapped(result.title(), size, box.width - 16 * scale, 2)
        for index, line in enumerate(lines):
            paint.text(inner, box.y + box.height - (index + 1) * 16 * scale, line, size, _WHITE)
        facts = f"{result.rank}   {result.duration_s:.1f} s   {result.score:.2f}"
        paint.text(inner, box.y + 9 * scale, facts, size, _GREY)

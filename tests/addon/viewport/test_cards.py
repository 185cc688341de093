"""Where the cards of the result bar lie."""

from itertools import pairwise

import pytest

from blender_addon.viewport.cards import CARDS, card_boxes


@pytest.mark.parametrize("scale", [0.75, 1.0, 2.0])
@pytest.mark.parametrize("count", [1, 3, 50])
def test_cards_stay_inside_the_free_width_and_apart(scale, count):
    boxes = card_boxes(50, 1500, count, scale)
    assert 1 <= len(boxes) <= min(count, CARDS)
    assert boxes[0].x >= 50
    assert boxes[-1].x + boxes[-1].width <= 1500
    for left, right in pairwise(boxes):
        assert left.x + left.width < right.x


def test_cards_stand_in_the_middle():
    boxes = card_boxes(100, 900, 2)
    assert boxes[0].x - 100 == pytest.approx(900 - (boxes[-1].x + boxes[-1].width))


def test_a_narrow_viewport_and_an_empty_list_show_no_card():
    assert card_boxes(0, 100, 5) == []
    assert card_boxes(400, 300, 5) == []
    assert card_boxes(0, 1500, 0) == []


def test_a_card_holds_its_own_pixels_only():
    first, second = card_boxes(0, 1000, 2)
    assert first.holds(first.x, first.y)
    assert not first.holds(first.x + first.width, first.y)
    assert not second.holds(first.x + 1, first.y + 1)

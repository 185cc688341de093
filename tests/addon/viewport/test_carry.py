"""The decisions of a carry: what is under the mouse, and what each press means."""

import math

import numpy as np
import pytest

from blender_addon.viewport.carry import (
    Carry,
    Phase,
    RegionBox,
    Target,
    distance_to_segments,
    nearest_character,
    nearest_frame,
    region_under,
)

HERO = Target("Hero", 12, "VIEW_3D")

SCREEN = [
    RegionBox("VIEW_3D", "WINDOW", 0, 200, 800, 400),
    RegionBox("VIEW_3D", "UI", 600, 200, 200, 400),
    RegionBox("VIEW_3D", "TOOLS", 0, 200, 1, 400),
    RegionBox("DOPESHEET_EDITOR", "WINDOW", 100, 0, 700, 180),
    RegionBox("DOPESHEET_EDITOR", "CHANNELS", 0, 0, 100, 180),
    RegionBox("DOPESHEET_EDITOR", "HEADER", 0, 180, 800, 20),
]


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (300, 400, 0),
        (700, 400, 1),  # the sidebar lies over the viewport
        (0, 400, 0),  # a hidden toolbar is one pixel wide and takes nothing
        (100, 50, 3),
        (99, 50, 4),
        (400, 199, 5),
        (799, 599, 1),
        (800, 300, None),
        (300, 600, None),
    ],
)
def test_the_topmost_region_under_the_mouse_is_found(x, y, expected):
    assert region_under(SCREEN, x, y) == expected


@pytest.mark.parametrize(
    ("view_x", "frame"), [(10.0, 10), (10.49, 10), (10.5, 11), (11.5, 12), (-0.4, 0), (-3.6, -4)]
)
def test_the_nearest_frame_is_meant(view_x, frame):
    assert nearest_frame(view_x) == frame


def test_distance_to_a_bone_is_measured_to_its_middle_and_to_its_ends():
    heads, tails = np.array([[0.0, 0.0]]), np.array([[10.0, 0.0]])
    assert distance_to_segments(np.array([5.0, 3.0]), heads, tails) == pytest.approx(3.0)
    assert distance_to_segments(np.array([13.0, 4.0]), heads, tails) == pytest.approx(5.0)


def test_bones_of_no_length_or_behind_the_camera_do_no_harm():
    point = np.array([3.0, 4.0])
    zero = np.zeros((1, 2))
    assert distance_to_segments(point, zero, zero) == pytest.approx(5.0)
    assert distance_to_segments(point, np.full((1, 2), np.nan), zero) == math.inf
    assert distance_to_segments(point, np.empty((0, 2)), np.empty((0, 2))) == math.inf


def test_the_character_with_the_nearest_bone_is_meant_and_none_out_of_reach():
    left = ("Left", np.array([[0.0, 0.0]]), np.array([[0.0, 100.0]]))
    right = ("Right", np.array([[60.0, 0.0]]), np.array([[60.0, 100.0]]))
    assert nearest_character(np.array([20.0, 50.0]), [left, right]) == "Left"
    assert nearest_character(np.array([45.0, 50.0]), [left, right]) == "Right"
    assert nearest_character(np.array([200.0, 50.0]), [left, right]) == ""
    assert nearest_character(np.array([20.0, 50.0]), []) == ""


def test_a_clip_taken_with_a_click_is_dropped_by_the_next_press_on_a_target():
    carry = Carry(5, 5, held=False)
    assert carry.release() is Phase.CARRYING  # the end of the click that took it
    carry.move(300, 300, HERO)
    assert carry.press() is Phase.DROPPED
    assert carry.target == HERO


def test_a_press_beside_every_target_keeps_the_clip_in_hand():
    carry = Carry(5, 5, held=False)
    carry.move(300, 300, None)
    assert carry.press() is Phase.CARRYING
    carry.move(310, 300, HERO)
    assert carry.press() is Phase.DROPPED


def test_a_held_clip_is_dropped_where_the_button_is_released():
    carry = Carry(5, 5, held=True)
    carry.move(300, 300, HERO)
    assert carry.press() is Phase.CARRYING
    assert carry.release() is Phase.DROPPED


def test_a_held_clip_released_beside_every_target_is_let_go():
    carry = Carry(5, 5, held=True)
    carry.move(300, 300, HERO)
    carry.move(310, 300, None)
    assert carry.release() is Phase.CANCELLED


def test_a_press_and_release_on_the_spot_is_a_click_even_above_a_character():
    carry = Carry(5, 5, held=True)
    carry.move(7, 4, HERO)
    assert carry.release() is Phase.CLICKED


def test_a_drag_that_comes_back_to_its_start_is_no_click():
    carry = Carry(5, 5, held=True)
    carry.move(90, 90, None)
    carry.move(5, 5, None)
    assert carry.release() is Phase.CANCELLED


@pytest.mark.parametrize("held", [True, False])
def test_escape_cancels_even_above_a_target(held):
    carry = Carry(5, 5, held=held)
    carry.move(300, 300, HERO)
    assert carry.cancel() is Phase.CANCELLED

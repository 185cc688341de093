"""The panel's options as the engine's."""

from __future__ import annotations

from collections.abc import Callable

from ._engine import errors, retarget
from .properties import Solving


def solve_options(chosen: Solving) -> retarget.SolveOptions:
    """What the user chose; frame rate and place are the insertion's business.

    Raises:
        RetargetError: the range ends before it starts.
    """
    if chosen.use_range and chosen.range_end_s <= chosen.range_start_s:
        raise errors.RetargetError("the range of the clip ends before it starts", fix="Give a later end")
    return retarget.SolveOptions(
        foot_lock=chosen.foot_lock,
        hand_goals=chosen.hand_goals,
        range_s=(chosen.range_start_s, chosen.range_end_s) if chosen.use_range else None,
        stretch=chosen.stretch,
        mirror=chosen.mirror,
        loop=chosen.loop,
        in_place=chosen.in_place,
        height=chosen.height,
        root_motion=chosen.root_motion,
    )


def fill_unset(chosen: Solving, usual: Solving, given: Callable[[str], bool]) -> None:
    """Takes over every option that was not given, so that a redo does the same again."""
    for name in Solving.__annotations__:
        if not given(name):
            setattr(chosen, name, getattr(usual, name))

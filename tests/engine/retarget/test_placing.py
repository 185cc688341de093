"""Where the floor of a clip is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.engine.retarget.bodies import at_rest, body, plain_names, skeleton_of
from tmr_engine.retarget import Mapping
from tmr_engine.retarget.body import Body
from tmr_engine.retarget.figure import figure_of_skeleton
from tmr_engine.retarget.placing import source_floor

NAMES = plain_names(fingers=False)
FIGURE = skeleton_of(body(NAMES))


@pytest.mark.parametrize(
    ("rest_at", "feet_at", "floor"),
    [
        (0.0, 0.0, 0.0),
        (0.0, 0.03, 0.0),  # a step that never comes all the way down
        (0.0, -0.5, -0.5),  # dug in too deep for chance
        (-2.0, -1.97, -2.0),  # the hips are the file's origin, and the clip stands where the rest pose stands
        (-2.0, 0.03, 0.0),  # the hips are the file's origin at rest alone
    ],
)
def test_the_floor_is_a_plane_that_the_feet_are_near(rest_at, feet_at, floor):
    offsets = FIGURE.offsets.copy()
    offsets[0, 1] += rest_at
    rest = at_rest(replace(FIGURE, offsets=offsets))
    motion = replace(rest, root_translation=rest.root_translation + np.array([0.0, feet_at - rest_at, 0.0]))
    source = Body(figure_of_skeleton(motion.skeleton), Mapping(NAMES, "given", 1.0))
    assert source_floor(motion, source) == pytest.approx(floor, abs=0.021)

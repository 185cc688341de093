"""What a bone's keys are relative to, where its parent is a helper that several things may move."""

from __future__ import annotations

import pytest

from tests.engine.retarget.bodies import body, plain_names, rig_of
from tmr_engine.retarget import BoneConstraint, Mapping
from tmr_engine.retarget.carriers import carriers

NAMES = plain_names(fingers=False)
# a driver chooses whether the arm's parent goes with the chest or with the hips, as control rigs have it
SWITCHED = BoneConstraint("left_clavicle", "Follow", "COPY_TRANSFORMS", targets=("hips",), driven=True)


@pytest.mark.parametrize(
    ("without", "carrier"),
    [((), "left_clavicle"), (("left_clavicle",), "chest"), (("left_clavicle", "chest"), "spine_b")],
)
def test_the_nearest_keyed_bone_of_the_body_stands_in_for_helpers_that_a_switch_moves(without, carrier):
    rig = rig_of(body(NAMES), constraints=(SWITCHED,))
    mapping = Mapping(NAMES, "given", 1.0)
    keyed = tuple(bone for bone in mapping.bones() if bone not in without)
    assert carriers(rig, mapping, keyed)["left_upper_arm"] == rig.indices[carrier]

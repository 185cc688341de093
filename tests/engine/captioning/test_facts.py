"""Facts of motions that are made by formulas, so that what must be found is known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.captioning import bodies
from tmr_engine.captioning.event import Event
from tmr_engine.captioning.facts import measure
from tmr_engine.errors import FeatureError
from tmr_engine.features.mirror import mirror_joints


def of(events: tuple[Event, ...], *kinds: str) -> list[Event]:
    return [event for event in events if event.kind in kinds]


@pytest.mark.parametrize("fps", [20.0, 30.0, 60.0, 120.0])
def test_a_walk_has_its_direction_and_speed_at_any_frame_rate(fps):
    facts = measure(bodies.walking(4.0, 1.2, fps), fps)
    (walk,) = of(facts.events, "walk", "jog", "run")
    assert (walk.kind, walk.detail) == ("walk", "forward")
    assert walk.magnitude == pytest.approx(1.2, rel=0.05)
    assert facts.travelled_m == pytest.approx(4.8, rel=0.12)
    assert facts.net_turn_deg == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("facing", [0.0, 90.0, -135.0])
@pytest.mark.parametrize(
    ("body", "expected"), [(0, "forward"), (180, "backward"), (90, "right"), (-90, "left")]
)
def test_directions_are_those_of_the_body_not_of_the_world(facing, body, expected):
    joints = bodies.walking(3.0, 1.0)
    ahead = joints[:, :1] * [1.0, 0.0, 1.0]
    joints = bodies.turned(bodies.turned(joints - ahead, body) + ahead, facing)
    (walk,) = of(measure(joints, 30.0).events, "walk", "sneak")
    assert walk.detail == expected


@pytest.mark.parametrize(("degrees", "side"), [(90, "left"), (-90, "right"), (180, "left"), (-45, "right")])
def test_a_turn_has_its_side_and_degrees(degrees, side):
    joints = bodies.standing(3.0)
    share = np.clip((bodies.times(joints) - 1.0) / 1.0, 0.0, 1.0)
    facts = measure(bodies.turned(joints, degrees * share), 30.0)
    (turn,) = of(facts.events, "turn", "spin")
    assert turn.side == side
    assert turn.magnitude == pytest.approx(abs(degrees), abs=12)
    assert facts.net_turn_deg == pytest.approx(degrees, abs=0.5)


def test_turns_are_told_in_their_order():
    joints = bodies.standing(6.0)
    at = bodies.times(joints)
    angle = 90 * np.clip(at - 1.0, 0, 1) - 90 * np.clip(at - 3.5, 0, 1)
    turns = of(measure(bodies.turned(joints, angle), 30.0).events, "turn")
    assert [turn.side for turn in turns] == ["left", "right"]


def test_two_whole_turns_at_once_are_a_spin():
    joints = bodies.standing(4.0)
    angle = 720 * np.clip((bodies.times(joints) - 1.0) / 2.0, 0, 1)
    (spin,) = of(measure(bodies.turned(joints, angle), 30.0).events, "turn", "spin")
    assert (spin.kind, spin.side, spin.count) == ("spin", "left", 2)


@pytest.mark.parametrize("height", [0.15, 0.3, 0.6])
def test_a_jump_has_its_height(height):
    (jump,) = of(measure(bodies.jumping([height], 60.0), 60.0).events, "jump", "hop", "leap")
    assert (jump.kind, jump.detail, jump.count) == ("jump", "up", 1)
    assert jump.magnitude == pytest.approx(height, abs=0.05)


def test_jumps_are_counted():
    jumps = of(measure(bodies.jumping([0.3, 0.3, 0.3]), 30.0).events, "jump")
    assert sum(jump.count for jump in jumps) == 3


def test_squats_are_counted_and_as_deep_as_they_are():
    events = measure(bodies.squatting([0.4, 0.4]), 30.0).events
    squats = of(events, "squat")
    assert sum(squat.count for squat in squats) == 2
    assert max(squat.magnitude for squat in squats) == pytest.approx(0.4 / bodies.LEG, abs=0.04)
    assert not of(events, "jump", "sit", "kneel", "walk")


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("degrees", "level"), [(85, "chest"), (120, "head"), (170, "overhead")])
def test_a_raised_arm_has_its_side_and_height(side, degrees, level):
    (raised,) = of(measure(bodies.raising(side, degrees), 30.0).events, "raise_arm")
    assert (raised.side, raised.detail) == (side, level)


def test_both_arms_out_to_the_sides_are_a_t():
    joints = bodies.standing(1.0)
    joints = bodies.with_arm(bodies.with_arm(joints, "left", [1, 0, 0]), "right", [-1, 0, 0])
    (held,) = of(measure(joints, 30.0).events, "arms_out")
    assert held.side == "both"


def test_a_raised_hand_that_goes_to_and_fro_waves():
    joints = bodies.with_arm(bodies.standing(2.0), "right", [-0.5, 0.0, 0.86])
    swing = 0.4 * np.sin(2 * np.pi * 2.0 * bodies.times(joints))
    forearm = 0.26 * np.stack([np.sin(swing), np.cos(swing), 0 * swing], axis=-1)
    joints[:, bodies.J["right_wrist"]] = joints[:, bodies.J["right_elbow"]] + forearm
    (wave,) = of(measure(joints, 30.0).events, "wave")
    assert wave.side == "right"
    assert wave.count >= 6


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_kick_has_its_foot_direction_and_height(side):
    (kick,) = of(measure(bodies.kicking(side), 60.0).events, "kick")
    assert (kick.side, kick.detail) == (side, "forward")
    # 85 degrees from hanging down: the ankle is that much below its hip
    expected = bodies.ANKLE + bodies.LEG * (1 - np.cos(np.radians(85)))
    assert kick.magnitude == pytest.approx(expected, abs=0.08)


def test_who_lies_on_the_back_lies_on_the_back_and_on_the_belly_on_the_belly():
    upright = bodies.standing(1.0)
    x, y, z = np.moveaxis(upright, -1, 0)
    on_back = np.stack([x, 0.1 + z, -y], axis=-1)
    on_belly = np.stack([x, 0.25 - z, y], axis=-1)
    for joints, expected in ((on_back, "back"), (on_belly, "belly")):
        (lie,) = of(measure(joints, 30.0).events, "lie")
        assert lie.detail == expected


def test_who_stands_still_does_nothing_else():
    assert {event.kind for event in measure(bodies.standing(3.0), 30.0).events} == {"stand"}


@pytest.mark.parametrize(
    "joints",
    [bodies.raising("left", 160), bodies.kicking("right"), bodies.walking(3.0, 1.0)],
    ids=["raise", "kick", "walk"],
)
def test_the_mirrored_motion_has_the_same_facts_on_the_other_side(joints):
    other = {"left": "right", "right": "left"}
    found = {(event.kind, event.side) for event in measure(joints, 60.0).events}
    mirrored = {(event.kind, event.side) for event in measure(mirror_joints(joints), 60.0).events}
    assert mirrored == {(kind, other.get(side, side)) for kind, side in found}


@pytest.mark.parametrize("size", [0.3, 3.0])
def test_a_small_or_big_body_does_the_same(size):
    # a body k times as big falls and swings in sqrt(k) times the time
    joints = bodies.jumping([0.3, 0.3], 60.0)
    found = of(measure(joints * size, 60.0 / np.sqrt(size)).events, "jump")
    assert sum(jump.count for jump in found) == 2


def test_a_rest_pose_elsewhere_before_the_motion_is_no_run():
    joints = bodies.standing(2.0)
    joints[0] += [0.0, 0.0, 4.0]
    assert not of(measure(joints, 30.0).events, "run", "jog", "walk")


def test_joints_that_are_no_body_are_refused():
    with pytest.raises(FeatureError):
        measure(np.zeros((10, 21, 3)), 30.0)

"""Hands of the solved motion: what touches in the clip touches on a body of other proportions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.engine.retarget.bodies import (
    SIDES,
    Joints,
    at_rest,
    basis_of,
    body,
    dance,
    plain_names,
    rig_of,
    rig_places,
    skeleton_of,
    source_places,
    wxyz,
)
from tmr_engine.motion import Motion
from tmr_engine.retarget import Mapping, Rig, SolveOptions, solve

NAMES = plain_names()
T_POSE = body(NAMES)
SOURCE = skeleton_of(T_POSE)
GIVEN = Mapping(NAMES, "given", 1.0)
ARM = ("upper_arm", "lower_arm", "hand", "thumb", "index", "middle", "ring", "little")


def shaped(*, broader: float = 0.0, head_up: float = 0.0, scale: float = 1.0) -> Joints:
    """A body with its arms farther out and its head higher, metres."""
    joints = body(NAMES)
    heads = joints.places
    for place, name in enumerate(joints.names):
        side, _, part = name.partition("_")
        if side in SIDES and part.startswith(ARM):
            heads[place, 0] += broader if side == "left" else -broader
        if name == "head":
            heads[place, 2] += head_up
    return replace(joints, heads=list(heads * scale))


def clapping() -> Motion:
    """Arms of a T-pose come forward until the palms meet in the middle, and go back, within two seconds."""
    frames = 61
    share = np.sin(np.linspace(0, np.pi, frames)) ** 2
    rest = at_rest(SOURCE)
    rotations = np.repeat(rest.rotations, frames, axis=0)
    forward = np.radians(80)
    # 0.18 + 0.28 cos 80 + (0.25 + half a palm) cos b = 0
    inward = np.arccos(-(0.18 + 0.28 * np.cos(forward)) / (0.25 + 0.043)) - forward
    for side, sign in zip(SIDES, (-1.0, 1.0), strict=True):
        for part, angle in (("upper_arm", forward), ("lower_arm", inward)):
            turn = Rotation.from_rotvec(np.outer(sign * angle * share, [0, 1, 0])).as_matrix()
            rotations[:, SOURCE.index(f"{side}_{part}")] = wxyz(turn)
    return Motion(SOURCE, np.repeat(rest.root_translation, frames, 0), rotations, 30.0)


def palms(places: np.ndarray, names) -> np.ndarray:
    """(T, 2, 3) half way from the wrists to the middle of the knuckles."""
    index = {name: place for place, name in enumerate(names)}
    found = []
    for side in SIDES:
        knuckles = [index[f"{side}_{finger}_0"] for finger in ("index", "middle", "ring", "little")]
        found.append(0.5 * (places[:, index[f"{side}_hand"]] + places[:, knuckles].mean(axis=1)))
    return np.stack(found, axis=1)


def solved_places(motion: Motion, rig: Rig, strength: float) -> np.ndarray:
    options = SolveOptions(foot_lock=0.0, hand_goals=strength)
    return rig_places(rig, solve(motion, GIVEN, rig, GIVEN, options))


def gap(places: np.ndarray, names) -> np.ndarray:
    both = palms(places, names)
    return np.linalg.norm(both[:, 0] - both[:, 1], axis=1)


def test_the_clip_that_is_measured_with_claps():
    apart = gap(source_places(clapping()), SOURCE.names)
    assert apart.min() < 0.03
    assert apart[0] > 1.0


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("broader", [0.05, -0.04])
def test_palms_that_touch_still_touch_on_broader_and_narrower_shoulders(broader, scale):
    motion, rig = clapping(), rig_of(shaped(broader=broader, scale=scale), seed=3)
    plain, kept = (gap(solved_places(motion, rig, strength), rig.names) / scale for strength in (0.0, 1.0))
    assert plain[30] > 0.06
    assert kept[30] < 0.035
    # far apart nothing is changed
    assert kept[0] == pytest.approx(plain[0], abs=1e-6)


def test_the_way_to_the_goal_is_smooth():
    motion, rig = clapping(), rig_of(shaped(broader=0.05), seed=3)
    places = solved_places(motion, rig, 1.0)
    jumps = [
        np.linalg.norm(np.diff(p, n=2, axis=0), axis=-1).max()
        for p in (places, solved_places(motion, rig, 0.0))
    ]
    assert jumps[0] < 3.0 * jumps[1]


def test_only_upper_and_lower_arms_change_in_the_world():
    motion, rig = clapping(), rig_of(shaped(broader=0.05), seed=3)
    bases = [
        basis_of(rig, solve(motion, GIVEN, rig, GIVEN, SolveOptions(foot_lock=0.0, hand_goals=strength)))
        for strength in (0.0, 1.0)
    ]
    arms = [rig.indices[f"{side}_{part}"] for side in SIDES for part in ("upper_arm", "lower_arm", "hand")]
    others = [bone for bone in range(len(rig)) if bone not in arms]
    assert np.array_equal(bases[0][:, others], bases[1][:, others])


def test_a_body_of_the_same_proportions_is_left_as_it_is():
    motion = clapping()
    for rig in (rig_of(T_POSE, seed=2), rig_of(body(NAMES, scale=3.0), seed=2)):
        plain, kept = (solved_places(motion, rig, strength) for strength in (0.0, 1.0))
        assert np.abs(plain - kept).max() < 1e-6 * np.ptp(plain)


def test_a_hand_at_the_head_is_at_the_head_of_a_body_with_a_longer_neck():
    """The left hand is laid on the head by hand: upper arm up and out, forearm in."""
    frames = 31
    rest = at_rest(SOURCE)
    rotations = np.repeat(rest.rotations, frames, axis=0)
    for part, angle in (("upper_arm", 30.0), ("lower_arm", 125.0)):
        rotations[:, SOURCE.index(f"left_{part}")] = wxyz(
            Rotation.from_euler("z", angle, degrees=True).as_matrix()[None]
        )
    motion = Motion(SOURCE, np.repeat(rest.root_translation, frames, 0), rotations, 30.0)
    theirs = source_places(motion)
    head = SOURCE.index("head")
    touched = np.linalg.norm(palms(theirs, SOURCE.names)[0, 0] - theirs[0, head])
    assert touched < 0.2
    rig = rig_of(shaped(head_up=0.1), seed=4)
    found = []
    for strength in (0.0, 1.0):
        places = solved_places(motion, rig, strength)
        away = palms(places, rig.names)[15, 0] - places[15, rig.indices["head"]]
        found.append(np.linalg.norm(away - (palms(theirs, SOURCE.names)[15, 0] - theirs[15, head])))
    assert found[1] < 0.6 * found[0]


def test_a_body_without_a_head_or_hands_is_solved_without_goals():
    motion = dance(SOURCE)
    bare = plain_names(fingers=False)
    handless = Mapping({role: name for role, name in bare.items() if "hand" not in role}, "given", 1.0)
    rig = rig_of(T_POSE)
    for strength in (0.0, 1.0):
        options = SolveOptions(foot_lock=0.0, hand_goals=strength)
        assert solve(motion, GIVEN, rig, handless, options).frames == len(motion)

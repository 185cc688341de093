"""Clips on armatures made by script, in every Blender."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.blender
SCRIPT = Path(__file__).parent / "scripts" / "figures.py"
SAME_BODY = (
    "rolled",
    "centimetres",
    "hectometres",
    "lying, turned up",
    "on its side, turned up",
    "connected",
    "on an empty",
    "eight modes",
)
KINDS = ("T", "A45", *SAME_BODY, "mixamo names", "quotes in names")


@pytest.fixture
def shown(run_once):
    return run_once(SCRIPT)


@pytest.mark.parametrize("kind", KINDS)
def test_every_limb_points_where_the_clip_points_it(shown, kind):
    assert shown["limbs"][kind] < 0.01  # degrees


@pytest.mark.parametrize("kind", KINDS)
def test_blender_shows_the_joints_where_they_were_solved(shown, kind):
    assert shown["as_solved"][kind] < 1e-4  # metres


@pytest.mark.parametrize("kind", SAME_BODY)
def test_rolls_units_object_turns_and_rotation_modes_do_not_change_where_joints_go(shown, kind):
    assert shown["equal_joints"][kind] < 1e-5  # metres


@pytest.mark.parametrize("pair", ["T to A45", "A45 to T"])
def test_a_rest_pose_poses_the_other_rest_pose_like_itself(shown, pair):
    assert shown["rests"][pair] < 0.01


def test_a_rest_pose_on_the_same_rest_pose_is_the_identity(shown):
    assert shown["rests"]["identity"] < 1e-6


def test_poses_between_keys_lie_between_the_poses_at_the_keys(shown):
    assert shown["between_frames"] < 1.0  # degrees


# one second at 60 frames a second; frames at NTSC's 30/1.001 fall between the clip's, the last before its end
@pytest.mark.parametrize(("rate", "last"), [("24/1", 25), ("30/1.001", 30), ("120/1", 121)])
def test_a_clip_is_resampled_by_time_to_the_rate_of_the_scene(shown, rate, last):
    assert shown["resampled"][rate]["range"] == [1, last]
    assert shown["resampled"][rate]["off"] < 1e-4


@pytest.mark.parametrize("kind", ["object", "root bone", "second clip"])
def test_a_clip_starts_where_the_character_stands_and_faces(shown, kind):
    assert shown["placed"][kind]["ground"] < 1e-3
    assert shown["placed"][kind]["turn"] < 0.1


def test_the_humanoid_table_of_vrm_maps_bones_whose_names_say_nothing(shown):
    assert shown["vrm_table"] == {"family": "vrm_humanoid", "right": True}


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("negative scale", "negative scale"),
        ("zero scale", "scale"),
        ("uneven scale", "scaled unevenly"),
        ("on an uneven empty", "scaled unevenly"),
        ("no armature", "no armature"),
        ("mixed with the NLA", "mixed with the NLA"),
        ("tweak mode", "tweaked"),
        ("no arms", "arms"),
    ],
)
def test_what_cannot_take_a_clip_is_refused_with_a_reason_and_left_alone(shown, case, reason):
    assert reason in shown["refused"][case]["said"]
    assert shown["refused"][case]["changed"] == []


@pytest.mark.parametrize(
    ("case", "said", "shows"),
    [
        ("muted strip", "", True),
        ("solo track", "is solo", False),
        ("action above the strip", "plays above the new strip", True),  # it holds no key of these bones
        ("NLA switched off", "is switched off", False),
    ],
)
def test_other_animation_that_hides_the_clip_is_named(shown, case, said, shows):
    found = shown["beside"][case]
    assert len(found["said"]) == (1 if said else 0)
    assert said in " ".join(found["said"])
    assert (found["limbs"] < 0.01) is shows

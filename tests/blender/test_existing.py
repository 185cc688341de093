"""Clips and the animation that is there already, in every Blender: laid over it, taking over from it."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.blender
SCRIPT = Path(__file__).parent / "scripts" / "existing.py"


@pytest.fixture
def found(run_once):
    return run_once(SCRIPT)


def test_a_layer_adds_the_clips_change_to_what_plays_below_in_every_rotation_mode(found):
    assert found["layer"]["off"] < 5e-4  # radians and metres; Blender raises quaternions to a power by acos


def test_a_layer_changes_nothing_outside_its_range(found):
    assert found["layer"]["moved_outside"] < 1e-6


def test_the_active_action_goes_below_the_layer_as_it_is_and_that_is_said(found):
    assert found["layer"]["strips"] == [["Base", "REPLACE"], ["Layer", "COMBINE"]]
    assert found["layer"]["base_changed"] == []
    assert any("'Base' was pushed down" in warning for warning in found["layer"]["warnings"])


@pytest.mark.parametrize("blend", ["blend_0", "blend_12"])
def test_an_appended_clip_begins_on_the_last_key_and_keeps_what_is_before(found, blend):
    appended = found["append"][blend]
    assert appended["range"] == [80, 116]  # the first clip has keys from 20 to 80


def test_the_pose_at_the_join_is_the_one_that_was_there(found):
    assert found["append"]["blend_12"]["first_clip_off"] < 1e-4  # metres
    assert found["append"]["blend_0"]["first_clip_off"] > 0.05


def test_speed_goes_on_over_the_join(found):
    appended = found["append"]
    assert appended["blend_12"]["jolt"] < 2.0 * appended["blend_12"]["usual"]
    assert appended["blend_0"]["jolt"] > 5.0 * appended["blend_0"]["usual"]


def test_after_the_transition_the_clip_is_itself(found):
    assert found["append"]["arrives_off"] < 1e-4


@pytest.mark.parametrize("blend", ["0", "12"])
def test_looking_at_another_frame_leaves_the_playhead_where_it_was(found, blend):
    assert found["append"][f"playhead_{blend}"] == [3, 0.25]


def test_a_pose_without_keys_outlives_a_clip_elsewhere_in_time(found):
    assert found["unkeyed_pose_kept"]

"""Control rigs in every Blender: the controls are keyed, the switches too, and IK can be made to agree."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.blender
SCRIPT = Path(__file__).parent / "scripts" / "controls.py"
FAMILIES = ("rigify_controls", "auto_rig_pro_controls", "cloudrig_controls")
# the switch of the left arm, and its values under FK and under IK
SWITCHES = {
    "rigify_controls": ("upper_arm_parent.L.IK_FK", 1.0, 0.0),
    "auto_rig_pro_controls": ("c_hand_ik.l.ik_fk_switch", 1.0, 0.0),
    "cloudrig_controls": ("Properties_IKFK.ik_left_arm", 0.0, 1.0),
}


@pytest.fixture
def shown(run_once):
    return run_once(SCRIPT)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_controls_are_recognised_and_the_body_shows_the_clip(shown, family):
    assert shown[family]["family"] == family
    assert shown[family]["limbs"] < 0.05  # degrees


@pytest.mark.parametrize("family", FAMILIES)
def test_the_switch_is_keyed_to_fk_while_the_clip_plays_and_that_is_said(shown, family):
    name, under_fk, _ = SWITCHES[family]
    assert shown[family]["switches"][name][1:3] == [under_fk, under_fk]
    assert any(name.rsplit(".", 1)[1] in warning for warning in shown[family]["warnings"])


@pytest.mark.parametrize("family", FAMILIES)
def test_snapped_ik_controls_put_hands_feet_and_toes_where_fk_had_them(shown, family):
    assert shown[family]["ends_off"] < 1e-3  # metres, and components of axes


@pytest.mark.parametrize("family", FAMILIES)
def test_snapped_poles_bring_elbows_and_knees_home_where_ik_does_not_stretch(shown, family):
    # metres: a limb of 0.53 m keeps its pole where its bend is less than 1 % of that
    assert shown[family]["middles_off_unstretched"] < 0.006


def test_what_a_rigs_own_ik_cannot_show_is_measured_and_said(shown):
    rigify = shown["rigify_controls"]
    assert rigify["middles_off"] > 0.005
    assert any("away from where the FK controls had it" in said for said in rigify["snapped_warnings"])
    for family in FAMILIES[1:]:
        assert not any("away from" in said for said in shown[family]["snapped_warnings"])


@pytest.mark.parametrize("family", FAMILIES)
def test_snapping_keys_the_switch_to_ik_and_puts_it_back_behind_the_clip(shown, family):
    name, _, under_ik = SWITCHES[family]
    before, start, end, after = shown[family]["snapped_switches"][name]
    assert [start, end] == [under_ik, under_ik]
    assert [before, after] == [under_ik, under_ik]  # as the rig was made


@pytest.mark.parametrize("family", FAMILIES)
def test_snapping_leaves_the_playhead_and_every_constraint_as_they_were(shown, family):
    assert shown[family]["playhead"] == [4, 0.5]
    assert shown[family]["settings_kept"]


def test_bones_that_constraints_or_drivers_hold_are_named_and_nothing_is_muted(shown):
    said = shown["held"]["warnings"]
    assert any("upper_arm.L" in warning and "Track To" in warning for warning in said)
    assert any("shin.R" in warning and "driven" in warning for warning in said)
    assert any("IK on forearm.R" in warning and "upper_arm.R" in warning for warning in said)
    assert shown["held"]["settings_kept"]
    assert not shown["held"]["track_keyed"]

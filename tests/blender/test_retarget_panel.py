"""The retargeting options and the bone mapping of the panel, in every Blender (scripts/retarget_panel.py)."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.blender, pytest.mark.slow]
SCRIPT = Path(__file__).parent / "scripts" / "retarget_panel.py"


@pytest.fixture(scope="session")
def facts(blender, extension_zip, tmp_path_factory):
    return blender.run(SCRIPT, {"folder": str(tmp_path_factory.mktemp("mappings"))}, extension_zip)


def test_the_panel_offers_to_read_a_mapping_before_it_shows_one(facts):
    assert facts["before_reading"]["operators"] == ["tmr.read_mapping"]


def test_every_role_is_listed_with_its_bone_and_where_that_comes_from(facts):
    assert facts["read"] == ["FINISHED"]
    assert facts["rows"]["left_hand 0"] == ["hand.L", facts["family"]]
    assert facts["rows"]["spine 0"] == ["spine", facts["family"]]
    assert facts["rows"]["left_thumb 0"] == ["", ""]  # the figure has no fingers, but could be given some
    assert 0.3 < facts["confidence"] <= 1.0


def test_a_picked_bone_counts_as_made_by_hand_and_stays_when_the_rig_is_read_again(facts):
    for moment in ("edited", "read_again"):
        assert facts[moment]["right_hand 0"] == ["forearm.R", "by hand"]
        assert facts[moment]["left_toe 0"] == ["", "by hand"]
        assert facts[moment]["left_hand 0"] == ["hand.L", facts["family"]]


def test_a_saved_mapping_is_found_for_every_rig_with_these_bones(facts):
    assert facts["save"] == ["FINISHED"]
    for moment in ("saved", "twin"):
        assert facts[moment]["right_hand 0"] == ["forearm.R", "saved"]
        assert facts[moment]["left_toe 0"] == ["", "saved"]


def test_a_forgotten_mapping_is_gone_and_an_imported_one_counts_as_made_by_hand(facts):
    assert facts["forget"] == facts["import"] == facts["export"] == ["FINISHED"]
    assert facts["forgotten"]["right_hand 0"] == ["hand.R", facts["family"]]
    assert facts["imported"]["right_hand 0"] == ["forearm.R", "by hand"]


def test_a_damaged_file_is_refused_and_the_rows_stay(facts):
    assert "no bone mapping" in facts["damaged"]
    assert "no bone mapping" in facts["damaged_box"]
    assert facts["kept"] == facts["imported"]


def test_drawing_the_mapping_reads_maps_and_opens_nothing_and_offers_the_armatures_bones(facts):
    seen = facts["drawn"]
    assert {"tmr.save_mapping", "tmr.export_mapping", "tmr.import_mapping"} <= set(seen["operators"])
    assert "L upper arm" in seen["text"]
    assert "by hand" in seen["text"]
    assert {"upper_arm.L", "toe.R"} <= set(seen["choices"])


def test_every_option_of_the_solver_is_in_the_panel(facts):
    assert {
        "foot_lock",
        "hand_goals",
        "in_place",
        "height",
        "root_motion",
        "mirror",
        "loop",
        "stretch",
        "use_range",
        "blend_frames",
        "snap_ik",
    } <= set(facts["drawn_options"]["properties"])


def test_options_reach_the_solver(facts):
    plain = facts["plain"]
    length = plain["range"][1] - plain["range"][0]
    assert facts["in_place"]["way"] < 0.5 * plain["way"]
    stretched = facts["stretched_by_the_panel"]["range"]
    assert stretched[1] - stretched[0] == pytest.approx(2 * length, abs=1)
    assert facts["given_wins"]["range"] == plain["range"]
    # half a second, cut at the clip's own frames, at 24 frames a second
    first, last = facts["part"]["range"]
    assert first == 10
    assert 20 <= last <= 22


def test_a_range_that_ends_before_it_starts_is_refused_and_nothing_is_written(facts):
    assert "ends before it starts" in facts["no_range"]["said"]
    assert "bones" not in facts["no_range"]


@pytest.mark.parametrize("way", ["by_hand", "by_saved"])
def test_corrections_count_when_a_clip_is_inserted(facts, way):
    assert "hand.R" in facts[way]
    assert "hand.L" not in facts[way]


def test_a_clip_goes_after_another_or_over_it(facts):
    assert facts["append"] == facts["layer"] == ["FINISHED"]
    end, first, last = facts["appended"]
    assert first == 1
    assert last == 2 * end - 1
    assert facts["layers"] == [["REPLACE", 1.0], ["COMBINE", 5.0]]


def test_ik_controls_are_snapped_by_the_button_or_at_once(facts):
    assert facts["snap"] == ["FINISHED"]
    assert {"IK-MSTR-Wrist.L", "IK-MSTR-Foot.R", "IK-POLE-Thigh.L"} <= set(facts["snapped"])
    assert facts["snapped_at_once"] == facts["snapped"]


def test_what_an_insertion_did_beside_is_said_in_the_panel(facts):
    assert "ik_left_arm" in facts["warned"]


def test_snapping_without_an_action_or_without_ik_controls_is_refused(facts):
    assert not facts["snap_without_action"]
    assert "no IK controls are known" in facts["snap_plain"]

"""The installed extension as its user meets it, in every Blender (scripts/ui.py says what is done)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.blender, pytest.mark.slow]

SCRIPT = Path(__file__).resolve().parent / "scripts" / "ui.py"
PANELS = {
    "TMR_PT_search_view3d",
    "TMR_PT_search_dopesheet",
    "TMR_PT_search_graph",
    "TMR_PT_search_nla",
    "TMR_PT_generate",
    "TMR_PT_library",
    "TMR_PT_engine",
    "TMR_PT_retarget",
    "TMR_PT_mapping",
}


@pytest.fixture(scope="session")
def facts(blender, extension_zip) -> dict[str, Any]:
    return blender.run(SCRIPT, {"zip": str(extension_zip)})


def test_a_search_fills_the_list_in_order_of_score(facts):
    rows = facts["results"]
    assert facts["error"] == ""
    assert len(rows) >= 10
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(row["caption"] and row["clip"] and row["licence"] and row["duration_s"] > 0 for row in rows)
    assert "walk" in " ".join(row["caption"] for row in rows[:5]).lower()
    assert facts["status"] == f"{len(rows)} results"


def test_typing_searches_and_blanks_do_not(facts):
    assert facts["blank_search"] == [False, ["CANCELLED"]]
    assert facts["typing_searches"] is True


def test_a_saved_file_holds_nothing_of_a_search(facts):
    assert facts["query_in_file"] is False


def test_insert_asks_for_a_character_when_none_or_several_could_be_meant(facts):
    assert "There is no armature" in facts["without_character"]
    assert "Select an armature" in facts["with_two"]
    assert facts["with_two_named"] == [["FINISHED"], "Extra"]


def test_insert_writes_a_new_action_from_the_playhead_on(facts):
    before, inserted = facts["before"], facts["inserted"]
    assert facts["insert"] == ["FINISHED"]
    assert before["action"] is None
    assert inserted["actions"] == [inserted["action"]]
    assert facts["range"][0] == 25
    assert facts["range"][1] > 30
    assert facts["insert_status"].startswith("Inserted ")
    assert facts["notes"]["tmr_clip"] == facts["first_row"]["clip"]
    assert facts["notes"]["tmr_licence"] == facts["first_row"]["licence"]


def test_insert_leaves_mode_selection_and_frame_alone(facts):
    for name in ("mode", "selected", "frame", "objects"):
        assert facts["inserted"][name] == facts["before"][name]


def test_one_undo_step_restores_everything(facts):
    assert facts["undone"] == facts["before"]


def test_insert_as_a_strip_starts_at_the_given_frame(facts):
    assert facts["strip"]["start"] == 100
    assert facts["strip"]["clip"] == facts["strip"]["wanted"]


def test_an_unknown_clip_is_refused_in_the_error_box_too(facts):
    assert facts["unknown_clip"]
    assert facts["error_box"]["on"]
    assert facts["error_box"]["text"] in facts["unknown_clip"]
    assert facts["error_gone"]
    panel = facts["panels_with_error"]["TMR_PT_search_view3d"]
    shown = "".join("".join(panel["text"]).split())  # a long path is wrapped inside its words
    assert "".join(facts["error_box"]["text"].split()) in shown
    assert "tmr.dismiss_error" in panel["operators"]


def test_an_armature_that_is_no_character_is_refused_with_a_button_that_helps(facts):
    assert "Hinge" in facts["no_character"]
    assert facts["fix"] == "tmr.add_mannequin"


def test_the_mannequin_takes_a_clip_without_being_asked_twice(facts):
    assert facts["mannequin"] == ["FINISHED"]


def test_a_folder_is_indexed_and_what_cannot_be_read_is_listed_with_its_reason(facts):
    assert facts["index"] == ["FINISHED"]
    assert facts["index_error"] == ""
    assert facts["index_summary"] == "2 clips in your library, 2 added"
    assert [Path(path).name for path, _ in facts["failures"]] == ["broken.bvh"]
    assert facts["failures"][0][1]
    assert "broken.bvh" in " ".join(facts["library_panel"]["text"])


def test_after_indexing_the_own_library_is_searched_and_the_demo_library_on_demand(facts):
    assert facts["own_results"][0] == "march_to_door.bvh"
    assert set(facts["own_results"]) <= {"march_to_door.bvh", "stroll_in_park.bvh"}
    assert facts["demo_again"] >= 10


@pytest.mark.parametrize("moment", ["first_draw", "panels_with_error", "panels_wide"])
def test_every_panel_draws(facts, moment):
    assert set(facts[moment]) == PANELS


def test_the_panel_offers_what_can_be_done_now(facts):
    first = facts["first_draw"]["TMR_PT_search_view3d"]
    later = facts["panels_wide"]["TMR_PT_search_view3d"]
    assert "query" in first["properties"]
    assert "tmr.add_mannequin" in first["operators"]
    assert "tmr.index_folder" in facts["first_draw"]["TMR_PT_library"]["operators"]
    assert {"tmr.insert_clip", "tmr.carry_clip"} <= set(later["operators"])
    licence = facts["first_row"]["licence"]
    assert licence
    assert any(licence in text for text in later["text"])


def test_switching_off_and_on_twice_leaves_nothing_behind(facts):
    assert facts["clean"]["types"] == []
    for turn in ("off_0", "off_1"):
        assert facts[turn]["types"] == []
        assert facts[turn]["operators"] == []
        assert facts[turn]["window_manager"] is False
        assert facts[turn]["handlers"] == facts["clean"]["handlers"]
    for turn in ("on_0", "on_1"):
        assert facts[turn] == facts["on"]
    assert facts["search_after_enable"] >= 10


def test_switching_off_ends_the_engine(facts):
    assert facts["engines"] == 2
    assert facts["engines_alive"] == []

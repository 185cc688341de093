"""Motion models and Generate in the panels, in every Blender (scripts/models_panel.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.search.test_motion import person
from tests.engine.serving.test_motion_models import bundle
from tmr_engine.formats import write_bvh
from tmr_engine.model.installed import InstalledModels

pytestmark = [pytest.mark.blender, pytest.mark.slow]
SCRIPT = Path(__file__).parent / "scripts" / "models_panel.py"
CREDIT = "synthesised, made, by a test"


@pytest.fixture(scope="session")
def user_folder(tmp_path_factory) -> Path:
    """A user with two models and three motions."""
    folder = tmp_path_factory.mktemp("user")
    models = InstalledModels(folder / "data" / "models")
    models.add(bundle(folder / "one", 3), "one")
    models.add(bundle(folder / "other", 4), "other")
    motions = folder / "a" / "b" / "c" / "motions"
    motions.mkdir(parents=True)
    for seed in range(3):
        write_bvh(person(seed), motions / f"wave_{seed}.bvh")
    return folder


@pytest.fixture(scope="session")
def facts(blender, extension_zip, user_folder, tmp_path_factory):
    request = {
        "data": str(user_folder / "data"),
        "cache": str(tmp_path_factory.mktemp("cache")),
        "motions": str(user_folder / "a" / "b" / "c" / "motions"),
    }
    return blender.run(SCRIPT, request, extension_zip)


def text(panel):
    return " ".join(panel["text"])


def test_models_are_asked_for_on_demand_and_chosen_from_a_list(facts):
    assert "tmr.list_models" in facts["before"]["operators"]
    assert "model" not in facts["before"]["properties"]
    assert facts["list"] == ["FINISHED"]
    assert facts["is_enum"] == "ENUM"
    assert {"one", "other"} <= set(facts["usable"])
    assert facts["chosen"] == ["one", "one"]
    assert "model" in facts["library_panel"]["properties"]


def test_indexing_lets_the_chosen_model_read_the_motions(facts):
    assert facts["index"] == ["FINISHED"]
    read = facts["read"]
    assert (read["note"], read["unread"], read["results"], read["error"]) == ("", 0, 3, "")
    assert "tmr.read_motions" not in read["panel"]["operators"]


def test_another_model_says_what_it_has_not_read_and_reads_it_when_asked(facts):
    other = facts["other"]
    assert other["note"].startswith("Only texts were compared, because the model other has not read")
    assert (other["unread"], other["results"]) == (3, 3)
    assert other["note"].replace(" ", "") in text(other["panel"]).replace(" ", "")
    assert "tmr.read_motions" in other["panel"]["operators"]
    assert "tmr.read_motions" in facts["library_panel"]["operators"]
    assert facts["silently"] is False
    assert facts["reindex"] == ["FINISHED"]
    assert (facts["reindexed"]["note"], facts["reindexed"]["unread"]) == ("", 0)
    assert facts["reindexed"]["results"] == 3
    for kept in ("one_again", "text_only"):
        assert (facts[kept]["note"], facts[kept]["unread"], facts[kept]["results"]) == ("", 0, 3)


def test_generate_fills_the_result_list_with_takes_that_say_what_they_are(facts):
    assert {"seconds", "seed", "takes"} <= set(facts["panel"]["properties"])
    assert "tmr.generate" in facts["panel"]["operators"]
    assert facts["generate"] == ["FINISHED"]
    assert facts["status"] == "3 takes, synthesised"
    assert [row["rank"] for row in facts["takes"]] == [1, 2, 3]
    for row in facts["takes"]:
        assert row["title"] == "Synthesised: a person waves"
        assert (row["credit"], row["licence"]) == (CREDIT, "CC0-1.0")
        assert row["synthesised"] == row["source"] == "made, seed 7"
        assert row["seconds"] == pytest.approx(1.95)
    panel = facts["with_takes"]["panel"]
    assert "1  Synthesised: a person waves" in panel["text"]
    assert "Credit: " + CREDIT in text(panel)
    assert "tmr.insert_clip" in panel["operators"]


def test_a_take_is_inserted_like_a_clip_and_its_action_says_what_it_is(facts):
    assert facts["insert"] == ["FINISHED"]
    first, last = facts["range"]
    assert first == 10
    assert last == pytest.approx(10 + 2 * 1.95 * 24, abs=1.5)  # stretched to twice its length
    notes = facts["notes"]
    assert notes["tmr_synthesised"] == "made, seed 7"
    assert (notes["tmr_credit"], notes["tmr_licence"]) == (CREDIT, "CC0-1.0")
    assert notes["tmr_caption"] == "a person waves"
    assert facts["recorded"] == ["", True]
    assert "tmr_synthesised" not in facts["recorded_notes"]


def test_a_seed_decides_what_is_made(facts):
    assert facts["same_again"] is True
    assert facts["other_seed"] is False


def test_generating_is_cancelled_by_its_button_or_by_a_search(facts):
    assert facts["while"] == [True, ["tmr.cancel_generating"]]
    assert facts["cancel"] == ["FINISHED"]
    assert facts["cancelled"] == [False, True, "Generating was cancelled"]
    assert facts["search_wins"] == [False, ""]


def test_what_cannot_be_done_is_said_in_the_panel(facts):
    _, without = facts["without_model"]
    assert "there is no motion model" in without["error"]
    assert "tmr models add" in text(without["panel"])
    chosen, gone = facts["gone"]
    assert chosen == "gone"
    assert "there is no model gone" in gone["error"]
    assert facts["back"]["error"] == ""
    assert facts["back"]["results"] > 0
    assert facts["no_text"] == ["CANCELLED"]

"""What writing keys leaves alone: the rest of the file and the user's state, bit by bit, in every Blender."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.blender
SCRIPT = Path(__file__).parent / "scripts" / "state.py"
WAYS = ("NEW_ACTION", "NLA_STRIP", "CURRENT_ACTION")


@pytest.fixture
def found(run_once, tmp_path_factory):
    return run_once(SCRIPT, folder=str(tmp_path_factory.getbasetemp()))


def test_the_snapshot_sees_a_change_anywhere(found):
    assert found["changed"]["NEW_ACTION"]["looked_at"] > 5000
    assert set(found["seen"]) == {"key", "flag", "bone", "selection", "new object"}


@pytest.mark.parametrize("into", WAYS)
def test_nothing_else_in_the_file_changes(found, into):
    assert found["changed"][into]["changed"] == []


@pytest.mark.parametrize("into", WAYS)
def test_keys_outside_the_range_keep_every_bit(found, into):
    assert found["changed"][into]["old_keys"] == []


@pytest.mark.parametrize("into", WAYS)
def test_blender_shows_the_values_that_were_written(found, into):
    assert found["shown"][into] < 1e-6


@pytest.mark.parametrize("into", WAYS)
def test_the_range_and_the_source_of_the_clip_are_told(found, into):
    assert found["changed"][into]["range"] == [20, 30]
    assert found["changed"][into]["note"] == "walk_01"


@pytest.mark.parametrize("into", WAYS[:2])
def test_keys_lie_as_each_blender_keeps_them(found, blender, into):
    arm, shin = 'pose.bones["upper_arm.L"].', 'pose.bones["shin.R"].'
    wanted = {
        "curves": [[f"{shin}rotation_euler", i, "shin.R"] for i in range(3)]
        + [[f"{arm}rotation_quaternion", i, "upper_arm.L"] for i in range(4)],
        "keys": [11],
        "interpolation": ["LINEAR"],
    }
    if blender.version != "4.2":  # later actions have one slot for the object, in one layer of one strip
        slot = "OBFigure"
        wanted |= {"slots": [slot], "played": slot, "layers": 1, "strips": ["KEYFRAME"]}
    assert found["layout"][into] == wanted


def test_writing_the_same_again_changes_nothing(found):
    assert found["twice"] == []


def test_one_undo_takes_all_of_it_back(found):
    assert found["undone"] == []


def test_a_shared_action_is_left_alone_and_a_copy_is_written(found):
    shared = found["shared"]
    assert shared["changed"] == []
    assert shared["other_plays"] == "Hand made"
    assert shared["own"] != "Hand made"
    assert shared["head_keys_kept"] == 4
    assert "used elsewhere" in shared["warnings"][0]


def test_a_locked_curve_is_refused_before_anything_is_written(found):
    assert "locked" in found["refused"]["error"]
    assert found["refused"]["changed"] == []


@pytest.mark.parametrize("into", WAYS)
def test_a_value_that_is_no_number_is_refused_before_anything_is_written(found, into):
    assert found["broken"][into] == []


def test_the_replaced_action_survives_saving(found):
    assert found["saved"]["actions"] == ["Clip", "Elsewhere", "Hand made"]
    assert not found["saved"]["fake_user_changed"]


def test_the_saved_file_plays_the_clip(found):
    assert found["saved"]["plays"] == "Clip"
    assert found["saved"]["error"] < 1e-6

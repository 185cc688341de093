"""What an insertion must never change, for characters in every state that users have them in.

Scales, units, turned objects: test_figures.py; linked and overridden characters: test_linked.py; keys there
already: test_state.py, test_existing.py; control rigs: test_controls.py.
"""

from pathlib import Path

import pytest

pytestmark = pytest.mark.blender
SCRIPT = Path(__file__).parent / "scripts" / "inviolates.py"
CASES = (
    "plain",
    "posed by hand",
    "inherit flags",
    "locked places",
    "hidden collection",
    "hidden object",
    "pose mode",
    "limits",
    "muted track",
    "shared data",
)


@pytest.fixture
def found(run_once):
    return run_once(SCRIPT)


@pytest.mark.parametrize("case", CASES)
def test_nothing_but_the_action_and_the_pose_it_shows_changes(found, case):
    assert found[case]["changed"] == []


@pytest.mark.parametrize("case", CASES)
def test_the_clip_shows_all_the_same(found, case):
    assert found[case]["limbs"] < 0.01  # degrees


def test_locked_channels_take_no_keys_keep_their_locks_and_are_named(found):
    locked = found["locked channels"]
    assert locked["changed"] == []
    assert not locked["keyed"]
    assert locked["others_keyed"]
    assert any("locked" in warning and "forearm.L" in warning for warning in locked["warnings"])


def test_the_other_character_of_a_shared_action_keeps_every_key(found, blender):
    both = found["one action of two"]
    assert both["theirs_kept"]
    assert both["limbs"] < 0.01
    if blender.version == "4.2":  # without slots the action cannot hold both, so a copy takes the keys
        assert both["own_action"] != "Both"
    else:
        assert both["own_action"] == "Both"
        assert both["slots"] == 2

"""Characters that live in another file: what can keep keys takes them, what would lose them is refused."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.blender
SCRIPT = Path(__file__).parent / "scripts" / "linked.py"


@pytest.fixture(scope="session")
def tried(blender, extension_zip, tmp_path_factory):
    return blender.run(SCRIPT, {"folder": str(tmp_path_factory.mktemp("linked"))}, extension_zip)


@pytest.mark.parametrize("case", ["linked", "system override"])
def test_a_character_whose_keys_would_not_be_saved_is_refused_and_left_alone(tried, case):
    assert "linked" in tried[case]["refused"]
    assert "library.blend" in tried[case]["refused"]
    assert tried[case]["changed"] == []


@pytest.mark.parametrize("case", ["override", "override, in a strip", "linked armature"])
def test_keys_on_an_override_are_there_after_saving_and_the_armature_stays_linked(tried, case):
    found = tried[case]
    assert found["local_action"]
    assert found["armature_linked"]
    assert found["angle"] > 0.1  # radians: the clip ends with the arm swung
    assert found["angle_reopened"] == pytest.approx(found["angle"], abs=1e-5)


def test_an_action_of_another_file_is_copied_before_it_takes_keys(tried):
    found = tried["linked action"]
    assert "a copy of it was made" in found["warnings"][0]
    assert found["local_action"]
    assert found["angle_reopened"] == pytest.approx(found["angle"], abs=1e-5)

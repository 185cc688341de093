"""Mappings that a user corrected: found again, handed on, and never half read."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.engine.retarget.bodies import body, plain_names, rig_of
from tmr_engine.errors import RetargetError
from tmr_engine.retarget import map_rig
from tmr_engine.retarget.saved_mapping import (
    export_mapping,
    find_mapping,
    forget_mapping,
    import_mapping,
    save_mapping,
    signature,
)


@pytest.fixture
def rig():
    return rig_of(body(plain_names()))


def test_a_rig_is_known_by_its_bones_whatever_its_name_pose_and_size(rig):
    other = replace(rig, name="Other", matrix_world=np.diag([2.0, 2.0, 2.0, 1.0]), tails=rig.tails + 1.0)
    assert signature(other) == signature(rig)
    renamed = replace(rig, names=(*rig.names[:-1], "something_else"))
    assert signature(renamed) != signature(rig)
    moved = rig.parents.copy()
    moved[-1] = 0
    assert signature(replace(rig, parents=moved)) != signature(rig)


def test_what_is_saved_is_found_again_and_maps_the_rig(rig, tmp_path):
    roles = {"left_hand": "left_lower_arm", "spine": []}
    assert find_mapping(tmp_path / "mappings", rig) == {}
    save_mapping(tmp_path / "mappings", rig, roles)
    found = find_mapping(tmp_path / "mappings", rig)
    assert found == roles
    mapping = map_rig(rig, {"left_hand": found["left_hand"]})
    assert mapping.bone("left_hand") == "left_lower_arm"


def test_what_is_forgotten_is_gone(rig, tmp_path):
    save_mapping(tmp_path, rig, {"head": "head"})
    assert forget_mapping(tmp_path, rig)
    assert not forget_mapping(tmp_path, rig)
    assert find_mapping(tmp_path, rig) == {}


def test_an_exported_mapping_can_be_read_on_another_rig_with_these_bones(rig, tmp_path):
    export_mapping(tmp_path / "m.json", rig, {"head": "head"})
    more = body(plain_names())
    more.add("tail", "head", more.heads[0])
    assert import_mapping(tmp_path / "m.json", rig_of(more)) == {"head": "head"}


def test_a_mapping_of_another_rig_names_the_bones_that_are_missing(rig, tmp_path):
    export_mapping(tmp_path / "m.json", rig, {"head": "antenna"})
    with pytest.raises(RetargetError, match="no bone antenna"):
        import_mapping(tmp_path / "m.json", rig)


GOOD = {"format": "tmr-bone-mapping", "version": 1, "roles": {"head": "head"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no bone mapping"),
        ("[" * 100_000, "no bone mapping"),
        ("[]", "no bone mapping"),
        (json.dumps(GOOD | {"format": "other"}), "no bone mapping"),
        (json.dumps(GOOD | {"version": 9}), "version 9"),
        (json.dumps(GOOD | {"roles": 3}), "no roles"),
        (json.dumps(GOOD | {"roles": {"third_eye": "head"}}), "third_eye"),
        (json.dumps(GOOD | {"roles": {"head": ["head"]}}), "head"),
        (json.dumps(GOOD | {"roles": {"spine": [1]}}), "spine"),
        (" " * 1_000_001, "too large"),
    ],
)
def test_what_is_no_mapping_is_refused_by_name(rig, tmp_path, text, said):
    path = tmp_path / "m.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RetargetError, match=said) as refused:
        import_mapping(path, rig)
    assert refused.value.where == str(path)


def test_a_mapping_that_cannot_be_written_leaves_the_old_one(rig, tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(RetargetError, match="cannot be written"):
        export_mapping(tmp_path / "folder.json", rig, {"head": "head"})


def test_an_empty_bone_leaves_its_role_without_one(rig):
    mapping = map_rig(rig, {"left_toe": "", "neck": []})
    assert "left_toe" not in mapping.roles
    assert "neck" not in mapping.roles
    assert "left_toe" in mapping.unmapped


def test_the_hips_cannot_be_left_out(rig):
    with pytest.raises(RetargetError, match="hips"):
        map_rig(rig, {"hips": ""})

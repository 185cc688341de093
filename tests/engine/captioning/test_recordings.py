"""Facts of recorded motions against what the README of the recordings states was measured on them."""

from __future__ import annotations

import csv

import pytest

from tmr_engine.canonical import smpl_joints
from tmr_engine.captioning.facts import MotionFacts, measure
from tmr_engine.datasets.clip_arrays import TABLE, ClipArrays
from tmr_engine.formats import ReadOptions

# class of HDM05: events of which one is found (kind, side, detail; "" is any), in how many clips of how many
EXPECTED = [
    ("squat1Reps", {("squat", "", "")}, 48, 48),
    ("kickLFront1Reps", {("kick", "left", "")}, 23, 23),
    ("hopBothLegs1hops", {("jump", "", "")}, 33, 33),
    ("jogLeftCircle4StepsRstart", {("turn", "left", "")}, 13, 14),
    ("jogLeftCircle4StepsRstart", {("jog", "", ""), ("run", "", "")}, 12, 14),
    ("lieDownFloor", {("lie", "", "back")}, 16, 16),
    ("grabHighR", {("raise_arm", "right", "")}, 23, 23),
    ("depositFloorR", {("reach", "right", "low")}, 20, 24),
    ("elbowToKnee1RepsLelbowStart", {("elbow_to_knee", "left", "")}, 22, 25),
    ("rotateArmsBothBackward1Reps", {("arm_circle", "both", "backward")}, 13, 13),
]


@pytest.fixture(scope="module")
def facts_of_id(shared_dir):
    folder = shared_dir / "data"
    arrays = ClipArrays(folder / TABLE)
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        files = {row["id"]: row["file"] for row in csv.DictReader(file)}
    known: dict[str, MotionFacts] = {}

    def facts(clip: str) -> MotionFacts:
        if clip not in known:
            motion = arrays.read(folder / files[clip], "", ReadOptions())
            known[clip] = measure(smpl_joints(motion), motion.fps)
        return known[clip]

    return files, facts


@pytest.mark.parametrize(("name", "wanted", "least", "clips"), EXPECTED)
def test_clips_of_a_class_show_what_the_class_says(facts_of_id, name, wanted, least, clips):
    files, facts = facts_of_id
    of_class = [clip for clip in files if name in clip]
    assert len(of_class) == clips
    found = [clip for clip in of_class if any(_is_one(event, wanted) for event in facts(clip).events)]
    assert len(found) >= least, sorted(set(of_class) - set(found))


def _is_one(event, wanted) -> bool:
    return any(
        event.kind == kind and side in ("", event.side) and detail in ("", event.detail)
        for kind, side, detail in wanted
    )


@pytest.mark.parametrize(
    ("clip", "degrees", "side"), [("cmu_06_10", 365, "left"), ("cmu_06_11", -364, "right")]
)
def test_four_quarter_turns_add_up_to_a_whole_one(facts_of_id, clip, degrees, side):
    measured = facts_of_id[1](clip)
    # the README measured the hips; here hips and shoulders together are followed
    assert measured.net_turn_deg == pytest.approx(degrees, abs=15)
    turns = [event for event in measured.events if event.kind == "turn"]
    assert sum(turn.magnitude for turn in turns if turn.side == side) > 250

"""Captions of bodies made of formulas: what is true is passed, what is wrong is named."""

from __future__ import annotations

import numpy as np
import pytest

from tmr_engine.annotating.check import COLUMNS, Checker, main, read_lines
from tmr_engine.annotating.claims import Claim, claims
from tmr_engine.annotating.evidence import Evidence
from tmr_engine.annotating.motions import Motions
from tmr_engine.datasets.dataset import DatasetError

from .made import (
    FPS,
    LEFT_ANKLE,
    LEFT_KNEE,
    LEFT_TOE,
    data_folder,
    moving,
    raising_left_arm,
    ramp,
    standing,
    turning_left,
)


def contradicted(joints, caption):
    evidence = Evidence(joints, FPS)
    return {claim for claim in claims(caption) if evidence.against(claim)}


def lifting_left_foot():
    joints = standing(2.0)
    up = 0.5 * np.sin(np.pi * ramp(len(joints)))
    joints[:, [LEFT_ANKLE, LEFT_TOE], 1] += up[:, None]
    joints[:, LEFT_KNEE, 1] += up / 2
    joints[:, [LEFT_KNEE, LEFT_ANKLE, LEFT_TOE], 2] += up[:, None]
    return joints


def jumping():
    joints = standing(2.0)
    lift = np.clip(0.4 - 4.0 * (np.arange(len(joints)) / FPS - 1.0) ** 2, 0.0, None)
    return joints + lift[:, None, None] * [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("a person turns to the left", {Claim("turn", "left")}),
        ("turn clockwise on the spot", {Claim("turn", "right")}),
        ("spins counter-clockwise", {Claim("turn", "left")}),
        ("turns the head to the left", set()),
        ("turns on the left foot", set()),
        ("jump backwards", {Claim("travel", "backward"), Claim("act", "jump")}),
        ("walks as if carrying a tray to the left", set()),
        ("steps with the right foot", set()),
        ("raise the left arm", {Claim("raised hand", "left"), Claim("hand", "left")}),
        ("kicks with the right leg", {Claim("kick", "right")}),
        ("raises both arms, the left hand higher", set()),
    ],
)
def test_claims_of_a_caption(caption, expected):
    assert claims(caption) == expected


@pytest.mark.parametrize(
    ("joints", "true", "wrong"),
    [
        (raising_left_arm(), "raises the left arm overhead", "raises the right arm"),
        (raising_left_arm(), "lift the left hand above the head", "holds the right hand overhead"),
        (turning_left(90), "turns to the left", "turns right"),
        (turning_left(-90), "a quarter turn, turning clockwise", "turns counterclockwise"),
        (moving(standing(3.0), (0.0, 0.0, 2.0)), "walks forward", "walks backward"),
        (moving(standing(3.0), (0.0, 0.0, -2.0)), "steps backwards", "steps forward"),
        (moving(standing(3.0), (2.0, 0.0, 0.0)), "sidesteps to the left", "sidesteps to the right"),
        (lifting_left_foot(), "kicks with the left foot", "kicks with the right foot"),
        (lifting_left_foot(), "lifts the left knee", "lifts the right knee"),
        (jumping(), "jumps up", "walks to the left"),
        (standing(2.0), "stands still", "jumps up"),
        (standing(2.0), "stands without jumping", "squats"),
        (standing(2.0), "someone waits", "lies on the floor"),
        (standing(2.0), "arms hang", "sits down"),
        (standing(2.0), "waiting", "runs"),
        (standing(2.0), "idle", "kneels"),
        (standing(2.0), "does nothing", "walks about"),
    ],
)
def test_what_is_true_passes_and_what_is_wrong_is_contradicted(joints, true, wrong):
    assert contradicted(joints, true) == set()
    assert contradicted(joints, wrong)


def test_a_caption_of_the_hand_that_hangs_is_contradicted_by_the_one_that_moves():
    assert contradicted(raising_left_arm(), "waves with the right hand") == {Claim("hand", "right")}
    assert contradicted(raising_left_arm(), "waves with the left hand") == set()


@pytest.fixture
def files(tmp_path):
    data = data_folder(tmp_path)
    table = data / "segments.csv"
    table.write_text("motion,start_s,end_s\ngo,0.00,3.00\n")

    def write(*rows):
        path = data / "W.csv"
        path.write_text("\n".join([",".join([*COLUMNS, "checked"]), *rows]) + "\n")
        return path

    return data, table, write


def problems(files, *rows):
    data, table, write = files
    return [problem.what for problem in Checker(Motions(data), table).problems(read_lines(write(*rows)))]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("go,0.00,3.00,walks backward,0.9,", "backward"),
        ("go,0.00,4.00,goes ahead,0.9,", "ends at 3.00"),
        ("go,1.00,3.00,goes ahead,0.9,", "no such segment"),
        ("gone,0.00,3.00,goes ahead,0.9,", "no such motion"),
        ("go,0.00,3.00,goes ahead,1.5,", "confidence"),
        ("go,0.00,3.00,goes ahead,sure,", "confidence"),
        ("go,0.00,3.00,up,0.9,", "too short"),
        ("go,3.00,3.00,goes ahead,0.9,", "no length"),
    ],
)
def test_a_wrong_line_is_told_what_is_wrong(files, row, said):
    (what,) = problems(files, row)
    assert said in what


def test_a_right_line_has_no_problem_and_the_same_twice_has_one(files):
    row = "go,0.00,3.00,a figure slides forward,0.9,"
    assert problems(files, row) == []
    assert problems(files, row, row) == ["it is there twice"]


def test_a_time_that_is_none_and_a_missing_column_are_refused(files):
    data, _, write = files
    with pytest.raises(DatasetError, match="line 2"):
        read_lines(write("go,soon,3.00,goes ahead,0.9,"))
    (data / "X.csv").write_text("motion,caption\ngo,goes\n")
    with pytest.raises(DatasetError, match="confidence"):
        read_lines(data / "X.csv")


def test_the_command_fails_until_a_person_has_looked_at_the_contradiction(files, capsys):
    data, table, write = files
    good = [f"go,0.00,3.00,slide {word} forward,0.9," for word in ("on", "well")]
    wrong = "go,0.00,3.00,walks backward,0.9,"
    words = ["--data", str(data), "--segments", str(table)]
    assert main([str(write(*good, wrong)), *words]) == 1
    assert 'line 4: go 0.00: "walks backward": says travel backward' in capsys.readouterr().out
    assert main([str(write(*good, wrong + "it faces away")), *words]) == 0
    assert "1 looked at again" in capsys.readouterr().out
    assert main([str(write(*good)), *words]) == 1
    assert "has 2 captions" in capsys.readouterr().out

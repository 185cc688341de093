"""Writers' files become one table; agreement is counted on vectors made by hand."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from tmr_engine.annotating.agreement import agreement
from tmr_engine.annotating.check import COLUMNS, Line
from tmr_engine.annotating.merge import doubled, main, merged
from tmr_engine.annotating.segments import Part

from .made import data_folder


def line(motion, start_s, caption, confidence=0.9):
    return Line("W.csv, line 2", motion, Part(start_s, start_s + 2.0), caption, confidence, "")


def test_rows_are_sorted_by_motion_and_time_and_keep_the_order_of_writing():
    files = {
        "B": [line("walk", 2.0, "second"), line("walk", 2.0, "another"), line("walk", 0.0, "first")],
        "A": [line("hop", 0.0, "hops"), line("walk", 2.0, "second", 0.1)],
    }
    assert merged(files) == [
        ("hop", "0.00", "2.00", "hops", "0.90", "A"),
        ("walk", "0.00", "2.00", "first", "0.90", "B"),
        ("walk", "2.00", "4.00", "second", "0.90", "B"),
        ("walk", "2.00", "4.00", "another", "0.90", "B"),
    ]


def test_only_segments_of_two_writers_are_compared():
    files = {"A": [line("hop", 0.0, "hops"), line("walk", 0.0, "walks")], "F": [line("hop", 0.0, "jumps")]}
    assert doubled(files) == [(["hops"], ["jumps"])]


def test_agreement_is_the_closest_pair_beside_the_closest_pair_of_other_segments():
    vectors = {
        "turn left": np.array([1.0, 0.0]),
        "turns left": np.array([0.8, 0.6]),
        "turn right": np.array([0.0, 1.0]),
        "turns to the left": np.array([-0.6, 0.8]),
    }
    pairs = [(["turn left"], ["turns left"]), (["turn right"], ["turns to the left"])]
    found = agreement(pairs, vectors)
    # cosines: same 0.8 and 0.8; first with the other's second -0.6, second with the other's first 0.6
    assert found.same == pytest.approx(0.8)
    assert found.others == pytest.approx(0.0)
    assert found.nearest == 1.0
    assert found.claims == {"turn": (2, 0.5)}


def test_the_command_leaves_contradicted_lines_out(tmp_path, capsys):
    data = data_folder(tmp_path)
    (data / "segments.csv").write_text("motion,start_s,end_s\ngo,0.00,3.00\n")
    (data / "A.csv").write_text(
        ",".join(COLUMNS) + "\ngo,0.00,3.00,slides forward,0.8\ngo,0.00,3.00,walks backward,0.9\n"
    )
    words = ["--data", str(data), "--segments", str(data / "segments.csv"), "--out", str(data / "out.csv")]
    assert main([str(data / "A.csv"), *words]) == 0
    assert [row["caption"] for row in csv.DictReader((data / "out.csv").open())] == ["slides forward"]
    assert "1 left out" in capsys.readouterr().out

"""Where takes are cut, and the commands that write segments and sheets."""

from __future__ import annotations

import csv
import struct
from itertools import pairwise

import numpy as np
import pytest

from tmr_engine.annotating.__main__ import main
from tmr_engine.annotating.segments import LENGTHS, segments
from tmr_engine.annotating.table import SEGMENTS

from .made import FPS, LEFT_WRIST, RIGHT_WRIST, data_folder, moving, standing


def walking(seconds):
    joints = moving(standing(seconds), (0.0, 0.0, 1.3 * seconds))
    swing = 0.3 * np.sin(2 * np.pi * np.arange(len(joints)) / FPS)
    joints[:, LEFT_WRIST, 2] += swing
    joints[:, RIGHT_WRIST, 2] -= swing
    return joints


def test_a_clip_of_ten_seconds_stays_whole():
    assert segments(standing(10.0), FPS) == [(0.0, 10.0)]


def test_a_long_take_is_cut_where_standing_becomes_walking_and_walking_standing():
    walk = walking(8.0)
    after = standing(8.0) + walk[-1, 0] - standing(0.0)[0, 0]
    parts = segments(np.concatenate([standing(8.0), walk[1:], after[1:]]), FPS)
    cuts = [part.start_s for part in parts[1:]]
    for change in (8.0, 16.0):
        assert min(abs(cut - change) for cut in cuts) <= 0.5


@pytest.mark.parametrize("seconds", [10.1, 12.0, 23.37, 61.0])
def test_parts_follow_each_other_without_gaps_and_are_two_to_ten_seconds_long(seconds):
    parts = segments(walking(seconds), FPS)
    assert parts[0].start_s == 0.0
    assert parts[-1].end_s == pytest.approx((len(walking(seconds)) - 1) / FPS, abs=0.01)
    assert all(one.end_s == other.start_s for one, other in pairwise(parts))
    assert all(LENGTHS.shortest_s - 1e-6 <= end - start <= LENGTHS.longest_s + 1e-6 for start, end in parts)


def test_the_frame_rate_hardly_moves_the_cuts():
    joints = np.concatenate([standing(8.0), walking(8.0)])
    slow = segments(joints, FPS)
    fast = segments(np.repeat(joints, 2, axis=0)[:-1], 2 * FPS)
    assert len(slow) == len(fast)
    assert np.abs(np.array(slow) - np.array(fast)).max() <= 0.2


def test_commands_write_the_table_and_a_sheet_of_the_named_width(tmp_path):
    data = data_folder(tmp_path)
    assert main(["segments", str(data), str(tmp_path / "segments.csv")]) == 0
    rows = list(csv.DictReader((tmp_path / "segments.csv").open()))
    assert rows == [{"motion": "go", "start_s": "0.00", "end_s": "3.00"}]
    assert main(["sheets", str(data), str(tmp_path / "segments.csv"), str(tmp_path / "sheets")]) == 0
    listed = list(csv.DictReader((tmp_path / "sheets" / "sheets.csv").open()))
    assert [(row["sheet"], row["hint"]) for row in listed] == [("made_000.png", "slide")]
    picture = (tmp_path / "sheets" / "made_000.png").read_bytes()
    width, height = struct.unpack_from(">II", picture, 16)
    assert width >= 1400
    assert height > 100


def test_unknown_words_print_how_to_call_it(capsys):
    assert main(["paint"]) == 2
    assert "segments.csv" in capsys.readouterr().err


def test_the_shipped_segments_lie_within_their_motions(shared_dir):
    lengths = {
        row["id"]: float(row["seconds"]) for row in csv.DictReader((shared_dir / "data/manifest.csv").open())
    }
    rows = list(csv.DictReader(SEGMENTS.open()))
    assert len(rows) == 1031
    for row in rows:
        start, end = float(row["start_s"]), float(row["end_s"])
        assert 0.0 <= start < end <= lengths[row["motion"]] + 0.01
        assert end - start <= 10.1

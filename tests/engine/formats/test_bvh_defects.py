"""Damaged BVH files: mended with a warning, or refused with the line at which they stop making sense."""

import numpy as np
import pytest

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import read_motion

from .made import bvh_text, channel_count, moving_rows, person

FRAMES = 12


@pytest.fixture
def lines() -> list[str]:
    return bvh_text(person(), moving_rows(person(), FRAMES)).splitlines()


@pytest.fixture
def first(lines) -> int:
    """Index of the first line of numbers."""
    return next(i for i, line in enumerate(lines) if line.startswith("Frame Time")) + 1


def read_lines(tmp_path, lines):
    path = tmp_path / "walk.bvh"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_motion(path)


def refusal(tmp_path, lines) -> str:
    with pytest.raises(MotionFileError) as caught:
        read_lines(tmp_path, lines)
    assert str(tmp_path / "walk.bvh") in str(caught.value)
    return str(caught.value)


def test_frame_with_a_missing_number_names_the_line_and_both_counts(tmp_path, lines, first):
    lines[first + 3] = lines[first + 3].rsplit(" ", 1)[0]
    width = channel_count(person())
    message = refusal(tmp_path, lines)
    # the next line is where the count runs over
    assert f"line {first + 5}" in message
    assert f"the hierarchy needs {width}" in message


def test_word_among_the_numbers_names_its_line(tmp_path, lines, first):
    lines[first + 2] = lines[first + 2].replace(" ", " oops ", 1)
    message = refusal(tmp_path, lines)
    assert f"line {first + 3}" in message


@pytest.mark.parametrize("text", ["1_0", "0x10", "#"])
def test_what_only_python_takes_for_a_number_is_refused(tmp_path, lines, first, text):
    lines[first] = " ".join([text, *lines[first].split()[1:]])
    assert f"line {first + 1}" in refusal(tmp_path, lines)


def test_file_cut_inside_the_last_frame_keeps_the_whole_frames(tmp_path, lines, first):
    lines[-1] = lines[-1][: len(lines[-1]) // 2]
    motion = read_lines(tmp_path, lines)
    assert len(motion) == FRAMES - 1
    assert any("cut short" in warning and f"line {len(lines)}" in warning for warning in motion.warnings)


@pytest.mark.parametrize("stated", ["5", "500", "-3", "many", "999999999999999"])
def test_frame_count_of_the_header_is_not_trusted(tmp_path, lines, first, stated):
    lines[first - 2] = f"Frames: {stated}"
    motion = read_lines(tmp_path, lines)
    assert len(motion) == FRAMES
    assert "were read" in motion.warnings[0]


def test_single_value_that_is_not_finite_holds_the_frame_before(tmp_path, lines, first):
    whole = read_lines(tmp_path, lines)
    words = lines[first + 5].split()
    words[4] = "nan"
    lines[first + 5] = " ".join(words)
    motion = read_lines(tmp_path, lines)
    assert "not finite" in motion.warnings[0]
    assert "frame 6" in motion.warnings[0]
    np.testing.assert_allclose(motion.rotations[[4, 6]], whole.rotations[[4, 6]], atol=1e-12)
    assert np.isfinite(motion.world[0]).all()
    # the other two angles of that joint are those of frame 6, so it is near both neighbours
    assert np.abs(motion.world[0][5] - whole.world[0][5]).max() < 0.2


@pytest.mark.parametrize("word", ["nan", "inf", "1e999"])
def test_motion_that_is_not_finite_throughout_is_refused(tmp_path, lines, first, word):
    lines[first:] = [" ".join([word] * len(line.split())) for line in lines[first:]]
    assert "not finite" in refusal(tmp_path, lines)


def test_decimal_commas_are_read_with_a_warning(tmp_path, lines, first):
    whole = read_lines(tmp_path, lines)
    lines[first:] = [line.replace(".", ",") for line in lines[first:]]
    motion = read_lines(tmp_path, lines)
    assert "decimal commas" in motion.warnings[0]
    np.testing.assert_allclose(motion.world[0], whole.world[0], atol=1e-9)


def test_numbers_that_run_into_each_other_are_split_before_the_minus(tmp_path, lines, first):
    whole = read_lines(tmp_path, lines)
    lines[first:] = [line.replace(" -", "-") for line in lines[first:]]
    motion = read_lines(tmp_path, lines)
    assert any("minus signs" in warning for warning in motion.warnings)
    np.testing.assert_allclose(motion.world[0], whole.world[0], atol=1e-9)


def test_text_after_the_last_frame_is_left_out(tmp_path, lines):
    lines.append("exported by a friendly program")
    motion = read_lines(tmp_path, lines)
    assert len(motion) == FRAMES
    assert "text after the last frame" in motion.warnings[0]


@pytest.mark.parametrize(
    ("find", "replace", "message"),
    [
        ("OFFSET 0.00000000 0.10000000 0.00000000", "OFFSET 0 1", "OFFSET has 2 numbers"),
        ("OFFSET 0.00000000 0.10000000 0.00000000", "OFFSET 0 x 1", "not made of numbers"),
        ("OFFSET 0.00000000 0.10000000 0.00000000", "OFFSET 0 nan 1", "not finite"),
        ("CHANNELS 3 Zrotation Xrotation Yrotation", "CHANNELS 3 Zrotation Xrotation", "count does not fit"),
        (
            "CHANNELS 3 Zrotation Xrotation Yrotation",
            "CHANNELS 3 Zrotation Xrotation Wrotation",
            "is no channel",
        ),
        ("CHANNELS 3 Zrotation Xrotation Yrotation", "CHANNELS 3 Zrotation Zrotation Yrotation", "twice"),
        ("JOINT Spine", "BONE Spine", "is no statement"),
        ("JOINT Spine", "ROOT Spine\nROOT Other", "opening brace is expected"),
        ("HIERARCHY", "FEATHERS", "not a BVH file"),
    ],
)
def test_broken_hierarchy_names_the_line(tmp_path, lines, find, replace, message):
    text = "\n".join(lines)
    line = text[: text.index(find)].count("\n") + 1 + replace.count("\n")
    said = refusal(tmp_path, text.replace(find, replace, 1).splitlines())
    assert message in said
    if find != "HIERARCHY":
        assert f"line {line}" in said


def test_second_root_is_refused_as_two_skeletons(tmp_path, lines):
    text = "\n".join(lines).replace("MOTION", "ROOT Other\n{\n OFFSET 0 0 0\n CHANNELS 0\n}\nMOTION")
    assert "two skeletons" in refusal(tmp_path, text.splitlines())


def test_end_site_that_is_not_closed_is_refused(tmp_path, lines):
    at = next(i for i, line in enumerate(lines) if "End Site" in line)
    message = refusal(tmp_path, lines[: at + 3] + lines[at + 4 :])
    assert "line" in message


def test_chain_deeper_than_any_recursion_is_refused(tmp_path):
    depth = 20_000
    header = ["HIERARCHY", "ROOT a", "{", "OFFSET 0 1 0", "CHANNELS 1 Xrotation"]
    for number in range(depth):
        header += [f"JOINT b{number}", "{", "OFFSET 0 1 0", "CHANNELS 1 Xrotation"]
    assert "more than 1024 joints" in refusal(tmp_path, header + ["}"] * depth + ["MOTION", "Frames: 1"])


def test_channels_without_any_joint_motion_are_refused(tmp_path):
    text = "HIERARCHY\nROOT a\n{\nOFFSET 0 1 0\nCHANNELS 0\n}\nMOTION\nFrames: 1\nFrame Time: 0.1\n1\n"
    assert "no joint has a channel" in refusal(tmp_path, text.splitlines())


def test_root_a_world_away_is_refused(tmp_path):
    rows = moving_rows(person(), FRAMES)
    rows[6, 0] = 3e8
    message = refusal(tmp_path, bvh_text(person(), rows).splitlines())
    assert "km away" in message
    assert "frame 7" in message

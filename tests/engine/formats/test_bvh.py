"""BVH conventions, on files made here; positions checked by scipy's rotations, not by the product's."""

import codecs

import numpy as np
import pytest

from tmr_engine.formats import ReadOptions, read_motion
from tmr_engine.formats.bvh_values import frame_rows
from tmr_engine.motion import Motion

from .made import ROOT_CHANNELS, Joint, bvh_text, flat, forward, moving_rows, person


def read_made(tmp_path, root, rows, frame_time="0.0333333", options=None) -> Motion:
    path = tmp_path / "made.bvh"
    path.write_text(bvh_text(root, rows, frame_time), encoding="utf-8")
    return read_motion(path, options=options)


def assert_same_places(motion, places, scale=1.0):
    world = motion.world[0]
    for joint, name in enumerate(motion.skeleton.names):
        np.testing.assert_allclose(world[:, joint], places[name] * scale, atol=1e-6)


@pytest.mark.parametrize(
    ("units_a_metre", "metres"),
    [(1, 1), (100, 0.01), (1000, 0.001), (1 / 0.0254, 0.0254), (0.45 / 0.0254, 0.0254 / 0.45)],
    ids=["m", "cm", "mm", "inch", "cmu"],
)
def test_unit_is_recognised_by_the_height_of_the_body(tmp_path, units_a_metre, metres):
    root = person(units_a_metre)
    rows = moving_rows(root, height=0.95 * units_a_metre)
    assert_same_places(read_made(tmp_path, root, rows), forward(root, rows), metres)


def test_stated_unit_is_taken_instead_of_the_recognised_one(tmp_path):
    root = person(100)
    rows = moving_rows(root, height=95)
    motion = read_made(tmp_path, root, rows, options=ReadOptions(unit_m=0.02))
    assert_same_places(motion, forward(root, rows), 0.02)


def test_body_of_no_known_unit_is_read_with_a_warning(tmp_path):
    root = person(0.35)
    motion = read_made(tmp_path, root, moving_rows(root, height=0.33))
    assert "m tall" in motion.warnings[0]


@pytest.mark.parametrize("order", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
def test_channels_apply_in_their_written_order(tmp_path, order):
    root = person()
    for joint, _ in flat(root)[1:]:
        joint.channels = " ".join(f"{axis}rotation" for axis in order)
    rows = moving_rows(root)
    assert_same_places(read_made(tmp_path, root, rows), forward(root, rows))


def test_orders_may_differ_from_joint_to_joint_and_axes_may_be_missing(tmp_path):
    root = person()
    variants = [
        "Xrotation",
        "Yrotation Zrotation",
        "Zrotation Yrotation Xrotation",
        "Yrotation Xrotation Zrotation",
    ]
    for number, (joint, _) in enumerate(flat(root)[1:]):
        joint.channels = variants[number % 4]
    rows = moving_rows(root)
    assert_same_places(read_made(tmp_path, root, rows), forward(root, rows))


def test_position_channels_replace_offsets_on_every_joint(tmp_path):
    root = person()
    for joint, _ in flat(root):
        joint.channels = ROOT_CHANNELS
    rows = moving_rows(root)
    root.offset = (0.0, 0.95, 0.0)  # must not be added to the root's positions
    assert_same_places(read_made(tmp_path, root, rows), forward(root, rows))


def test_root_offset_is_added_where_the_body_would_hang_below_the_floor(tmp_path):
    root = person(100)
    rows = moving_rows(root, height=96, degrees=8)
    places = forward(root, rows)
    rows[:, 1] -= 96.0
    root.offset = (0.0, 96.0, 0.0)
    assert_same_places(read_made(tmp_path, root, rows), places, 0.01)


def test_z_up_file_comes_out_y_up(tmp_path):
    root = person(100)
    rows = moving_rows(root, height=95, degrees=8)
    places = forward(root, rows)
    # the same figure with Z up: (x, y, z) -> (x, -z, y), in offsets, positions and angles
    for joint, _ in flat(root):
        x, y, z = joint.offset
        joint.offset = (x, -z, y)
        names = {"X": "X", "Y": "Z", "Z": "Y"}
        joint.channels = " ".join(names[word[0]] + word[1:] for word in joint.channels.split())
    column = 0
    for joint, _ in flat(root):
        for channel in joint.channels.split():
            if channel[0] == "Y":
                rows[:, column] *= -1
            column += 1
    assert_same_places(read_made(tmp_path, root, rows), places, 0.01)


@pytest.mark.parametrize(
    ("text", "fps"),
    [
        ("0.0083333", 120),
        (".0083333", 120),
        ("0.016667", 60),
        ("0.0417083", 23.976),
        ("0.04", 25),
        ("0.0125", 80),
    ],
)
def test_frame_rate_in_common_use_is_taken_where_the_digits_allow(tmp_path, text, fps):
    motion = read_made(tmp_path, person(), moving_rows(person()), text)
    assert motion.fps == pytest.approx(fps, abs=1e-9)
    assert not motion.warnings


@pytest.mark.parametrize(("text", "fps"), [("0", 30), ("-0.03", 30), ("60", 60), ("often", 30), ("1e-9", 30)])
def test_impossible_frame_time_is_replaced_with_a_warning(tmp_path, text, fps):
    motion = read_made(tmp_path, person(), moving_rows(person()), text)
    assert motion.fps == fps
    assert "frame" in motion.warnings[0]


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.replace(" ", "\t").encode(),
        lambda text: text.replace("\n  ", " \n\n\t ").encode(),
        lambda text: text.replace("\n{", " {").encode(),
        lambda text: text.rstrip().encode(),
        lambda text: (
            text.replace("ROOT", "Root").replace("JOINT", "joint").replace("MOTION", "motion").encode()
        ),
    ],
    ids=["bom", "utf16", "utf16be", "crlf", "cr", "tabs", "blank-lines", "brace-on-line", "no-end", "case"],
)
def test_text_may_be_written_in_many_ways(tmp_path, encode):
    root, path = person(), tmp_path / "odd.bvh"
    rows = moving_rows(root)
    path.write_bytes(encode(bvh_text(root, rows)))
    motion = read_motion(path)
    assert_same_places(motion, forward(root, rows))
    assert motion.warnings == ()


def test_numbers_may_be_wrapped_over_lines(tmp_path):
    root, path = person(), tmp_path / "wrapped.bvh"
    rows = moving_rows(root)
    head, _, numbers = bvh_text(root, rows).partition("Frame Time: 0.0333333\n")
    wrapped = []
    for line in numbers.splitlines():
        words = line.split()
        wrapped += [" ".join(words[begin : begin + 7]) for begin in range(0, len(words), 7)]
    path.write_text(head + "Frame Time: 0.0333333\n" + "\n".join(wrapped))
    assert_same_places(read_motion(path), forward(root, rows))


@pytest.mark.parametrize("decimals", [0, 1, 4, 6, 9, 12])
def test_numbers_are_those_of_python_to_the_last_bit(decimals):
    rows = np.random.default_rng(decimals).normal(size=(50, 30)) * np.array([1e-3, 1.0, 1e4] * 10)
    point = "." if decimals == 0 else ""
    text = "\n".join(" ".join(f"{value:.{decimals}f}{point}" for value in row) for row in rows)
    expected = np.array([[float(word) for word in line.split()] for line in text.splitlines()])
    warnings: list[str] = []
    found = frame_rows(text.encode(), 30, 50, 1, warnings)
    assert (found == expected).all()
    assert warnings == []


@pytest.mark.parametrize(
    "text",
    [
        "1.50 2\n3.50 4.50",
        "1.5 -.25\n3. +4.125",
        "9007199254740993.5 1.5\n1.5 2.5",
        "1.5 99999999999999999999.5\n2.5 3.5",
        "1.5e1 2\n-3E-2 4",
        "1 2\n3 4",
    ],
)
def test_numbers_that_are_not_written_alike_are_read_as_well(text):
    expected = [[float(word) for word in line.split()] for line in text.splitlines()]
    assert frame_rows(text.encode(), 2, 2, 1, []).tolist() == expected


def soma_person(scale: float) -> Joint:
    """The layout of BONES-SEED: Root and Hips with six channels, 77 joints from Hips on, bones along +X."""

    def chain(names: list[str], length: float, more: list[Joint] | None = None) -> Joint:
        joint = Joint(names[-1], (length * scale, 0, 0), "Zrotation Yrotation Xrotation", more or [])
        for name in reversed(names[:-1]):
            joint = Joint(name, (length * scale, 0, 0), "Zrotation Yrotation Xrotation", [joint])
        return joint

    def hand(side: str) -> list[Joint]:
        thumb = chain([f"{side}HandThumb{part}" for part in ("1", "2", "3", "End")], 0.03)
        fingers = [
            chain([f"{side}Hand{name}{part}" for part in ("1", "2", "3", "4", "End")], 0.025)
            for name in ("Index", "Middle", "Ring", "Pinky")
        ]
        return [thumb, *fingers]

    def arm(side: str, sign: float) -> Joint:
        fore = chain([f"{side}ForeArm", f"{side}Hand"], 0.26, hand(side))
        upper = chain([f"{side}Arm"], 0.12, [fore])
        return Joint(
            f"{side}Shoulder",
            (0.12 * scale, 0, sign * 0.05 * scale),
            "Zrotation Yrotation Xrotation",
            [upper],
        )

    def leg(side: str, sign: float) -> Joint:
        shin = chain([f"{side}Shin", f"{side}Foot"], 0.415, [chain([f"{side}ToeBase", f"{side}ToeEnd"], 0.1)])
        return Joint(
            f"{side}Leg", (-0.02 * scale, sign * 0.09 * scale, 0), "Zrotation Yrotation Xrotation", [shin]
        )

    face = [chain([name], 0.05) for name in ("HeadEnd", "Jaw", "LeftEye", "RightEye")]
    neck = chain(["Neck1", "Neck2", "Head"], 0.08, face)
    spine = chain(["Spine1", "Spine2", "Chest"], 0.13, [neck, arm("Left", 1), arm("Right", -1)])
    six = "Xposition Yposition Zposition Zrotation Yrotation Xrotation"
    hips = Joint("Hips", (0.0, 0.96 * scale, 0.0), six, [spine, leg("Left", 1), leg("Right", -1)])
    return Joint("Root", (0.0, 0.0, 0.0), six, [hips])


def standing_soma_rows(root: Joint, scale: float, frames: int = 240) -> np.ndarray:
    """Channel values that stand the SOMA figure up: trunk +Y, legs -Y, arms down, a slow sway."""
    columns: dict[tuple[str, str], int] = {}
    for joint, _ in flat(root):
        for channel in joint.channels.split():
            columns[joint.name, channel] = len(columns)
    rows = np.zeros((frames, len(columns)))
    sway = np.sin(np.linspace(0, 2 * np.pi, frames))
    rows[:, columns["Hips", "Yposition"]] = 0.96 * scale + sway
    rows[:, columns["Hips", "Zrotation"]] = 90.0
    for side, sign in (("Left", 1), ("Right", -1)):
        rows[:, columns[f"{side}Leg", "Zrotation"]] = 180.0
        rows[:, columns[f"{side}Foot", "Yrotation"]] = 80.0
        rows[:, columns[f"{side}Arm", "Yrotation"]] = sign * (150.0 + 3 * sway)
        rows[:, columns[f"{side}ForeArm", "Yrotation"]] = 30.0 + 25.0 * sway
    return rows


def test_soma_skeleton_of_bones_seed_is_read_with_its_77_joints(tmp_path):
    root = soma_person(100)
    rows = standing_soma_rows(root, 100)
    motion = read_made(tmp_path, root, rows, "0.008333")
    assert len(motion.skeleton) == 77
    assert motion.skeleton.names[0] == "Hips"
    assert motion.fps == 120
    assert len(motion) == 240
    assert_same_places(
        motion, {name: place for name, place in forward(root, rows).items() if name != "Root"}, 0.01
    )


def test_rest_pose_of_soma_is_taken_from_its_straightest_frame(tmp_path):
    root = soma_person(100)
    motion = read_made(tmp_path, root, standing_soma_rows(root, 100), "0.008333")
    rest, _ = motion.skeleton.rest_pose
    index = motion.skeleton.names.index
    assert rest[index("Head"), 1] > rest[index("Hips"), 1] + 0.5
    assert rest[index("LeftFoot"), 1] < rest[index("Hips"), 1] - 0.7
    elbow = [rest[index(f"Left{name}")] for name in ("Arm", "ForeArm", "Hand")]
    upper, lower = elbow[1] - elbow[0], elbow[2] - elbow[1]
    bend = np.degrees(np.arccos(upper @ lower / np.linalg.norm(upper) / np.linalg.norm(lower)))
    assert bend < 8  # it bends between 5 and 55 degrees in the take


def test_offset_line_with_six_numbers_is_read_by_its_first_three(tmp_path):
    root = person()
    rows = moving_rows(root)
    path = tmp_path / "six.bvh"
    text = bvh_text(root, rows).splitlines()
    path.write_text("\n".join(line + " 0 90 0" if "OFFSET" in line else line for line in text))
    assert_same_places(read_motion(path), forward(root, rows))


def test_leading_t_pose_is_left_out_and_shows_as_a_later_start(tmp_path):
    root = person()
    rows = moving_rows(root, frames=60)
    rows[0, 3:] = 0.0
    motion = read_made(tmp_path, root, rows)
    assert len(motion) == 59
    assert motion.source.start_s == pytest.approx(1 / 30)
    assert_same_places(motion, {name: place[1:] for name, place in forward(root, rows).items()})


def test_leading_t_pose_with_bent_knees_is_left_out_where_it_lies_near_the_rest_pose(tmp_path):
    root = person()
    rows = moving_rows(root, frames=60)
    columns = [(joint.name, channel) for joint, _ in flat(root) for channel in joint.channels.split()]
    rows[0, 3:] = 0.0
    for side in ("Left", "Right"):  # 30 degrees: less straight than what counts as standing straight
        rows[0, columns.index((f"{side}Leg", "Xrotation"))] = 30.0
    motion = read_made(tmp_path, root, rows)
    assert len(motion) == 59
    assert_same_places(motion, {name: place[1:] for name, place in forward(root, rows).items()})


def test_take_that_begins_calmly_keeps_its_first_frame(tmp_path):
    root = person()
    rows = moving_rows(root, frames=60)
    assert len(read_made(tmp_path, root, rows)) == 60


def test_take_that_starts_in_the_t_pose_and_leaves_it_slowly_keeps_it(tmp_path):
    root = person()
    rows = moving_rows(root, frames=60)
    rows[:, 3:] *= np.clip(np.arange(60) / 40, 0, 1)[:, None]
    assert len(read_made(tmp_path, root, rows)) == 60


def test_leading_t_pose_calibrates_a_skeleton_whose_zero_pose_shows_nobody(tmp_path):
    root = soma_person(100)
    rows = standing_soma_rows(root, 100)
    columns = {}
    for joint, _ in flat(root):
        for channel in joint.channels.split():
            columns[joint.name, channel] = len(columns)
    for side, sign in (("Left", 1), ("Right", -1)):  # frame 0: arms straight to the sides
        rows[0, columns[f"{side}Arm", "Yrotation"]] = sign * 90.0
        rows[0, columns[f"{side}ForeArm", "Yrotation"]] = 0.0
    motion = read_made(tmp_path, root, rows, "0.008333")
    assert len(motion) == 239
    rest, _ = motion.skeleton.rest_pose
    index = motion.skeleton.names.index
    first = forward(root, rows[:1])
    shift = rest[index("Hips")] - first["Hips"][0] / 100
    for name in ("LeftHand", "RightHand", "LeftFoot", "Head"):
        np.testing.assert_allclose(rest[index(name)], first[name][0] / 100 + shift, atol=1e-6)


def test_repeated_names_are_numbered_and_told(tmp_path):
    root = person()
    flat(root)[-1][0].name = "Head"
    motion = read_made(tmp_path, root, moving_rows(root))
    assert "Head.002" in motion.skeleton.names
    assert 'a second joint "Head"' in motion.warnings[0]


def test_single_frame_is_a_motion(tmp_path):
    root = person()
    rows = moving_rows(root, frames=12)[3:4]
    assert_same_places(read_made(tmp_path, root, rows), forward(root, rows))

"""Acclaim files made here and from CMU, against scipy and against expected positions."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import ReadOptions, read_motion

LENGTH = {"thigh": 7.5, "shin": 7.25, "back": 8.0}
AXIS = {"thigh": (0.0, 0.0, 20.0), "shin": (10.0, 20.0, 30.0), "back": (0.0, 0.0, 0.0)}
DIRECTION = {"thigh": (0.0, -1.0, 0.0), "shin": (0.6, -0.8, 0.0), "back": (0.0, 1.0, 0.0)}
DOF = {"thigh": "rx ry rz", "shin": "rx", "back": "rz rx"}


def asf_text(**changes: str) -> str:
    lines = [":version 1.10", ":name made", ":units", "  length 0.45", "  angle deg", ":root"]
    lines += [
        "  order TX TY TZ RX RY RZ",
        "  axis XYZ",
        "  position 0 0 0",
        "  orientation 0 0 0",
        ":bonedata",
    ]
    for name, length in LENGTH.items():
        direction = " ".join(map(str, DIRECTION[name]))
        axis = " ".join(map(str, AXIS[name]))
        lines += ["  begin", f"    name {name}", f"    direction {direction}", f"    length {length}"]
        lines += [f"    axis {axis} XYZ", f"    dof {DOF[name]}", "    limits (-1 1)", "  end"]
    lines += [":hierarchy", "  begin", "    root thigh back", "    thigh shin", "  end", ""]
    text = "\n".join(lines)
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


FRAMES = [
    {"root": [1, 17, 2, 10, 20, 30], "thigh": [15, -25, 35], "shin": [40], "back": [5, 50]},
    {"root": [1, 17, 3, 12, 22, 28], "thigh": [18, -20, 33], "shin": [45], "back": [6, 48]},
    {"root": [1, 17, 4, 14, 24, 26], "thigh": [20, -18, 30], "shin": [50], "back": [7, 46]},
]


def amc_text(frames=FRAMES) -> str:
    lines = ["#made", ":FULLY-SPECIFIED", ":DEGREES"]
    for number, frame in enumerate(frames, start=1):
        lines.append(str(number))
        lines += [f"{name} {' '.join(map(str, values))}" for name, values in frame.items()]
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "05.asf").write_text(asf_text())
    (tmp_path / "05_01.amc").write_text(amc_text())
    return tmp_path / "05_01.amc"


def test_positions_follow_from_axis_and_degrees_of_freedom(files):
    motion = read_motion(files)
    inch = 0.0254 / 0.45

    def turn(order: str, angles, axis):
        # about fixed axes in written order is scipy's lower-case (extrinsic) convention
        frame = Rotation.from_euler("xyz", axis, degrees=True)
        return frame * Rotation.from_euler(order, angles, degrees=True) * frame.inv()

    for number, frame in enumerate(FRAMES):
        root = Rotation.from_euler("xyz", frame["root"][3:], degrees=True)
        thigh = root * turn("xyz", frame["thigh"], AXIS["thigh"])
        knee = np.array(frame["root"][:3]) + thigh.apply(np.array(DIRECTION["thigh"]) * LENGTH["thigh"])
        shin = motion.skeleton.names.index("shin")
        np.testing.assert_allclose(motion.world[0][number, shin], knee * inch, atol=1e-9)
        expected = thigh * turn("x", frame["shin"], AXIS["shin"])
        found = Rotation.from_quat(motion.world[1][number, shin][[1, 2, 3, 0]])
        assert (expected.inv() * found).magnitude() < 1e-9
        back = root * turn("zx", frame["back"], AXIS["back"])
        found = Rotation.from_quat(motion.world[1][number, motion.skeleton.names.index("back")][[1, 2, 3, 0]])
        assert (back.inv() * found).magnitude() < 1e-9


def test_cmu_take_has_the_expected_bone_ends(shared_dir):
    expected = np.load(shared_dir / "motions/cmu_02_01_first60.expected.npz")
    motion = read_motion(shared_dir / "motions/cmu_02_01_first60.amc")
    assert motion.fps == 120
    assert len(motion.skeleton) == 31
    ends = dict(zip(expected["joint_names"].tolist(), np.moveaxis(expected["positions"], 1, 0), strict=True))
    positions = motion.world[0]
    np.testing.assert_allclose(positions[:, 0], ends["root"], atol=1e-4)
    checked = 0
    for joint, parent in enumerate(motion.skeleton.parents.tolist()):
        if parent > 0:  # a bone starts where its parent ends
            np.testing.assert_allclose(positions[:, joint], ends[motion.skeleton.names[parent]], atol=1e-4)
            checked += 1
    assert checked == 27


def test_whole_cmu_take_walks_as_far_as_its_readme_says(shared_dir):
    motion = read_motion(shared_dir / "motions/samples/cmu_02_01.amc")
    steps = np.diff(motion.root_translation[:, [0, 2]], axis=0)
    assert len(motion) == 343
    assert np.linalg.norm(steps, axis=1).sum() == pytest.approx(3.37, abs=0.01)


def test_hdm05_take_kicks_with_the_left_foot(shared_dir):
    motion = read_motion(shared_dir / "motions/samples/hdm05_bd_kickLFront1Reps_001_120.amc")
    feet = [motion.world[0][:, motion.skeleton.names.index(name), 1] for name in ("lfoot", "rfoot")]
    assert np.ptp(feet[0]) > 0.5
    assert np.ptp(feet[1]) < 0.2


def test_frame_rate_of_the_user_is_taken(files):
    assert read_motion(files).fps == 120
    assert read_motion(files, options=ReadOptions(fps=60)).fps == 60


def test_skeleton_is_the_longest_name_that_begins_the_files(files, tmp_path):
    (tmp_path / "0.asf").write_text("junk")
    (tmp_path / "05_0.asf").write_text("junk")  # begins "05_01", but inside a word
    assert len(read_motion(files)) == 3


def test_missing_skeleton_is_told_with_the_name_it_should_have(files, tmp_path):
    (tmp_path / "05.asf").unlink()
    with pytest.raises(MotionFileError, match=r'its skeleton is missing.*"05_01\.asf"'):
        read_motion(files)


def test_missing_bone_holds_its_last_value(files):
    frames = [dict(frame) for frame in FRAMES]
    del frames[1]["shin"]
    files.write_text(amc_text(frames))
    motion = read_motion(files)
    shin = motion.skeleton.names.index("shin")
    np.testing.assert_allclose(motion.rotations[1, shin], motion.rotations[0, shin])
    assert '"shin" is missing in 1 frames' in motion.warnings[0]


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_file_cut_inside_its_last_frame_keeps_the_whole_ones(files, keep):
    text = amc_text()
    last = text.index("\n3\n") + 3
    files.write_text(text[: last + int(keep * (len(text) - last))])
    motion = read_motion(files)
    assert len(motion) == 2
    assert "cut short" in motion.warnings[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("thigh 18 -20 33", "thigh 18 -20", 'line 11: "thigh" has 2 values, the skeleton gives it 3'),
        ("thigh 18 -20 33", "tail 18 -20 33", 'line 11: the skeleton has no bone "tail"'),
        ("thigh 18 -20 33", "thigh 18 nan 33", 'line 11: "thigh" has a value that is not finite'),
        ("thigh 18 -20 33", "thigh 18 x 33", 'line 11: "thigh" has a value that is no number'),
        ("1\nroot", "root", "values before the first frame number"),
    ],
)
def test_broken_motion_names_its_line(files, old, new, message):
    files.write_text(amc_text().replace(old, new, 1))
    with pytest.raises(MotionFileError) as caught:
        read_motion(files)
    assert message in str(caught.value)
    assert str(files) in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("root thigh back\n    thigh shin", "root back\n    thigh shin\n    shin thigh", "circle"),
        ("root thigh back", "root back", 'the bone "thigh" hangs on nothing'),
        ("length 7.5", "length nan", "is not finite"),
        ("length 0.45", "length 0", "the unit of length is 0"),
        (":hierarchy", ":hierarchie", "there is no :hierarchy section"),
        ("dof rx ry rz", "dof rx rq", "no degrees of freedom"),
        ("thigh shin", "thigh shin ghost", 'names "ghost"'),
    ],
)
def test_broken_skeleton_is_named_with_its_reason(files, tmp_path, old, new, message):
    (tmp_path / "05.asf").write_text(asf_text().replace(old, new, 1))
    with pytest.raises(MotionFileError) as caught:
        read_motion(files)
    assert message in str(caught.value)
    assert "skeleton" in str(caught.value)

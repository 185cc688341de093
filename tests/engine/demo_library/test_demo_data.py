"""The clips that ship: enough, human, credited, captioned, small."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import tmr_engine.demo_library
from tmr_engine.formats.pack import Pack
from tmr_engine.motion import Motion

LIBRARY = Path(tmr_engine.demo_library.__file__).parent
FOLDERS = ("0ad", "cmu", "deepmimic")
# joints that tell a body's height, width and sides, per source: top, feet, left and right hand, thighs
LANDMARKS = {
    "0ad": ("head_top", "foot_L", "foot_R", "hand_L", "hand_R", "thigh_L", "thigh_R", "toe_L", "toe_R"),
    "cmu": ("Head", "LeftFoot", "RightFoot", "LeftHand", "RightHand", "LeftUpLeg", "RightUpLeg")
    + ("LeftToeBase", "RightToeBase"),
    "deepmimic": (
        "neck",
        "left_ankle",
        "right_ankle",
        "left_wrist",
        "right_wrist",
        "left_hip",
        "right_hip",
        "",
        "",
    ),
}


@cache
def motions(folder: str) -> dict[str, Motion]:
    pack = Pack.open(LIBRARY / folder / "clips.tmrpack")
    return {take: pack.read(take) for take in pack.takes}


@cache
def table(folder: str, name: str) -> list[dict[str, str]]:
    with (LIBRARY / folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def landmarks(folder: str, positions: np.ndarray) -> list[np.ndarray]:
    names = next(iter(motions(folder).values())).skeleton.names
    return [positions[..., names.index(name), :] for name in LANDMARKS[folder] if name]


def test_at_least_three_hundred_clips_ship():
    assert sum(len(motions(folder)) for folder in FOLDERS) >= 300


def test_the_demo_library_stays_below_twelve_megabytes():
    sizes = [path.stat().st_size for folder in FOLDERS for path in (LIBRARY / folder).iterdir()]
    assert sum(sizes) < 12_000_000


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_clip_has_licence_credit_and_origin(folder):
    rows = table(folder, "clips.csv")
    assert [row["take"] for row in rows] == list(motions(folder))
    assert all(row["licence"] and row["credit"] and row["origin"] and row["tags"] for row in rows)


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("0ad", ("Wildfire Games", "creativecommons.org/licenses/by-sa/3.0", "Adaptation")),
        ("cmu", ("mocap.cs.cmu.edu", "NSF EIA-0196217", "resold")),
        ("deepmimic", ("Xue Bin Peng", "Permission is hereby granted", "Bullet", "misrepresented")),
    ],
)
def test_the_licence_text_lies_beside_the_clips(folder, words):
    text = (LIBRARY / folder / "LICENSE.txt").read_text(encoding="utf-8")
    assert all(word in text for word in words)
    assert "CC0" in text  # the captions
    assert (LIBRARY / folder / "CREDITS.txt").is_file()


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_clip_has_three_different_captions(folder):
    rows = table(folder, "captions.csv")
    assert {row["file"] for row in rows} == {"clips.tmrpack"}
    assert Counter(row["take"] for row in rows) == dict.fromkeys(motions(folder), 3)
    assert len({(row["take"], row["text"].lower()) for row in rows}) == len(rows)
    assert all(4 <= len(row["text"]) <= 160 for row in rows)


@pytest.mark.parametrize("folder", FOLDERS)
def test_clips_last_between_half_a_second_and_fifteen(folder):
    for take, motion in motions(folder).items():
        assert 0.5 < motion.duration_s < 15.0, take
        assert motion.fps in (16.0, 24.0, 30.0, 60.0), take


@pytest.mark.parametrize("folder", FOLDERS)
def test_people_move_at_human_speed_and_stay_above_the_ground(folder):
    for take, motion in motions(folder).items():
        positions = motion.world[0]
        assert np.isfinite(positions).all()
        speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1).max() * motion.fps
        assert speed < 25.0, take
        assert positions[..., 1].min() > -0.15, take
        assert np.ptp(positions, axis=1).max() < 2.4, take


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_rest_pose_is_a_standing_person(folder):
    for motion in motions(folder).values():
        positions, turns = motion.skeleton.rest_pose
        top, left_foot, right_foot, left_hand, right_hand, left_thigh, right_thigh, *_ = landmarks(
            folder, positions
        )
        height = top[1] - min(left_foot[1], right_foot[1])
        assert 1.2 < height < 2.2
        assert left_thigh[1] == pytest.approx(right_thigh[1], abs=0.02)
        assert left_thigh[1] - left_foot[1] > 0.4 * height
        assert min(left_hand[1], right_hand[1]) > left_thigh[1] - 0.35
        assert np.linalg.norm(left_hand - right_hand) > 0.3
        assert np.linalg.norm(left_foot - right_foot) > 0.1
        np.testing.assert_allclose(np.linalg.norm(turns, axis=-1), 1.0, atol=1e-9)


@pytest.mark.parametrize("folder", ["0ad", "cmu"])
def test_left_is_on_the_left_of_where_the_toes_point(folder):
    positions = next(iter(motions(folder).values())).skeleton.rest_pose[0]
    _, left_foot, right_foot, left_hand, right_hand, left_thigh, right_thigh, *toes = landmarks(
        folder, positions
    )
    ahead = (toes[0] - left_foot) + (toes[1] - right_foot)
    to_the_left = np.cross([0.0, 1.0, 0.0], ahead)
    for left, right in ((left_thigh, right_thigh), (left_hand, right_hand), (left_foot, right_foot)):
        assert (left - right) @ to_the_left > 0


@pytest.mark.parametrize("folder", FOLDERS)
def test_knees_bend_backwards(folder):
    """The sign that a mirrored or transposed rotation would turn: shins fold behind the thighs."""
    thighs = {"0ad": ("thigh_L", "leg_L", "foot_L"), "cmu": ("LeftUpLeg", "LeftLeg", "LeftFoot")}
    names = thighs.get(folder, ("left_hip", "left_knee", "left_ankle"))
    forward = 0
    counted = 0
    for motion in motions(folder).values():
        hip, knee, ankle = (motion.world[0][:, motion.skeleton.index(name)] for name in names)
        left, right = landmarks(folder, motion.world[0])[5:7]
        ahead = np.cross(left - right, [0.0, 1.0, 0.0])
        upright = (hip[:, 1] - ankle[:, 1]) > 0.6
        straight = (hip + ankle) / 2
        forward += int((np.sum((knee - straight) * ahead, axis=1) > 0)[upright].sum())
        counted += int(upright.sum())
    assert counted > 100
    assert forward > 0.9 * counted


def test_a_walk_and_a_jump_are_found_where_their_names_say():
    walk = motions("deepmimic")["walk"].world[0][:, 0]
    assert np.linalg.norm((walk[-1] - walk[0])[[0, 2]]) > 1.0
    jump = motions("cmu")["01_01/jump_forward"].world[0][:, 0, 1]
    assert np.ptp(jump) > 0.3
    kneeling = motions("0ad")["formations/anti_cavalry/front_idle"]
    knee = kneeling.world[0][:, kneeling.skeleton.index("leg_R"), 1]
    assert knee.max() < 0.15


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_caption_has_its_vector_made_beforehand(folder):
    with np.load(LIBRARY / folder / "captions.vectors.npz", allow_pickle=False) as arrays:
        texts = arrays["texts"].tobytes().decode().split("\n")
        vectors = arrays["vectors"].astype(np.float32)
    assert {row["text"] for row in table(folder, "captions.csv")} <= set(texts)
    assert vectors.shape == (len(texts), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=2e-3)

"""The tools that make the demo library: on made input, and bit by bit where the packages are."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tmr_engine.demo_library.rebuild import captions, deepmimic, figure, packages, packs, sheets, zero_ad
from tmr_engine.demo_library.rebuild.sources import SOURCES
from tmr_engine.errors import LibraryError, MotionFileError
from tmr_engine.formats.pack import Pack, PackEntry, write_pack
from tmr_engine.motion import Motion, Skeleton, rotation

BONES = json.loads((Path(zero_ad.__file__).parent / "zero_ad_bones.json").read_text(encoding="utf-8"))
FILE_ORDER: list[str] = BONES["file_order"]
PARENTS: dict[str, str] = BONES["parents"]


def posed_states(frames: int, seed: int, offsets: dict[str, np.ndarray]) -> np.ndarray:
    """(frames, 46, 7) object-space states of rigid bones in random poses, as the caches hold them."""
    random = np.random.default_rng(seed)
    states = np.zeros((frames, len(FILE_ORDER), 7))
    states[..., 6] = 1.0
    for frame in range(frames):
        world: dict[str, tuple[np.ndarray, Rotation]] = {}
        for bone, parent in PARENTS.items():
            own = Rotation.from_rotvec(random.normal(scale=0.4, size=3))
            place, turn = world.get(parent, (np.array([0.3, 2.2, -0.5 * frame]), Rotation.identity()))
            world[bone] = (place + turn.apply(offsets[bone]), turn * own)
            states[frame, FILE_ORDER.index(bone)] = [*world[bone][0], *world[bone][1].as_quat()]
    return states


@pytest.fixture
def offsets() -> dict[str, np.ndarray]:
    """Offsets in the parents' axes, in the units of the game."""
    random = np.random.default_rng(4)
    return {
        bone: random.normal(scale=0.5, size=3) if parent else np.zeros(3) for bone, parent in PARENTS.items()
    }


def mesh_cache(states: np.ndarray) -> bytes:
    vertices, faces = 3, 2
    body = (
        struct.pack("<II", vertices, 1) + bytes(vertices * 52) + struct.pack("<I", faces) + bytes(faces * 6)
    )
    body += struct.pack("<I", states.shape[1]) + states[0].astype("<f4").tobytes() + struct.pack("<I", 0)
    return b"PSMD" + struct.pack("<II", 4, len(body)) + body


def animation_cache(states: np.ndarray) -> bytes:
    body = struct.pack("<I", 4) + b"walk" + struct.pack("<fII", 1000 / 30, states.shape[1], len(states))
    body += states.astype("<f4").tobytes()
    return b"PSSA" + struct.pack("<II", 1, len(body)) + body


def test_0ad_bones_stand_where_the_cache_puts_them_mirrored_and_scaled(offsets):
    skeleton = zero_ad.bind_skeleton(mesh_cache(posed_states(1, 0, offsets)))
    states = posed_states(5, 1, offsets)
    motion = zero_ad.read_animation(animation_cache(states), skeleton)
    rows = [FILE_ORDER.index(bone) for bone in PARENTS]
    expected = states[:, rows, :3] * [0.41, 0.41, -0.41]
    np.testing.assert_allclose(motion.world[0][:, : len(rows)], expected, atol=1e-5)
    assert motion.fps == 30.0
    assert motion.duration_s == pytest.approx(4 / 30)


def test_the_ends_of_0ad_bones_follow_their_bone(offsets):
    skeleton = zero_ad.bind_skeleton(mesh_cache(posed_states(1, 0, offsets)))
    states = posed_states(2, 1, offsets)
    motion = zero_ad.read_animation(animation_cache(states), skeleton)
    foot = Rotation.from_quat(states[0, FILE_ORDER.index("foot_L"), 3:])
    toe = foot.apply([0.0, 0.0, 0.39]) * [0.41, 0.41, -0.41]  # the game's bones run along their own Z
    found = motion.world[0][0, skeleton.index("toe_L")] - motion.world[0][0, skeleton.index("foot_L")]
    np.testing.assert_allclose(found, toe, atol=1e-5)


@pytest.mark.parametrize("length", [0, 3, 40, -4])
def test_a_0ad_cache_cut_short_is_refused(offsets, length):
    skeleton = zero_ad.bind_skeleton(mesh_cache(posed_states(1, 0, offsets)))
    data = animation_cache(posed_states(2, 1, offsets))
    with pytest.raises((MotionFileError, struct.error)):
        zero_ad.read_animation(data[:length], skeleton)


def deepmimic_row(seconds: float = 0.05, **parts: list[float]) -> list[float]:
    row = [0.0] * 44
    row[0] = seconds
    for start in (4, 8, 12, 16, 21, 25, 30, 35, 39):
        row[start] = 1.0
    places = {"root": 1, "left_knee": 34, "right_shoulder": 25}
    for name, values in parts.items():
        row[places[name] : places[name] + len(values)] = values
    return row


def test_deepmimic_bends_a_knee_back_and_lifts_an_arm_forward():
    half = float(np.sqrt(0.5))
    pose = deepmimic_row(root=[1.0, 0.9, 2.0], left_knee=[-np.pi / 2], right_shoulder=[half, 0.0, 0.0, half])
    motion = deepmimic.read_motion(json.dumps({"Frames": [pose, pose]}).encode())
    joint = {name: motion.world[0][0, index] for index, name in enumerate(motion.skeleton.names)}
    np.testing.assert_allclose(joint["left_knee"], [1.0, 0.9 - 0.421546, 2.0 - 0.084887], atol=1e-9)
    np.testing.assert_allclose(joint["left_ankle"] - joint["left_knee"], [-0.40987, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(
        joint["right_elbow"] - joint["right_shoulder"], [0.274788, 0.0, 0.0], atol=1e-9
    )


def test_deepmimic_frames_of_uneven_length_are_laid_on_an_even_grid():
    steps = [0.05, 0.05, 0.1, 0.05, 0.05]
    times = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    rows = [deepmimic_row(step, root=[3.0 * time, 1.0, 0.0]) for step, time in zip(steps, times, strict=True)]
    motion = deepmimic.read_motion(json.dumps({"Frames": rows}).encode())
    assert motion.fps == 20.0
    np.testing.assert_allclose(motion.root_translation[:, 0], 3.0 * np.arange(6) / 20.0, atol=1e-9)


def test_stored_members_are_read_from_a_stream_that_cannot_seek():
    buffer = io.BytesIO()
    content = {f"art/{number}.psa": bytes([number]) * 1000 * number for number in range(5)}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    buffer.seek(0)
    wanted = {"art/1.psa", "art/4.psa"}
    found = dict(packages._stored_members(buffer, wanted.__contains__))
    assert found == {name: content[name] for name in wanted}


def test_a_compressed_member_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("art/1.psa", bytes(1000))
    buffer.seek(0)
    with pytest.raises(LibraryError, match="compressed"):
        list(packages._stored_members(buffer, bool))


def test_a_package_with_another_checksum_is_refused(tmp_path):
    package = packages.Package("thing.deb", "0" * 64, ("false",))
    (tmp_path / "thing.deb").write_bytes(b"something else")
    with pytest.raises(LibraryError, match="pinned"):
        packages.fetch(package, tmp_path)


def test_a_client_that_fails_is_told(tmp_path):
    with pytest.raises(LibraryError, match=r"false did not bring thing\.deb"):
        packages.fetch(packages.Package("thing.deb", "0" * 64, ("false",)), tmp_path)


@pytest.fixture
def waving() -> Motion:
    """Two arms on hips with thighs; the left hand swings, the body turns half round to the left."""
    names = ("hip", "arm_L", "hand_L", "arm_R", "hand_R", "thigh_L", "thigh_R")
    parents = np.array([-1, 0, 1, 0, 3, 0, 0])
    offsets = np.array(
        [[0, 1, 0], [0.2, 0.5, 0], [0.5, 0, 0], [-0.2, 0.5, 0], [-0.5, 0, 0], [0.1, -0.1, 0], [-0.1, -0.1, 0]]
    )
    skeleton = Skeleton(names, parents, offsets, rotation.identity(7))
    turns = rotation.identity(61, 7)
    turns[:, 0] = rotation.about_axis("Y", np.linspace(0, np.pi, 61))
    turns[:, 1] = rotation.about_axis("Z", np.sin(np.linspace(0, 20, 61)))
    return Motion(skeleton, np.tile([0.0, 1.0, 0.0], (61, 1)), turns, 30.0)


def test_good_captions_pass(waving):
    texts = ["wave", "a person waves the left hand", "turn to the left and greet"]
    assert captions.check("wave", texts, waving) == []


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        (["wave", "greet"], "2 captions"),
        (["wave", "greet", "Wave"], "twice"),
        (["wave", "greet", "say  hello"], "tidy"),
        (["wave", "greet", "x" * 161], "too long"),
        (["wave", "greet", "hi"], "too short"),
        (["wave", "greet", "a person waves the right hand"], "left hand"),
        (["wave", "greet", "turns to the right"], "turns to the left"),
    ],
)
def test_wrong_captions_are_told(waving, texts, word):
    problems = captions.check("wave", texts, waving)
    assert len(problems) == 1
    assert word in problems[0]


def test_captions_are_merged_in_pack_order_and_only_when_all_are_right(waving, tmp_path):
    write_pack(tmp_path / "clips.tmrpack", [PackEntry("one", waving), PackEntry("two", waving)])
    good = tmp_path / "good.csv"
    good.write_text(
        "take,text\ntwo,wave\ntwo,greet\ntwo,hello there\none,walk\nelsewhere,x\n", encoding="utf-8"
    )
    assert captions.merge(tmp_path, [good]) == ["one has 1 captions instead of 3."]
    assert not (tmp_path / "captions.csv").exists()
    more = tmp_path / "more.csv"
    more.write_text("take,text\none,turn\none,spin\none,look around\n", encoding="utf-8")
    assert captions.merge(tmp_path, [good, more]) == []
    lines = (tmp_path / "captions.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "file,take,start,end,text,origin"
    assert [line.split(",")[1] for line in lines[1:]] == ["one"] * 3 + ["two"] * 3
    assert captions.merge(tmp_path, []) == []  # what is there is kept


def decoded(path: Path) -> np.ndarray:
    """The pixels (H, W, 3) of an unfiltered RGB PNG."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack_from(">II", data, 16)
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(kind + body)
        packed += body if kind == b"IDAT" else b""
        at += 12 + size
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + 3 * width)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 3)


def test_a_sheet_shows_the_left_hand_red_at_the_right_of_the_front_view(waving, tmp_path):
    (path,) = sheets.write_sheets([("wave", waving)], tmp_path, "made")
    pixels = decoded(path).astype(int)
    first = pixels[:, : pixels.shape[1] // (2 * sheets.POSES + 1)]
    red = np.argwhere((first[..., 0] > 180) & (first[..., 2] < 90))
    blue = np.argwhere((first[..., 2] > 180) & (first[..., 0] < 90))
    assert len(red) > 50
    assert len(blue) > 50
    assert red[:, 1].mean() > blue[:, 1].mean() + 20


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
@pytest.mark.slow
def test_a_rebuilt_folder_has_the_same_bytes(source, tmp_path):
    if not (packages.CACHE / source.package.file).is_file():
        pytest.skip(f"{source.package.file} is not in .cache/packages; this test rebuilds from it")
    packs.write_source(source, tmp_path)
    for name in ("clips.csv", "clips.tmrpack"):
        assert (tmp_path / name).read_bytes() == (source.folder / name).read_bytes()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_both_sides_of_every_skeleton_are_drawn_in_their_colours(source):
    pack = Pack.open(source.folder / "clips.tmrpack")
    motion = pack.read(pack.takes[0])
    bones = figure.bones(motion.skeleton)
    assert len(bones) == len(motion.skeleton) - 1
    sides = [sum(bone.colour == colour for bone in bones) for colour in (figure.LEFT, figure.RIGHT)]
    assert sides[0] == sides[1] >= 5
    assert sorted(figure.hands(motion.skeleton)) == ["L", "R"]
    assert np.linalg.norm(figure.heading(motion)) == pytest.approx(1.0)

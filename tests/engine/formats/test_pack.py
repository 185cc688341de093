"""The pack keeps motion within a tenth of a millimetre, gives the same bytes twice, and refuses damage."""

from __future__ import annotations

import json
import struct
import zlib

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import read_motion, read_motions
from tmr_engine.formats.pack import Pack, PackEntry, write_pack
from tmr_engine.motion import Motion, Skeleton, Source

HEAD = struct.Struct("<8sIII")


def chain(joints: int, seed: int = 0) -> Skeleton:
    """A branching skeleton of bones between 5 and 30 cm."""
    random = np.random.default_rng(seed)
    parents = np.array([-1, *(random.integers(max(0, joint - 3), joint) for joint in range(1, joints))])
    offsets = random.normal(size=(joints, 3))
    offsets *= random.uniform(0.05, 0.3, (joints, 1)) / np.linalg.norm(offsets, axis=1, keepdims=True)
    rest = Rotation.random(joints, random_state=seed).as_quat(scalar_first=True)
    return Skeleton(tuple(f"bone {joint} Ü" for joint in range(joints)), parents, offsets, rest)


def moving(skeleton: Skeleton, frames: int = 90, fps: float = 30.0, seed: int = 1, start_s: float = 0.0):
    """Smooth motion through large angles that walks a few metres."""
    random = np.random.default_rng(seed)
    times = np.arange(frames)[:, None, None] / fps
    size = (1, len(skeleton), 3)
    vectors = sum(
        random.uniform(0.1, 1.2, size)
        * np.sin(times * random.uniform(0.5, 9, size) + random.uniform(0, 6, size))
        for _ in range(3)
    )
    quats = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat(scalar_first=True)
    root = np.cumsum(random.normal(0.03, 0.02, (frames, 3)), axis=0)
    source = Source("somewhere.bvh", "", start_s, start_s + (frames - 1) / fps)
    return Motion(skeleton, root, quats.reshape(frames, len(skeleton), 4), fps, source)


def scipy_positions(motion: Motion) -> np.ndarray:
    """Joint positions (T, J, 3) by scipy, one joint after the other."""
    places = np.zeros((len(motion), len(motion.skeleton), 3))
    turns: list[Rotation] = []
    for joint, parent in enumerate(motion.skeleton.parents):
        own = Rotation.from_quat(motion.rotations[:, joint], scalar_first=True)
        if parent < 0:
            places[:, joint] = motion.root_translation
            turns.append(own)
        else:
            places[:, joint] = places[:, parent] + turns[parent].apply(motion.skeleton.offsets[joint])
            turns.append(turns[parent] * own)
    return places


@pytest.fixture
def packed(tmp_path):
    """A pack of three clips, two of them on one skeleton."""
    people, other = chain(24), chain(31, seed=5)
    motions = {
        "walk/slow": moving(people),
        "läuft \N{SNOWMAN}": moving(other, frames=1, fps=120.0, seed=2),
        "walk/fast": moving(people, frames=300, fps=24.0, seed=3, start_s=2.5),
    }
    path = tmp_path / "clips.tmrpack"
    write_pack(path, [PackEntry(take, motion) for take, motion in motions.items()])
    return path, motions


def test_joints_come_back_within_a_fifth_of_a_millimetre(packed):
    path, motions = packed
    pack = Pack.open(path)
    for take, motion in motions.items():
        error = np.linalg.norm(scipy_positions(pack.read(take)) - scipy_positions(motion), axis=-1)
        assert error.max() < 2e-4
        assert error.mean() < 6e-5


def test_roots_come_back_within_a_hundredth_of_a_millimetre(packed):
    path, motions = packed
    for take, motion in motions.items():
        np.testing.assert_allclose(
            Pack.open(path).read(take).root_translation, motion.root_translation, atol=6e-6
        )


def test_rotations_come_back_unit_and_without_flips(packed):
    path, _ = packed
    turns = Pack.open(path).read("walk/fast").rotations
    np.testing.assert_allclose(np.linalg.norm(turns, axis=-1), 1.0, atol=1e-12)
    assert (np.sum(turns[1:] * turns[:-1], axis=-1) > 0).all()


def test_names_skeletons_rates_and_times_come_back(packed):
    path, motions = packed
    pack = Pack.open(path)
    assert pack.takes == tuple(motions)
    for take, motion in motions.items():
        back = pack.read(take)
        assert back.skeleton.names == motion.skeleton.names
        np.testing.assert_array_equal(back.skeleton.parents, motion.skeleton.parents)
        np.testing.assert_allclose(back.skeleton.offsets, motion.skeleton.offsets, atol=1e-9)
        np.testing.assert_allclose(back.skeleton.rest_rotations, motion.skeleton.rest_rotations, atol=2e-9)
        assert (back.fps, len(back)) == (motion.fps, len(motion))
        assert back.source.take == take
        assert back.source.start_s == motion.source.start_s
        assert back.source.end_s == pytest.approx(motion.source.end_s)


def test_one_clip_is_read_without_the_others(packed):
    path, motions = packed
    data = bytearray(path.read_bytes())
    data[-20:] = bytes(20)  # the last clip is destroyed
    path.write_bytes(data)
    pack = Pack.open(path)
    assert len(pack.read("walk/slow")) == len(motions["walk/slow"])
    with pytest.raises(MotionFileError, match="walk/fast"):
        pack.read("walk/fast")


def test_the_table_of_readers_reads_packs(packed):
    path, motions = packed
    assert [motion.source.take for motion in read_motions(path)] == list(motions)
    assert len(read_motion(path, "walk/fast")) == 300


def test_the_same_clips_give_the_same_bytes(packed, tmp_path):
    path, motions = packed
    again = tmp_path / "again.tmrpack"
    write_pack(again, [PackEntry(take, motion) for take, motion in motions.items()])
    assert again.read_bytes() == path.read_bytes()


def test_smooth_motion_takes_less_than_half_of_float32(packed):
    path, motions = packed
    numbers = sum(motion.rotations.size + motion.root_translation.size for motion in motions.values())
    assert path.stat().st_size < numbers * 4 / 2


def test_an_unknown_take_is_named(packed):
    path, _ = packed
    with pytest.raises(MotionFileError, match="handstand"):
        Pack.open(path).read("handstand")


def test_two_clips_of_one_name_are_refused_and_the_old_pack_stays(packed):
    path, motions = packed
    before = path.read_bytes()
    with pytest.raises(MotionFileError, match="walk/slow"):
        write_pack(path, [PackEntry("walk/slow", motions["walk/slow"])] * 2)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_root_beyond_the_range_is_refused(tmp_path):
    motion = moving(chain(3))
    far = Motion(motion.skeleton, motion.root_translation + 30_000.0, motion.rotations, motion.fps)
    with pytest.raises(MotionFileError, match="21 km"):
        write_pack(tmp_path / "far.tmrpack", [PackEntry("far", far)])
    assert not list(tmp_path.iterdir())


def test_a_pack_cut_short_anywhere_is_refused(packed):
    path, _ = packed
    whole = path.read_bytes()
    for length in {0, 3, 8, 19, 20, 21, 200, len(whole) // 2, len(whole) - 1}:
        path.write_bytes(whole[:length])
        with pytest.raises(MotionFileError):
            read_motions(path)


def test_a_changed_byte_anywhere_is_refused_or_harmless(packed):
    path, _ = packed
    whole = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(whole), 150):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        with pytest.raises(MotionFileError):
            read_motions(path)


def index_of(path) -> dict:
    data = path.read_bytes()
    _, _, size, _ = HEAD.unpack_from(data)
    return json.loads(zlib.decompress(data[HEAD.size : HEAD.size + size]))


def with_index(path, text: str, version: int = 1) -> None:
    """Writes the pack with another index, checksum and all, as somebody hostile would."""
    data = path.read_bytes()
    _, _, size, _ = HEAD.unpack_from(data)
    index = zlib.compress(text.encode())
    head = HEAD.pack(b"TMRPACK\n", version, len(index), zlib.crc32(index))
    path.write_bytes(head + index + data[HEAD.size + size :])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("frames", 10**12),
        ("frames", 0),
        ("frames", -5),
        ("frames", 91),
        ("frames", 89),
        ("frames", 1.5),
        ("frames", True),
        ("skeleton", 7),
        ("skeleton", -1),
        ("place", -1),
        ("place", 10**15),
        ("size", 10**15),
        ("size", 0),
        ("fps", 0.0),
        ("fps", -30.0),
        ("fps", 1e9),
        ("fps", "fast"),
        ("start_s", float("nan")),
        ("start_s", float("inf")),
        ("take", 5),
        ("surprise", 1),
    ],
)
def test_an_index_that_lies_is_refused(packed, field, value):
    path, _ = packed
    index = index_of(path)
    index["clips"][0][field] = value
    with_index(path, json.dumps(index))
    with pytest.raises(MotionFileError):
        read_motions(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("names", []),
        ("names", ["a"] * 24),
        ("names", [1] * 24),
        ("names", [f"{joint}" for joint in range(5000)]),
        ("parents", [-1] * 24),
        ("parents", [-1, 2, 1] + [0] * 21),
        ("parents", "-1"),
        ("offsets", [[0, 0]] * 24),
        ("offsets", [["x", 0, 0]] * 24),
        ("rest_rotations", [[1, 0, 0, 0]] * 3),
        ("rest_rotations", [[1e400, 0, 0, 0]] * 24),
    ],
)
def test_a_skeleton_that_cannot_be_is_refused(packed, field, value):
    path, _ = packed
    index = index_of(path)
    index["skeletons"][0][field] = value
    with_index(path, json.dumps(index))
    with pytest.raises(MotionFileError):
        read_motions(path)


def test_a_number_too_large_for_a_float_is_refused(packed):
    path, _ = packed
    index = index_of(path)
    index["skeletons"][0]["offsets"][3][1] = 12345.5
    with_index(path, json.dumps(index).replace("12345.5", "1e400"))
    with pytest.raises(MotionFileError, match="finite"):
        read_motions(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"skeletons": 1, "clips": 2}', "[" * 100_000, "not json"])
def test_an_index_of_another_kind_is_refused(packed, text):
    path, _ = packed
    with_index(path, text)
    with pytest.raises(MotionFileError):
        read_motions(path)


def test_an_index_that_unpacks_to_gigabytes_is_refused(packed):
    path, _ = packed
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(8)) + packer.flush()
    path.write_bytes(HEAD.pack(b"TMRPACK\n", 1, len(bomb), zlib.crc32(bomb)) + bomb)
    with pytest.raises(MotionFileError):
        Pack.open(path)


def test_a_newer_pack_says_so(packed):
    path, _ = packed
    with_index(path, json.dumps(index_of(path)), version=2)
    with pytest.raises(MotionFileError, match="version 2"):
        Pack.open(path)


def test_another_file_with_the_suffix_is_refused(tmp_path):
    path = tmp_path / "picture.tmrpack"
    path.write_bytes(np.random.default_rng(1).bytes(5000))
    with pytest.raises(MotionFileError, match=r"picture\.tmrpack: the file is no TMR pack"):
        read_motions(path)

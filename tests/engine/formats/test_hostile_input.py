"""Bad input of every kind to every reader: one located sentence, nothing else."""

import errno
import os
import re
import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tmr_engine.errors import BlenderError, MotionFileError
from tmr_engine.formats import READERS, read_motions
from tmr_engine.formats.bvh_text import MAX_HEADER_BYTES

from .made import MadeGltf, bvh_text, moving_rows, person

OWN = sorted(suffix for reader in READERS if "Blender" not in reader.name for suffix in reader.suffixes)
ALL = sorted(suffix for reader in READERS for suffix in reader.suffixes)


def refusal(path: Path) -> str:
    with pytest.raises(MotionFileError) as caught:
        read_motions(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", ALL)
def test_empty_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"empty{suffix}"
    path.touch()
    if suffix == ".amc":
        (tmp_path / "empty.asf").touch()
    assert "empty" in refusal(path)


@pytest.mark.parametrize("suffix", OWN)
@pytest.mark.parametrize("seed", [1, 2])
def test_random_bytes_are_refused(tmp_path, suffix, seed):
    path = tmp_path / f"junk{suffix}"
    path.write_bytes(np.random.default_rng(seed).bytes(5000))
    refusal(path)


@pytest.mark.parametrize("suffix", ALL)
def test_file_that_is_not_there_is_refused(tmp_path, suffix):
    refusal(tmp_path / f"missing{suffix}")


@pytest.mark.parametrize("suffix", ALL)
def test_folder_with_a_files_name_is_refused(tmp_path, suffix):
    path = tmp_path / f"folder{suffix}"
    path.mkdir()
    refusal(path)


@pytest.mark.parametrize("suffix", ALL)
def test_file_without_permission_is_refused_as_that(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"private{suffix}"
    path.write_bytes(b"x" * 100)
    (tmp_path / "private.asf").write_bytes(b"x" * 100)

    def denied(self, *_args, **_kwargs):
        # the tests may run as root, whom no permission stops
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "open", denied)
    monkeypatch.setattr(Path, "read_bytes", denied)
    monkeypatch.setattr("builtins.open", denied)
    monkeypatch.setattr("zipfile.io.open", denied)
    assert "Permission denied" in refusal(path)


def test_gigabyte_without_a_motion_section_is_refused_by_its_head(tmp_path):
    path = tmp_path / "huge.bvh"
    with path.open("wb") as stream:
        stream.write(b"HIERARCHY\nROOT a\n{\n" + b"\tOFFSET 0 0 0\n" * (MAX_HEADER_BYTES // 14))
        stream.truncate((1 << 30) - 1)  # sparse: takes no room on the disk
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "MOTION" in refusal(path)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 300


def test_file_over_the_size_limit_is_refused_by_its_size(tmp_path):
    path = tmp_path / "huge.bvh"
    with path.open("wb") as stream:
        stream.write(b"HIERARCHY\n")
        stream.truncate((1 << 30) + 1)
    assert "MB large" in refusal(path)


def test_memory_that_runs_out_is_told_as_that(tmp_path, monkeypatch):
    path = tmp_path / "big.bvh"
    path.write_text(bvh_text(person(), moving_rows(person())))

    def greedy(*_args, **_kwargs):
        raise MemoryError

    monkeypatch.setattr("numpy.loadtxt", greedy)
    assert "memory" in refusal(path)


BVH = bvh_text(person(), moving_rows(person(), frames=5)).encode()

MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "drop", "insert", "flip", "repeat"]),
        st.integers(0, len(BVH)),
        st.binary(max_size=12)
        | st.sampled_from([b"{", b"}", b"\n", b" - ", b"nan", b"1e999", b"-9" * 40, b"\xff"]),
    ),
    min_size=1,
    max_size=6,
)


def mutated(content: bytes, steps) -> bytes:
    for kind, place, data in steps:
        at = place % (len(content) + 1)
        if kind == "cut":
            content = content[:at]
        elif kind == "drop":
            content = content[:at] + content[at + 1 + len(data) :]
        elif kind == "insert":
            content = content[:at] + data + content[at:]
        elif kind == "flip":
            content = content[:at] + bytes(255 - byte for byte in content[at : at + 3]) + content[at + 3 :]
        else:
            content = content[:at] + content[at : at + 200] + content[at:]
    return content


def assert_read_or_refused(path: Path) -> None:
    try:
        motions = read_motions(path)
    except MotionFileError:
        return  # every other exception fails the test
    for motion in motions:
        assert np.isfinite(motion.world[0]).all()


FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(FUZZ, max_examples=250)
@given(steps=MUTATIONS)
def test_mutated_bvh_is_read_or_refused(tmp_path, steps):
    path = tmp_path / "fuzz.bvh"
    path.write_bytes(mutated(BVH, steps))
    assert_read_or_refused(path)


class Contents(dict):
    """Bytes by suffix; its repr is short, since hypothesis prints it."""

    def __repr__(self) -> str:
        return f"Contents of {', '.join(self)}"


@pytest.fixture(scope="module")
def valid_files(tmp_path_factory) -> Contents:
    """One small valid file a format."""
    folder = tmp_path_factory.mktemp("valid")
    made = MadeGltf()
    tip = made.node("tip", translation=[0, 1, 0])
    base = made.node("base", [tip])
    made.document["skins"].append({"joints": [base, tip]})
    times = made.accessor(np.arange(5) / 30)
    turns = made.accessor(np.tile([0.0, 0.0, 0.0, 1.0], (5, 1)))
    made.animation("a", [(tip, "rotation", times, turns, "LINEAR")])
    np.savez(folder / "a.npz", poses=np.zeros((4, 72)), trans=np.zeros((4, 3)), mocap_framerate=30.0)
    np.save(folder / "a.npy", np.random.default_rng(0).normal(size=(4, 22, 3)))
    made.write_glb(folder / "a.glb")
    return Contents({suffix: (folder / f"a{suffix}").read_bytes() for suffix in (".glb", ".npz", ".npy")})


@pytest.mark.parametrize("suffix", [".glb", ".npz", ".npy"])
@settings(FUZZ, max_examples=120)
@given(steps=MUTATIONS)
def test_mutated_binary_file_is_read_or_refused(tmp_path, valid_files, suffix, steps):
    path = tmp_path / f"fuzz{suffix}"
    path.write_bytes(mutated(valid_files[suffix], steps))
    assert_read_or_refused(path)


ASF = """:version 1.10
:units
  length 0.45
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name leg
    direction 0 -1 0
    length 7
    axis 0 0 20 XYZ
    dof rx ry rz
  end
:hierarchy
  begin
    root leg
  end
"""
AMC = ":FULLY-SPECIFIED\n:DEGREES\n1\nroot 0 17 0 0 0 0\nleg 1 2 3\n2\nroot 0 17 1 0 5 0\nleg 2 3 4\n"


@settings(FUZZ, max_examples=150)
@given(steps=MUTATIONS, of_skeleton=st.booleans())
def test_mutated_acclaim_file_is_read_or_refused(tmp_path, steps, of_skeleton):
    asf = mutated(ASF.encode(), steps) if of_skeleton else ASF.encode()
    (tmp_path / "fuzz.asf").write_bytes(asf)
    (tmp_path / "fuzz.amc").write_bytes(AMC.encode() if of_skeleton else mutated(AMC.encode(), steps))
    assert_read_or_refused(tmp_path / "fuzz.amc")


def test_missing_blender_is_told_as_that_and_not_as_a_fault_of_the_file(tmp_path, monkeypatch):
    path = tmp_path / "clip.fbx"
    path.write_bytes(b"Kaydara FBX Binary")
    monkeypatch.setenv("TMR_BLENDER", str(tmp_path / "nowhere"))
    with pytest.raises(BlenderError):
        read_motions(path)


def test_message_of_a_refusal_is_one_sentence_with_file_line_and_reason(tmp_path):
    path = tmp_path / "walk.bvh"
    path.write_text(bvh_text(person(), moving_rows(person())).replace("JOINT Chest", "JONT Chest"))
    assert re.fullmatch(
        re.escape(str(path)) + r', line \d+: "JONT Chest" is no statement .*\.', refusal(path)
    )

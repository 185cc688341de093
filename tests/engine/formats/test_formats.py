"""The table of readers, and docs/formats.md that describes it."""

from pathlib import Path

import pytest

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import READERS, can_read, read_motion, read_motions

from .made import bvh_text, moving_rows, person

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "formats.md"


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_format_has_its_row_in_the_document(reader):
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    row = next((row for row in rows if reader.name in row), None)
    assert row is not None
    assert all(f"`{suffix}`" in row for suffix in reader.suffixes)


def test_no_suffix_belongs_to_two_readers():
    suffixes = [suffix for reader in READERS for suffix in reader.suffixes]
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize(
    "name", ["a.bvh", "a.BVH", "a.amc", "a.glb", "a.vrma", "a.npz", "a.npy", "a.tmrpack"]
)
def test_motion_files_are_known_by_their_suffix(name):
    assert can_read(name)


@pytest.mark.parametrize("name", ["a.asf", "a.txt", "a.pkl", "a.pt", "a", "bvh", "a.bvh.zip"])
def test_other_files_are_not_motion(name):
    assert not can_read(name)
    with pytest.raises(MotionFileError, match="no motion format"):
        read_motions(name)


def test_path_may_be_text_and_is_the_source(tmp_path):
    path = tmp_path / "Läufer 走.bvh"
    path.write_text(bvh_text(person(), moving_rows(person())))
    motion = read_motion(str(path))
    assert motion.source.path == str(path)
    assert motion.source.take == ""
    assert motion.source.end_s == pytest.approx(motion.duration_s)

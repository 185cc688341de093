"""The 163 damaged and odd files of ../shared/motions/malformed, read in a child process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tmr_engine.formats import read_motion

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "motions" / "malformed"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8")) if FOLDER.is_dir() else {}
LIMIT_S = 10.0  # of the folder's README, a file
LIMIT_MB = 500.0

# These describe one motion in different texts, so they must give one result.
SAME_MOTION = sorted(
    name
    for name, entry in EXPECTED.items()
    if name.startswith("bvh_") and entry["category"] == "ok-variant" and entry["frames"] == 10
)


@pytest.fixture(scope="module")
def report(shared_dir, tmp_path_factory):
    folder = tmp_path_factory.mktemp("child")
    marker = folder / "marker"
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("read_all.py")), str(FOLDER)],
        env=os.environ | {"MOTION_TEST_MARKER": str(marker)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    left = sorted(path.name for path in folder.iterdir())
    return json.loads(done.stdout) | {"left": left}


@pytest.mark.parametrize("name", EXPECTED)
def test_file_comes_out_as_expected(report, name):
    entry, result = EXPECTED[name], report["results"][name]
    assert result["got"] in entry["accept"], result.get("message")
    assert result["seconds"] < LIMIT_S
    if result["got"] == "refuse":
        assert name in result["message"] or name.endswith(".asf")  # the .amc that asks for it names it
        assert len(result["message"]) < 500
        return
    assert result.get("is_finite", True)
    if entry.get("frames"):
        assert result["frames"] in entry.get("accept_frames", [entry["frames"]])
    if entry.get("joints"):
        assert result["joints"] == entry["joints"]


def test_no_pickle_runs_and_no_file_is_left(report):
    assert report["left"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_stays_within_the_limit(report):
    assert report["peak_mb"] < LIMIT_MB


@pytest.mark.usefixtures("shared_dir")
@pytest.mark.parametrize("name", SAME_MOTION)
def test_texts_of_one_motion_give_one_result(name):
    motion, base = read_motion(FOLDER / name), read_motion(FOLDER / "bvh_crlf.bvh")
    np.testing.assert_allclose(motion.world[0], base.world[0], atol=2e-4)


def test_amc_in_radians_is_the_same_motion(shared_dir):
    from tmr_engine.formats import ReadOptions

    options = ReadOptions(skeleton=FOLDER / "asf_ok.asf")
    degrees = read_motion(FOLDER / "amc_ok.amc", options=options)
    radians = read_motion(FOLDER / "amc_radians.amc", options=options)
    np.testing.assert_allclose(radians.world[0], degrees.world[0], atol=1e-4)

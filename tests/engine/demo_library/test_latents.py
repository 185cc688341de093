"""What the bundled model has read in the clips that ship, taken over into the index of the demo library."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.engine.search.test_motion import bundle
from tmr_engine.demo_library.rebuild.known import write_known_motions
from tmr_engine.library.demo import demo_library
from tmr_engine.model.installed import InstalledModels
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER
from tmr_engine.model.tmr import load_tmr
from tmr_engine.search.motion_signal import MotionSignal

PACK = ROOT / "tmr_engine" / "demo_library" / "deepmimic" / "clips.tmrpack"


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled model."""
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the sentence model is not built; `make model` builds it")
    folder = bundle(tmp_path / "tmr-open", 3)
    monkeypatch.setattr(InstalledModels.__init__, "__defaults__", (folder,))
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A demo library of one pack."""
    folder = tmp_path / "a" / "b" / "c" / "demo"
    folder.mkdir(parents=True)
    shutil.copyfile(PACK, folder / PACK.name)
    return folder


def test_a_fresh_index_holds_what_the_model_has_read(bundled: Path, data: Path, tmp_path: Path) -> None:
    count = write_known_motions([data], bundled)
    signal = MotionSignal(load_tmr(bundled))
    taken = demo_library(tmp_path / "index", lambda: None, data=data)
    found = taken.motion_gallery(signal.model_id)
    assert (len(found.clip_ids), found.missing) == (count, 0)
    # what lies beside the clips is no motion file that could not be read
    assert (taken.info()["files"], taken.info()["failed_files"]) == (1, 0)
    clip = found.clip_ids[3]
    (expected,) = signal.encode([taken.load(clip)])
    np.testing.assert_allclose(found.latents[3], expected, atol=2e-3)


def test_what_another_model_has_read_is_passed_over(bundled: Path, data: Path, tmp_path: Path) -> None:
    write_known_motions([data], bundle(tmp_path / "other", 4))
    taken = demo_library(tmp_path / "index", lambda: None, data=data)
    assert taken.info()["motions"] == {}

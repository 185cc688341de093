"""What the bundled model has read in the clips that ship, taken over into the index of the demo library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.search.test_motion import bundle, person
from tmr_engine.demo_library.rebuild import latents
from tmr_engine.formats import write_bvh
from tmr_engine.library.demo import LATENTS, demo_library
from tmr_engine.model.installed import InstalledModels
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER
from tmr_engine.model.tmr import load_tmr
from tmr_engine.search.motion_signal import MotionSignal


@pytest.fixture
def signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MotionSignal:
    """The bundled model."""
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the sentence model is not built; `make model` builds it")
    folder = bundle(tmp_path / "tmr-open", 3)
    monkeypatch.setattr(InstalledModels.__init__, "__defaults__", (folder,))
    return MotionSignal(load_tmr(folder))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo library of three clips."""
    folder = tmp_path / "a" / "b" / "c" / "demo"
    folder.mkdir(parents=True)
    for seed in range(3):
        write_bvh(person(seed), folder / f"clip_{seed}.bvh")
    monkeypatch.setattr(latents, "LIBRARY", folder)
    return folder


def test_a_fresh_index_holds_what_the_model_has_read(
    signal: MotionSignal, data: Path, tmp_path: Path
) -> None:
    assert latents.write_latents(signal, data / LATENTS) == 3
    taken = demo_library(tmp_path / "index", lambda: None, data=data)
    assert taken.info()["failed_files"] == 0  # the file is no motion
    found = taken.motion_gallery(signal.model_id)
    assert (len(found.clip_ids), found.missing) == (3, 0)
    for clip, row in zip(found.clip_ids, found.latents, strict=True):
        (expected,) = signal.encode([taken.load(clip)])
        np.testing.assert_allclose(row, expected, atol=2e-3)


def test_what_another_model_has_read_is_passed_over(signal: MotionSignal, data: Path, tmp_path: Path) -> None:
    other = MotionSignal(load_tmr(bundle(tmp_path / "other", 4)))
    latents.write_latents(other, data / LATENTS)
    taken = demo_library(tmp_path / "index", lambda: None, data=data)
    assert taken.info()["motions"] == {}

"""What was made beforehand is taken in where it fits the motion file, and passed over where it does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from tmr_engine.captioning.bias_names import BIASES
from tmr_engine.captioning.facets import Facets
from tmr_engine.captioning.stored import packed
from tmr_engine.errors import LibraryError
from tmr_engine.library import Library
from tmr_engine.library.known_motions import KnownMotions, known_beside, write_known
from tmr_engine.library.reading import hash_file

PACK = ROOT / "tmr_engine" / "demo_library" / "deepmimic" / "clips.tmrpack"
MADE_UP = packed(
    Facets(
        **{"duration_s": 1.0, "travelled_m": 0.0, "speed_mps": 7.5, "speed_class": "run", "direction": ""},
        **{"in_place": False, "turned_left_deg": 0.0, "turned_right_deg": 0.0, "net_turn_deg": 0.0},
        **{"biases": dict.fromkeys(BIASES, 0.0), "counts": {}, "events": ()},
    )
)


class CountingModel:
    """A model that counts the clips that it is asked to read."""

    model_id, width = "counting", 4

    def __init__(self) -> None:
        self.read = 0

    def encode(self, motions):
        self.read += len(motions)
        return [np.eye(4, dtype=np.float32)[0] for _ in motions]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    place = tmp_path / "motions" / "clips.tmrpack"
    place.parent.mkdir()
    return Path(shutil.copyfile(PACK, place))


def known(pack: Path, content_hash: str = "") -> KnownMotions:
    latent = np.array([0, 0, 1, 0], np.float16)
    facets = {"walk": MADE_UP, "run": ""}
    return KnownMotions(content_hash or hash_file(pack), facets, "counting", {"walk": latent})


def indexed(pack: Path, tmp_path: Path) -> tuple[Library, CountingModel, list[str]]:
    library = Library.open(tmp_path / "library", create=True)
    report = library.index([pack.parent], None, workers=1)
    model = CountingModel()
    return library, model, [*report.warnings, *library.read_motions(model)]


def clip_of(library: Library, take: str) -> str:
    return next(clip.id for clip in library.clips() if clip.take == take)


def test_what_is_known_is_taken_in_and_the_rest_is_read(pack, tmp_path):
    write_known(pack, known(pack))
    library, model, problems = indexed(pack, tmp_path)
    assert problems == []
    assert model.read == len(library) - 1
    gallery = library.motion_gallery("counting")
    walk = gallery.latents[gallery.clip_ids.index(clip_of(library, "walk"))]
    assert walk.tolist() == [0, 0, 1, 0]
    facets = library.facets()
    speeds = dict(zip(facets.clip_ids, facets.table.speed_mps, strict=True))
    assert speeds[clip_of(library, "walk")] == 7.5
    assert clip_of(library, "run") not in speeds  # known to be no human's
    assert speeds[clip_of(library, "jump")] != 7.5


def test_it_is_not_believed_about_another_content(pack, tmp_path):
    write_known(pack, known(pack, "0" * 32))
    library, model, problems = indexed(pack, tmp_path)
    assert problems == []
    assert model.read == len(library)
    facets = library.facets()
    assert dict(zip(facets.clip_ids, facets.table.speed_mps, strict=True))[clip_of(library, "walk")] < 3.0


def test_damage_is_told_and_costs_nothing_but_time(pack, tmp_path):
    pack.with_suffix(".known.npz").write_bytes(b"no archive")
    library, model, problems = indexed(pack, tmp_path)
    assert any("cannot be read" in problem for problem in problems)
    assert model.read == len(library)


def test_arrays_that_do_not_fit_are_refused(pack):
    write_known(pack, known(pack))
    path = pack.with_suffix(".known.npz")
    with np.load(path) as held:
        arrays = dict(held)
    np.savez(path, **(arrays | {"latents": np.ones((5, 4), np.float16)}))
    with pytest.raises(LibraryError, match="do not fit"):
        known_beside(pack)

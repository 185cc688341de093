"""Motion made of a sentence, by networks with random weights: what must hold for any."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.made_runs import Sizes, random_weights
from tests.training.served import served
from tmr_engine.cli import main
from tmr_engine.errors import Cancelled, FeatureError, MotionFileError
from tmr_engine.formats import read_motion
from tmr_engine.generation import KeptTakes, synthesise
from tmr_engine.library import Library
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER
from tmr_engine.model.tmr import TMR

SIZES = Sizes(motion=263, text=384)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that reads texts through the bundled sentence model and decodes bodies of a human's size."""
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the sentence model is not built; `make setup` builds it")
    folder = tmp_path_factory.mktemp("bundle")
    mean = np.zeros(263, np.float32)
    mean[3] = 0.93
    draw = np.random.default_rng(5)
    mean[4:67] = (draw.normal(0, 0.3, (21, 3)) + [0, 0.9, 0]).ravel()
    std = np.full(263, 0.02, np.float32)
    served(folder, SIZES, random_weights(SIZES, 3), mean=mean, std=std)
    manifest = json.loads((folder / "manifest.json").read_text())
    sentences = json.loads((DEFAULT_FOLDER / "manifest.json").read_text())
    manifest["settings"]["text_model"] = sentences["files"]["weights.safetensors"]["sha256"][:16]
    manifest["credits"] = ["made by a test"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> TMR:
    from tmr_engine.model.tmr import load_tmr

    return load_tmr(folder)


def test_a_take_lasts_as_long_as_asked_and_its_bones_keep_their_lengths(model: TMR) -> None:
    (take,) = synthesise(model, "a person waves", 3.0, seed=4)
    motion = take.motion
    assert len(motion) == 60
    assert motion.fps == 20.0
    assert -1.0 <= take.score <= 1.0
    positions = motion.world[0]
    lengths = np.linalg.norm(positions[:, 1:] - positions[:, motion.skeleton.parents[1:]], axis=-1)
    assert np.ptp(lengths, axis=0).max() < 1e-9
    assert motion.source.take == "synthesised"


def test_the_same_seed_gives_the_same_takes_and_another_seed_others(model: TMR) -> None:
    def made(seed: int, takes: int) -> set[bytes]:
        found = synthesise(model, "a person waves", 1.0, seed=seed, takes=takes)
        assert [take.score for take in found] == sorted((take.score for take in found), reverse=True)
        return {take.motion.rotations.tobytes() for take in found}

    assert made(1, 2) == made(1, 2)
    assert made(1, 2) < made(1, 3)
    assert not made(1, 2) & made(2, 2)


def test_a_score_is_the_cosine_of_text_and_take(model: TMR) -> None:
    """Without variance there is nothing to draw: the latent is the mean, decoded and encoded again."""
    text = "someone sits down"
    mean, logvar = model.sentence_distributions([text])
    assert mean == pytest.approx(model.encode_sentences([text]))
    noise = np.random.default_rng([7, 0]).standard_normal(mean.shape[1])
    z = (mean[0] + np.exp(logvar[0] / 2) * noise).astype(np.float32)
    again = model.encode_motion(model.decode(z[None], [40]), [40])[0][0]
    expected = again @ mean[0] / (np.linalg.norm(again) * np.linalg.norm(mean[0]))
    (take,) = synthesise(model, text, 2.0, seed=7)
    assert take.score == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "seconds", "takes", "said"),
    [
        ("", 2.0, 1, "no text"),
        ("run", 0.1, 1, "0.1 s"),
        ("run", 600.0, 1, "600 s"),
        ("run", 2.0, 0, "0 takes"),
    ],
)
def test_what_cannot_be_made_is_refused(model: TMR, text: str, seconds: float, takes: int, said: str) -> None:
    with pytest.raises(FeatureError, match=said):
        synthesise(model, text, seconds, takes=takes)


def test_a_model_of_other_features_makes_no_motion(model: TMR, tmp_path: Path) -> None:
    sizes = replace(SIZES, motion=251)
    other = served(tmp_path, sizes, random_weights(sizes, 3))
    with pytest.raises(FeatureError, match="251 numbers"):
        synthesise(other, "run", 2.0)


def test_the_command_writes_takes_that_say_what_they_are(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "wave.bvh"
    words = ["generate", "a person waves", "--model", str(folder), "--out", str(out)]
    assert main([*words, "--seconds", "2", "--takes", "2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [Path(row["file"]).name for row in report["takes"]] == ["wave_1.bvh", "wave_2.bvh"]
    assert all(row["credits"] == "synthesised, made, made by a test" for row in report["takes"])
    assert all(set(row) == {"file", "score", "credits"} for row in report["takes"])
    assert report["seconds"] > 0
    read = read_motion(tmp_path / "wave_1.bvh")
    assert (len(read), read.fps) == (40, 20.0)
    positions = read.world[0]
    lengths = np.linalg.norm(positions[:, 1:] - positions[:, read.skeleton.parents[1:]], axis=-1)
    assert np.ptp(lengths, axis=0).max() < 1e-6
    assert main([*words, "--seconds", "0"]) == 2
    assert main([*words, "--seed", "-1"]) == 2
    assert main([*words[:-1], str(tmp_path / "wave.fbx")]) == 2
    assert not out.exists()


def test_a_take_that_is_indexed_like_a_recording_is_still_told_from_one(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a" / "b" / "c" / "made" / "wave.bvh"
    out.parent.mkdir(parents=True)
    assert main(["generate", "a person waves", "--model", str(folder), "--out", str(out)]) == 0
    library = Library.open(tmp_path / "library", create=True)
    library.index([out.parent], None, workers=1)
    (clip,) = library.clips()
    assert (clip.caption, clip.tags) == ("a person waves", ("synthesised",))
    assert (clip.licence, clip.credit) == ("none", "synthesised, made, made by a test")


def test_the_same_command_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    written = []
    for name, takes in (("one", 2), ("two", 2), ("three", 3)):
        out = tmp_path / f"{name}.bvh"
        words = ["generate", "a person waves", "--model", str(folder), "--out", str(out), "--seed", "5"]
        assert main([*words, "--seconds", "1", "--takes", str(takes)]) == 0
        written.append({path.read_bytes() for path in tmp_path.glob(f"{name}_*.bvh")})
    assert written[0] == written[1] < written[2]


def test_making_takes_tells_how_far_it_is_and_hears_a_cancel(model: TMR) -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(Cancelled):
        synthesise(
            model,
            "run",
            1.0,
            takes=5,
            progress=lambda done, takes: told.append((done, takes)),
            cancelled=lambda: len(told) == 2,
        )
    assert told == [(1, 5), (2, 5)]


def test_kept_takes_are_found_by_their_ids_until_they_are_deleted(model: TMR, tmp_path: Path) -> None:
    kept = KeptTakes(tmp_path / "takes")
    first, second = (kept.keep(take) for take in synthesise(model, " run ", 1.0, seed=3, takes=2))
    assert first.id != second.id
    (again,) = synthesise(model, "run", 1.0, seed=3)
    assert kept.keep(again).id in (first.id, second.id)
    found = KeptTakes(tmp_path / "takes").take(first.id)
    assert found == first
    assert (found.text, found.made_by, found.duration_s) == ("run", "made, seed 3", pytest.approx(0.95))
    best, read = synthesise(model, "run", 1.0, seed=3, takes=2)[0].motion, found.load()
    order = [read.skeleton.names.index(name) for name in best.skeleton.names]
    np.testing.assert_allclose(read.world[0][:, order], best.world[0], atol=1e-6)
    assert kept.is_id(first.id)
    assert not any(map(kept.is_id, ("3db6a1329ebacdf9", f"../{first.id}", "synthesised-x", "")))
    first.path.with_suffix(".json").unlink()
    with pytest.raises(MotionFileError, match="Generate it again"):
        kept.take(first.id)


def test_the_oldest_kept_takes_go_when_there_are_too_many(model: TMR, tmp_path: Path) -> None:
    kept = KeptTakes(tmp_path, most=2)
    ids = []
    for age, take in enumerate(synthesise(model, "run", 1.0, seed=3, takes=4)):
        ids.append(kept.keep(take).id)
        os.utime(tmp_path / f"{ids[-1]}.bvh", (1_000_000 + age, 1_000_000 + age))
    assert sorted(path.stem for path in tmp_path.glob("*.bvh")) == sorted(ids[2:])
    assert sorted(path.stem for path in tmp_path.glob("*.json")) == sorted(ids[2:])
    with pytest.raises(MotionFileError, match="Generate it again"):
        kept.take(ids[0])

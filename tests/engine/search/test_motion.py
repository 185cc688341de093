"""The motion signal: latents in a library, and searches, likenesses, names and moments by them.

The networks have random weights; what is tested holds for any. Expected scores are computed here, clip by
clip, from the networks' own outputs.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.engine.datasets.made import joints
from tests.training.made_runs import Sizes, random_weights
from tests.training.served import served
from tmr_engine.canonical import motion_features
from tmr_engine.captioning.describing import facets
from tmr_engine.captioning.facet_table import FacetTable
from tmr_engine.captioning.query import agreement, parse
from tmr_engine.cli import main
from tmr_engine.errors import BundleError, Cancelled, LibraryError
from tmr_engine.formats import write_bvh
from tmr_engine.formats.fitting import fit_rotations
from tmr_engine.formats.smpl_body import neutral_skeleton
from tmr_engine.library import Library
from tmr_engine.model import load_sentence_encoder
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER
from tmr_engine.model.tmr import TMR, load_tmr
from tmr_engine.motion import Motion
from tmr_engine.search import MOTION_ALONE, search
from tmr_engine.search.by_motion import classify, similar
from tmr_engine.search.moments import find_moments
from tmr_engine.search.motion_signal import MotionSignal

SIZES = Sizes(motion=263, text=384)
HALF = 2e-3  # latents are kept in half precision


def bundle(folder: Path, seed: int) -> Path:
    """A bundle that reads texts through the bundled sentence model."""
    folder.mkdir()
    served(folder, SIZES, random_weights(SIZES, seed), std=np.full(263, 0.2, np.float32))
    manifest = json.loads((folder / "manifest.json").read_text())
    sentences = json.loads((DEFAULT_FOLDER / "manifest.json").read_text())
    manifest["settings"]["text_model"] = sentences["files"]["weights.safetensors"]["sha256"][:16]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the sentence model is not built; `make setup` builds it")
    folder = tmp_path_factory.mktemp("models")
    return bundle(folder / "one", 3), bundle(folder / "other", 4)


@pytest.fixture(scope="module")
def model(models: tuple[Path, Path]) -> TMR:
    return load_tmr(models[0])


@pytest.fixture(scope="module")
def signal(model: TMR) -> MotionSignal:
    return MotionSignal(model)


def person(seed: int, frames: int = 60) -> Motion:
    return fit_rotations(neutral_skeleton(), joints(frames, seed), 20.0)


@pytest.fixture(scope="module")
def motions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("motions")
    for seed in range(6):
        write_bvh(person(seed, 60 + 10 * seed), folder / f"clip_{seed}.bvh")
    (folder / "captions.csv").write_text("file,text\nclip_1.bvh,a person waves\n", encoding="utf-8")
    return folder


@pytest.fixture
def library(motions: Path, tmp_path: Path) -> Library:
    library = Library.open(tmp_path / "library", create=True)
    library.index([motions], load_sentence_encoder(), workers=1)
    return library


def latent(model: TMR, motion: Motion) -> np.ndarray:
    """One clip, read alone."""
    features = motion_features(motion)
    normal = (features - model.mean) / model.std
    row = model.encode_motion(normal[None].astype(np.float32), [len(normal)])[0][0].astype(np.float64)
    return row / np.linalg.norm(row)


def sentence(model: TMR, text: str) -> np.ndarray:
    row = model.encode_sentences([text])[0].astype(np.float64)
    return row / np.linalg.norm(row)


def test_every_clip_gets_the_latent_that_it_has_when_read_alone(
    library: Library, model: TMR, signal: MotionSignal
) -> None:
    assert library.read_motions(signal) == []
    gallery = library.motion_gallery(signal.model_id)
    assert gallery.missing == 0
    assert sorted(gallery.clip_ids) == sorted(clip.id for clip in library.clips())
    for clip, row in zip(gallery.clip_ids, gallery.latents, strict=True):
        np.testing.assert_allclose(row, latent(model, library.load(clip)), atol=HALF)
    assert library.check() == []


def test_only_what_is_missing_is_read_and_two_models_are_kept_side_by_side(
    library: Library, signal: MotionSignal, models: tuple[Path, Path], motions: Path
) -> None:
    seen: list[tuple[int, int]] = []
    library.read_motions(signal)
    library.read_motions(signal, progress=lambda done, total: seen.append((done, total)))
    assert seen == []
    before = library.motion_gallery(signal.model_id)
    other = MotionSignal(load_tmr(models[1]))
    library.read_motions(other)
    after = library.motion_gallery(signal.model_id)
    np.testing.assert_array_equal(before.latents, after.latents)
    assert library.motion_gallery(other.model_id).clip_ids == after.clip_ids
    assert np.abs(library.motion_gallery(other.model_id).latents - after.latents).max() > 0.1


def test_a_clip_that_is_read_anew_is_read_by_the_model_anew(
    signal: MotionSignal, model: TMR, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    write_bvh(person(1), folder / "clip.bvh")
    library = Library.open(tmp_path / "library", create=True)
    encoder = load_sentence_encoder()
    library.index([folder], encoder, workers=1)
    library.read_motions(signal)
    write_bvh(person(9), folder / "clip.bvh")
    library.index([folder], encoder, workers=1)
    assert library.motion_gallery(signal.model_id).missing == 1
    library.read_motions(signal)
    (row,) = library.motion_gallery(signal.model_id).latents
    np.testing.assert_allclose(row, latent(model, person(9)), atol=5e-3)


def test_what_was_read_before_a_cancelling_is_kept_and_the_rest_follows(
    library: Library, signal: MotionSignal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tmr_engine.library.latents._BATCH", 2)
    asked = iter([False, False, False, True])
    with pytest.raises(Cancelled):
        library.read_motions(signal, cancelled=lambda: next(asked))
    assert library.motion_gallery(signal.model_id).missing == 4
    library.read_motions(signal)
    assert library.motion_gallery(signal.model_id).missing == 0


def test_a_clip_without_a_human_body_is_found_by_its_words_and_not_tried_again(
    signal: MotionSignal, motions: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    chain = "HIERARCHY\nROOT tail\n{\n OFFSET 0 0 0\n CHANNELS 6 Xposition Yposition Zposition Zrotation"
    chain += (
        " Xrotation Yrotation\n End Site\n {\n OFFSET 0 1 0\n }\n}\nMOTION\nFrames: 3\nFrame Time: 0.05\n"
    )
    (folder / "tail.bvh").write_text(chain + "0 0 0 0 0 0\n" * 3)
    (folder / "clip.bvh").write_bytes((motions / "clip_0.bvh").read_bytes())
    library = Library.open(tmp_path / "library", create=True)
    encoder = load_sentence_encoder()
    library.index([folder], encoder, workers=1)
    assert library.read_motions(signal) == []
    gallery = library.motion_gallery(signal.model_id)
    assert (len(gallery.clip_ids), gallery.missing) == (1, 0)
    found = search(library, encoder, "tail", motion=signal)
    by_name = {result.clip.name: result.parts["motion"] for result in found}
    assert by_name["tail"] == 0.0
    assert by_name["clip"] != 0.0


def test_clips_rank_by_their_motion_alone_as_their_cosines_do(
    library: Library, model: TMR, signal: MotionSignal
) -> None:
    library.read_motions(signal)
    encoder = load_sentence_encoder()
    query = sentence(model, "something sad")
    expected = {clip.id: latent(model, library.load(clip.id)) @ query for clip in library.clips()}
    found = search(library, encoder, "something sad", weights=MOTION_ALONE, motion=signal)
    assert [result.clip.id for result in found] == sorted(expected, key=lambda clip: -expected[clip])
    for result in found:
        assert result.score == pytest.approx(expected[result.clip.id], abs=HALF)
    fused = {r.clip.id: r for r in search(library, encoder, "something sad", motion=signal)}
    for clip, result in fused.items():
        # no clip has a caption: what is seen in its motion stands for one
        meaning = max(0.9 * expected[clip], result.parts["name"], 0.0)
        score = (meaning + 1.3 * result.parts["words"] + 0.1 * expected[clip]) / 2.4
        assert result.score == pytest.approx(score, abs=HALF)
        assert "motion" in result.parts


def test_a_query_is_read_once_for_both_signals_with_the_same_outcome(signal: MotionSignal) -> None:
    encoder = load_sentence_encoder()
    for text in ("", "somebody kicks", "a person walks forward and turns around to the left" * 8):
        vector, latent = signal.query(encoder, text)
        assert np.allclose(vector, encoder.encode([text])[0], atol=1e-6)
        assert np.allclose(latent, signal.sentences([text])[0], atol=1e-6)
    text, other = "a man walks, then he kicks", "he kicks, then a man walks"
    vector, latent = signal.query(encoder, text)
    one, turned = signal.sentences([text, other])
    contrast = 2 * one - turned  # the contrast of two orders, docs of `queries`
    assert np.allclose(vector, encoder.encode([text])[0], atol=1e-6)
    assert np.allclose(latent, contrast / np.linalg.norm(contrast), atol=1e-5)
    assert np.allclose(signal.queries([text, text])[1], latent, atol=1e-5)


def test_a_library_that_the_model_has_not_read_says_so(library: Library, signal: MotionSignal) -> None:
    with pytest.raises(LibraryError, match="not read by the model made"):
        search(library, load_sentence_encoder(), "kick", motion=signal)
    with pytest.raises(LibraryError, match="--model"):
        similar(signal, library.motion_gallery(signal.model_id), person(1), 3)


def test_a_clip_is_most_like_itself_and_names_rank_by_cosine(
    library: Library, model: TMR, signal: MotionSignal
) -> None:
    library.read_motions(signal)
    clip = library.clips()[2]
    found = similar(signal, library.motion_gallery(signal.model_id), library.load(clip.id), 6)
    assert found[0][0] == clip.id
    assert found[0][1] == pytest.approx(1.0, abs=HALF)
    own = latent(model, library.load(clip.id))
    for other, score in found:
        assert score == pytest.approx(own @ latent(model, library.load(other)), abs=HALF)
    scores = classify(signal, library.load(clip.id), ["walk", "run", "walk", "sit"])
    assert scores == pytest.approx({name: own @ sentence(model, name) for name in ("walk", "run", "sit")})
    assert list(scores.values()) == sorted(scores.values(), reverse=True)


def test_a_long_motion_is_read_in_equal_parts(model: TMR, signal: MotionSignal) -> None:
    motion = person(2, 620)
    features = (motion_features(motion) - model.mean) / model.std
    parts = [
        model.encode_motion(part[None].astype(np.float32), [len(part)])[0][0]
        for part in np.array_split(features, 3)
    ]
    mean = np.mean([part / np.linalg.norm(part) for part in parts], axis=0)
    (found,) = signal.encode([motion])
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-5)


@pytest.mark.parametrize(("text", "asks"), [("something sad", 0.0), ("a jump", 0.8)])
def test_moments_are_parts_read_as_clips_of_their_own(
    model: TMR, signal: MotionSignal, text: str, asks: float
) -> None:
    motion = person(5, 101)
    found = find_moments(signal, text, motion, top=3)
    assert len(found) > 1
    assert [part.score for part in found] == sorted((part.score for part in found), reverse=True)
    query = sentence(model, text)
    for part in found:
        alone = motion.cut(part.start_s, part.end_s)
        usual = -0.5 * (np.log((part.end_s - part.start_s) / 3.2) / 0.55) ** 2
        agreed = agreement(parse(text), FacetTable([facets(alone)]))[0]
        score = latent(model, alone) @ query + 0.05 * usual + asks * agreed
        assert part.score == pytest.approx(score / (1 + asks), abs=1e-3)
    spans = [(part.start_s, part.end_s) for part in found]
    for number, (start, end) in enumerate(spans):
        assert 0.0 <= start < end <= motion.duration_s
        for first, last in spans[:number]:
            shared = max(0.0, min(end, last) - max(start, first))
            assert shared / (end - start + last - first - shared) <= 0.5


def test_a_model_of_other_features_is_refused(tmp_path: Path) -> None:
    sizes = Sizes(text=384)
    with pytest.raises(BundleError, match="11 numbers a frame"):
        MotionSignal(served(tmp_path, sizes, random_weights(sizes, 1)))


def test_the_commands_index_search_compare_and_classify(
    models: tuple[Path, Path], motions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, folder = str(tmp_path / "library"), str(models[0])
    assert main(["search", "kick", "--signal", "motion", "--model", "none"]) == 2
    assert "--model" in capsys.readouterr().err
    assert main(["index", str(motions), "--library", place, "--model", folder, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clips"] == 6

    def said(*words: str) -> dict:
        assert main([*words, "--model", folder, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    rows = said("search", "sad", "--library", place, "--signal", "motion")["results"]
    assert [row["score"] for row in rows] == pytest.approx([row["parts"]["motion"] for row in rows])
    assert (
        "motion" not in said("search", "kick", "--library", place, "--signal", "text")["results"][0]["parts"]
    )
    clip = rows[0]["clip"]
    like = said("similar", clip, "--library", place, "--top", "3")["results"]
    assert len(like) == 3
    assert clip not in [row["clip"] for row in like]
    assert set(said("classify", clip, "--library", place, "--labels", "walk, run")["labels"]) == {
        "walk",
        "run",
    }
    parts = said("moments", "kick", str(motions / "clip_5.bvh"), "--top", "2")["moments"]
    assert len(parts) == 2
    assert all(0 <= part["start"] < part["end"] <= 5.5 for part in parts)

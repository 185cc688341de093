"""Commands that choose a model by name, and what they say of a library that it has not read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.search.test_motion import bundle, person
from tmr_engine.cli import main
from tmr_engine.formats import write_bvh
from tmr_engine.library import Library
from tmr_engine.model.installed import InstalledModels
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER
from tmr_engine.model.tmr import load_tmr
from tmr_engine.search.coverage import Coverage, coverage_of

Said = Callable[..., dict]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstalledModels:
    """Two models of the user's, "one" and "other"; the bundled one is looked for where there is none."""
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the sentence model is not built; `make model` builds it")
    monkeypatch.setenv("TMR_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(InstalledModels.__init__, "__defaults__", (tmp_path / "bundled",))
    models = InstalledModels(tmp_path / "data" / "models")
    models.add(bundle(tmp_path / "exported", 3), "one")
    models.add(bundle(tmp_path / "another", 4), "other")
    return models


@pytest.fixture
def motions(tmp_path: Path) -> Path:
    folder = tmp_path / "a" / "b" / "c" / "motions"
    folder.mkdir(parents=True)
    for seed in range(3):
        write_bvh(person(seed), folder / f"kick_{seed}.bvh")
    return folder


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def run(*words: object) -> dict:
        assert main([*map(str, words), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def ids(models: InstalledModels) -> dict[str, str]:
    return {model.name: model.model_id for model in models.all()}


def test_each_model_reads_the_library_once_and_all_are_told(
    models: InstalledModels, motions: Path, tmp_path: Path, said: Said
) -> None:
    place = tmp_path / "library"
    assert said("index", motions, "--library", place)["model"] == ""
    assert said("library", "info", "--library", place)["motions"] == {}
    report = said("index", "--library", place, "--model", "one")
    assert (report["model"], report["clips"], report["added"], report["removed"]) == ("one", 3, 0, 0)
    write_bvh(person(7), motions / "new.bvh")
    said("index", motions, "--library", place, "--model", "other")
    told = said("library", "info", "--library", place)["motions"]
    names = ids(models)
    assert told == {
        names["one"]: {"model": "one", "read": 3, "not_read": 1},
        names["other"]: {"model": "other", "read": 4, "not_read": 0},
    }


def test_a_search_says_what_the_model_has_not_read_and_goes_on_by_text(
    models: InstalledModels, motions: Path, tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "library"
    said("index", motions, "--library", place, "--model", "other")
    found = said("search", "kick", "--library", place, "--model", "one")
    assert len(found["results"]) == 3
    assert "motion" not in found["results"][0]["parts"]
    assert found["note"] == (
        "Only texts were compared, because the model one has not read this library's motions. "
        f"Run: tmr index --library {place} --model one"
    )
    words = ["search", "kick", "--library", str(place), "--model", "one"]
    for signal in ("motion", "fused"):
        assert main([*words, "--signal", signal]) == 2
        assert f"Run: tmr index --library {place} --model one." in capsys.readouterr().err
    assert main(["similar", str(motions / "kick_0.bvh"), *words[2:]]) == 2
    assert f"Run: tmr index --library {place} --model one." in capsys.readouterr().err

    said("index", "--library", place, "--model", "one")
    found = said("search", "sad", "--library", place, "--model", "one", "--signal", "motion")
    assert (found["note"], found["model"]) == ("", "one")
    assert [row["score"] for row in found["results"]] == [row["parts"]["motion"] for row in found["results"]]


def test_clips_that_the_model_has_not_read_yet_are_counted(
    models: InstalledModels, motions: Path, tmp_path: Path, said: Said
) -> None:
    place = tmp_path / "library"
    said("index", motions, "--library", place, "--model", "one")
    write_bvh(person(7), motions / "new.bvh")
    said("index", motions, "--library", place)
    found = said("search", "kick", "--library", place, "--model", "one")
    assert "the model one has not read 1 of" in found["note"].lower()
    assert "motion" in found["results"][0]["parts"]


def test_the_bundled_model_is_taken_unless_text_alone_is_asked_for(
    models: InstalledModels, motions: Path, tmp_path: Path, said: Said
) -> None:
    place = tmp_path / "library"
    os.rename(tmp_path / "another", tmp_path / "bundled")
    assert said("index", motions, "--library", place)["model"] == "tmr-open"
    found = said("search", "kick", "--library", place)
    assert (found["model"], found["note"]) == ("tmr-open", "")
    assert "motion" in found["results"][0]["parts"]
    for words in (("--model", "none"), ("--signal", "text")):
        found = said("search", "kick", "--library", place, *words)
        assert (found["model"], found["note"]) == ("", "")
        assert "motion" not in found["results"][0]["parts"]
    assert len(said("classify", motions / "kick_0.bvh", "--labels", "kick,sit")["labels"]) == 2


def test_without_any_model_all_is_as_it_was_and_what_needs_one_says_how_to_get_it(
    models: InstalledModels, motions: Path, tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "library"
    assert said("index", motions, "--library", place)["clips"] == 3
    for signal in ("fused", "text"):
        found = said("search", "kick", "--library", place, "--signal", signal)
        assert (len(found["results"]), found["note"], found["model"]) == (3, "", "")
    clip = str(motions / "kick_0.bvh")
    for words in (
        ["search", "kick", "--library", str(place), "--signal", "motion"],
        ["similar", clip, "--library", str(place)],
        ["moments", "kick", clip],
        ["classify", clip, "--labels", "a"],
        ["generate", "kick", "--out", str(tmp_path / "out.bvh")],
    ):
        assert main(words) == 2
        said_so = capsys.readouterr().err
        assert "tmr models add FOLDER" in said_so
        assert said_so.count("\n") == 1
    assert main(["search", "kick", "--model", "nobody"]) == 2
    assert "Installed are: one, other" in capsys.readouterr().err


def test_index_says_what_is_missing(
    models: InstalledModels, motions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(motions)]) == 2
    assert "--library DIR" in capsys.readouterr().err
    assert main(["index", "--library", str(tmp_path / "library")]) == 2
    assert "there is nothing to index" in capsys.readouterr().err
    assert main(["index", "--library", str(tmp_path / "library"), "--model", "one"]) == 2
    assert "there is no library in this folder" in capsys.readouterr().err
    assert not (tmp_path / "library").exists()


def test_a_library_in_which_no_clip_is_a_body_is_as_read_as_it_can_be(tmp_path: Path) -> None:
    assert Coverage(0, 0).is_usable
    assert Coverage(0, 0).note("one") == ""
    assert not Coverage(0, 2).is_usable
    empty = Library.open(tmp_path / "library", create=True)
    assert coverage_of(empty, "any") == Coverage(0, 0)


def test_latents_of_a_removed_model_stay(
    models: InstalledModels, motions: Path, tmp_path: Path, said: Said
) -> None:
    place = tmp_path / "library"
    said("index", motions, "--library", place, "--model", "one")
    one = load_tmr(models.folder / "one").model_id
    said("models", "remove", "one")
    assert said("library", "info", "--library", place)["motions"] == {
        one: {"model": "", "read": 3, "not_read": 0}
    }
    assert said("models", "add", tmp_path / "exported", "--name", "again")["added"]["model_id"] == one
    assert said("search", "kick", "--library", place, "--model", "again")["note"] == ""

"""Search on the library on disk, with the product's own model, and the command line over it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.engine.library.making import write_walk
from tmr_engine.cli import main
from tmr_engine.library import Library
from tmr_engine.model import SentenceEncoder, load_sentence_encoder
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER
from tmr_engine.search import Filters, search

CAPTIONS = {
    "a01.bvh": ["a person walks forward in a straight line"],
    "a02.bvh": ["someone does a cartwheel", "a gymnast turns over sideways on his hands"],
    "a03.bvh": ["a man sits down on a chair and reads a newspaper"],
    "boxing_punches.bvh": [],
}


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the model is not built; run `make model`")
    return load_sentence_encoder()


@pytest.fixture(scope="module")
def motions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a") / "b" / "c" / "motions"
    for number, name in enumerate(CAPTIONS):
        write_walk(folder / name, seconds=1.0 + number)
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "text"])
        rows.writerows([name, text] for name, texts in CAPTIONS.items() for text in texts)
    return folder


@pytest.fixture(scope="module")
def library(motions: Path, encoder: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library.open(tmp_path_factory.mktemp("library"), create=True)
    report = library.index([motions], encoder, workers=1)
    assert (report.clips, report.failed) == (4, ())
    return library


@pytest.mark.parametrize(
    ("text", "file", "caption"),
    [
        ("walking straight ahead", "a01.bvh", CAPTIONS["a01.bvh"][0]),
        ("an acrobat flips onto their hands", "a02.bvh", CAPTIONS["a02.bvh"][1]),
        ("cartwheel", "a02.bvh", CAPTIONS["a02.bvh"][0]),
        ("taking a seat to study the news", "a03.bvh", CAPTIONS["a03.bvh"][0]),
    ],
)
def test_a_paraphrase_finds_the_clip_and_the_caption_that_says_it(library, encoder, text, file, caption):
    best = search(library, encoder, text)[0]
    assert best.clip.path.name == file
    assert best.caption == caption


def test_a_clip_without_caption_is_found_by_its_file_name(library, encoder):
    best = search(library, encoder, "a boxer punches")[0]
    assert best.clip.path.name == "boxing_punches.bvh"
    assert best.parts["caption"] == 0.0
    assert best.parts["name"] > 0.5


def test_exact_words_are_counted_by_the_librarys_full_text_index(library, encoder):
    results = search(library, encoder, "newspapers!")
    assert [result.clip.path.name for result in results if result.parts["words"] > 0] == ["a03.bvh"]


@pytest.mark.parametrize(
    "text", ["\U0001f57a\U0001f389", "'; DROP TABLE clips; --", 'NEAR("a" b)*', "walk " * 2000, "\ud83d"]
)
def test_odd_queries_rank_every_clip(library, encoder, text):
    assert len(search(library, encoder, text)) == 4


def test_filters_hold_on_disk_too(library, encoder, motions):
    names = [
        result.clip.path.name
        for result in search(library, encoder, "move", filters=Filters(min_duration_s=2.5, folder=motions))
    ]
    assert sorted(names) == ["a03.bvh", "boxing_punches.bvh"]


def test_the_command_prints_one_json_object(library, capsys):
    arguments = ["search", "a cartwheel", "--library", str(library.folder), "--top", "2", "--json"]
    arguments += ["--model", "none"]
    assert main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.keys() == {"query", "results", "seconds", "note", "model"}
    assert answer["note"] == ""
    assert answer["query"] == "a cartwheel"
    assert [result["rank"] for result in answer["results"]] == [1, 2]
    best = answer["results"][0]
    asked = {"rank", "clip", "path", "take", "start", "end", "score", "parts", "caption"}
    assert asked <= best.keys()
    assert best["path"].endswith("a02.bvh")
    assert best["clip"] == library.clips()[1].id
    assert (best["start"], best["end"]) == pytest.approx((0.0, 2.0), abs=0.01)
    assert best["caption"] == "someone does a cartwheel"
    assert best["parts"].keys() == {"caption", "name", "words"}
    assert best["score"] >= answer["results"][1]["score"]


def test_the_command_lists_clips_for_people(library, capsys):
    assert main(["search", "a cartwheel", "--library", str(library.folder), "--top", "1"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "someone does a cartwheel" in first
    assert "a02.bvh" in second


def test_the_command_takes_filters(library, capsys):
    arguments = ["search", "walk", "--library", str(library.folder), "--max-duration", "1.5", "--json"]
    assert main(arguments) == 0
    assert [Path(row["path"]).name for row in json.loads(capsys.readouterr().out)["results"]] == ["a01.bvh"]


def test_the_command_says_when_nothing_is_left(library, capsys):
    assert main(["search", "walk", "--library", str(library.folder), "--tag", "nowhere"]) == 0
    assert capsys.readouterr().out == "no clip\n"


@pytest.mark.parametrize("top", ["0", "-3", "many"])
def test_a_top_that_is_no_count_is_refused(library, capsys, top):
    assert main(["search", "walk", "--library", str(library.folder), "--top", top, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_a_folder_without_a_library_is_refused(tmp_path, capsys):
    assert main(["search", "walk", "--library", str(tmp_path), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "library"
    assert str(tmp_path) in error["sentence"]

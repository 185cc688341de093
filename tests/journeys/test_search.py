"""A user's first search: a fresh process, the demo library, an empty cache folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER

KEYS = {"rank", "clip", "path", "start", "end", "score", "parts", "caption"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the model is not built; run `make model`")
    return tmp_path_factory.mktemp("cache")


def tmr_search(cache: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tmr_engine", "search", *words],
        env=os.environ | {"TMR_CACHE": str(cache)},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("someone chops wood with an axe", ("axe", "chop")),
        ("a person walks forward", ("walk",)),
        ("doing a backflip", ("flip",)),
        ("a man runs fast", ("run", "sprint", "jog")),
        ("kick", ("kick",)),
        ("he falls dead on the ground", ("die", "dead", "death", "fall", "collapse")),
    ],
)
def test_the_first_results_are_about_the_sentence(cache, sentence, words):
    done = tmr_search(cache, sentence, "--top", "3", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)  # refuses anything beside the one object
    assert answer["query"] == sentence
    assert answer["seconds"] > 0
    results = answer["results"]
    assert [result["rank"] for result in results] == [1, 2, 3]
    assert all(result.keys() >= KEYS for result in results)
    scores = [result["score"] for result in results]
    assert scores == sorted(scores, reverse=True)
    assert all(result["end"] > result["start"] for result in results)
    assert all(Path(result["path"]).is_file() for result in results)
    captions = " / ".join(result["caption"] for result in results).lower()
    assert any(word in captions for word in words), captions
    assert any(word in results[0]["caption"].lower() for word in words), captions


def test_a_refusal_is_one_json_object_too(cache, tmp_path):
    done = tmr_search(cache, "walk", "--library", str(tmp_path), "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "library"
    assert str(tmp_path) in done.stderr

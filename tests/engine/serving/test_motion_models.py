"""Motion models through the pipe: listed, chosen for searches and indexing, and made to generate."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.engine.search.test_motion import person
from tests.engine.serving.conftest import Peer
from tests.training.made_runs import Sizes, random_weights
from tests.training.served import served
from tmr_engine.canonical import motion_features
from tmr_engine.formats import read_motion, write_bvh
from tmr_engine.model.installed import InstalledModels
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER
from tmr_engine.motion import arrays
from tmr_engine.protocol import Cancel, Error, Progress, Request, Result

SIZES = Sizes(motion=263, text=384)


def bundle(folder: Path, seed: int) -> Path:
    """A bundle that reads texts through the bundled sentence model and decodes a body that fidgets."""
    folder.mkdir(parents=True)
    mean = motion_features(person(3))[0].astype(np.float32)
    served(folder, SIZES, random_weights(SIZES, seed), mean=mean, std=np.full(263, 0.02, np.float32))
    manifest = json.loads((folder / "manifest.json").read_text())
    sentences = json.loads((DEFAULT_FOLDER / "manifest.json").read_text())
    manifest["settings"]["text_model"] = sentences["files"]["weights.safetensors"]["sha256"][:16]
    manifest["credits"] = ["by a test"]
    manifest["licence"] = "CC0-1.0"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def engine(start_peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Peer:
    """The real engine of a user who has added two models."""
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the sentence model is not built; `make model` builds it")
    monkeypatch.setenv("TMR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TMR_CACHE", str(tmp_path / "cache"))
    models = InstalledModels(tmp_path / "data" / "models")
    models.add(bundle(tmp_path / "one", 3), "one")
    models.add(bundle(tmp_path / "other", 4), "other")
    return start_peer(sys.executable, "-m", "tmr_engine", "serve")


@pytest.fixture
def motions(tmp_path: Path) -> Path:
    """Three takes of a body, as files of the user's."""
    folder = tmp_path / "a" / "b" / "c" / "motions"
    folder.mkdir(parents=True)
    for seed in range(3):
        write_bvh(person(seed), folder / f"kick_{seed}.bvh")
    return folder


class Asking:
    """Requests with ids that rise."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.last = peer, 0

    def __call__(self, method: str, **params: object) -> Result:
        answer = self.outcome(method, **params)
        assert isinstance(answer, Result), answer
        return answer

    def outcome(self, method: str, **params: object) -> Result | Error:
        self.last += 1
        self.peer.send(Request(self.last, method, params))
        return self.peer.receive_last(self.last)


def test_models_are_listed_with_what_a_user_chooses_by(engine: Peer) -> None:
    values = Asking(engine)("models.list").values
    own = [row for row in values["models"] if not row["bundled"]]
    assert [row["name"] for row in own] == ["one", "other"]
    assert {row["licence"] for row in own} == {"CC0-1.0"}
    assert all(row["reads_text"] and row["width"] == 16 and not row["problem"] for row in own)
    assert values["default"] in ("", "tmr-open")


def test_a_library_is_read_by_the_model_that_is_named_and_searched_by_it(
    engine: Peer, motions: Path, tmp_path: Path
) -> None:
    ask, place = Asking(engine), str(tmp_path / "library")
    report = ask("library.index", library=place, paths=[str(motions)], model="other").values
    assert (report["model"], report["clips"], report["warnings"]) == ("other", 3, [])
    found = ask("library.search", library=place, text="kick", model="other").values
    assert (found["model"], found["unread"], found["note"]) == ("other", 0, "")
    assert all("motion" in row["parts"] for row in found["results"])

    found = ask("library.search", library=place, text="kick", model="one").values
    assert (found["model"], found["unread"], len(found["results"])) == ("one", 3, 3)
    assert "has not read this library's motions" in found["note"]
    assert "motion" not in found["results"][0]["parts"]

    ask("library.index", library=place, model="one")  # no folder is named: what is there is read
    found = ask("library.search", library=place, text="kick", model="one").values
    assert (found["unread"], found["note"]) == (0, "")
    assert "motion" in found["results"][0]["parts"]
    assert len(ask("library.info", library=place).values["motions"]) == 2

    found = ask("library.search", library=place, text="kick", model="none").values
    assert (found["model"], found["unread"]) == ("", 0)
    assert "motion" not in found["results"][0]["parts"]


def test_a_model_that_reads_no_sentences_says_so_and_texts_are_compared(
    engine: Peer, motions: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mute"
    folder.mkdir()
    served(folder, SIZES, random_weights(SIZES, 5))  # its manifest names no text model, as the authors' runs
    ask, place = Asking(engine), str(tmp_path / "library")
    ask("library.index", library=place, paths=[str(motions)], model=str(folder))
    found = ask("library.search", library=place, text="kick", model=str(folder)).values
    assert (len(found["results"]), found["unread"]) == (3, 0)
    assert "reads no sentences" in found["note"]
    error = ask.outcome("motion.generate", text="kick", model=str(folder))
    assert isinstance(error, Error)
    assert error.code == "bundle"


def test_what_cannot_be_done_is_refused_in_a_sentence(engine: Peer, motions: Path, tmp_path: Path) -> None:
    ask, place = Asking(engine), str(tmp_path / "library")
    for method, params, code, what in (
        ("library.search", {"text": "kick", "model": "nobody"}, "bundle", "no model nobody"),
        ("library.search", {"text": "kick", "model": 3}, "bad-params", '"model" is 3'),
        ("library.index", {"library": place, "model": "none"}, "bad-params", '"paths" is empty'),
        ("library.index", {"paths": [str(motions)], "model": "one"}, "bad-params", "demo library takes no"),
        ("motion.generate", {"text": "kick", "model": "none"}, "bundle", "no motion model"),
        ("motion.generate", {"text": "kick", "model": "one", "takes": 65}, "bad-params", "1 to 64"),
        ("motion.generate", {"text": "kick", "model": "one", "seconds": 600}, "feature", "600 s"),
        ("motion.generate", {"text": " ", "model": "one"}, "feature", "no text"),
        ("motion.fetch", {"clip": "synthesised-0123456789abcdef"}, "motion-file", "no longer there"),
    ):
        error = ask.outcome(method, **params)
        assert isinstance(error, Error), method
        assert error.code == code
        assert what in error.sentence


def test_takes_are_generated_marked_and_fetched_like_clips(engine: Peer) -> None:
    ask = Asking(engine)
    params = {"text": "a person waves", "seconds": 2.0, "seed": 7, "takes": 3, "model": "one"}
    made = ask("motion.generate", **params).values
    rows = made["results"]
    assert (made["model"], [row["rank"] for row in rows]) == ("one", [1, 2, 3])
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    for row in rows:
        assert row["synthesised"] == "made, seed 7"
        assert row["credit"] == "synthesised, made, by a test"
        assert (row["licence"], row["caption"]) == ("CC0-1.0", "a person waves")
        assert row["duration_s"] == pytest.approx(1.95)  # 40 frames
    assert ask("motion.generate", **params).values["results"] == rows
    fetched = ask("motion.fetch", clip=rows[1]["clip"])
    assert fetched.values["synthesised"] == "made, seed 7"
    assert fetched.values["credit"] == rows[1]["credit"]
    motion = arrays.motion_from_arrays(
        fetched.arrays | {name: np.array(value) for name, value in fetched.values.items()}
    )
    assert (len(motion), motion.fps) == (40, 20.0)
    assert read_motion(rows[1]["path"]).skeleton.names == motion.skeleton.names


def test_generating_is_cancelled_and_holds_up_no_search(engine: Peer) -> None:
    ask = Asking(engine)
    ask("models.list")
    long = {"text": "run", "seconds": 60.0, "takes": 64, "model": "one"}
    engine.send(Request(90, "motion.generate", long))
    while not (isinstance(message := engine.receive(), Progress) and message.id == 90):
        pass
    assert message.total == 64
    engine.send(Request(91, "models.list"), Cancel(90))
    answers = {}
    while len(answers) < 2:
        message = engine.receive()
        if isinstance(message, Result | Error):
            answers[message.id] = message
    assert isinstance(answers[91], Result)
    assert answers[90].code == "cancelled"


def test_a_generated_take_that_was_indexed_is_fetched_as_one(engine: Peer, tmp_path: Path) -> None:
    ask, place = Asking(engine), str(tmp_path / "library")
    (row,) = ask("motion.generate", text="a person waves", model="one").values["results"]
    ask("library.index", library=place, paths=[row["path"]], model="none")
    (found,) = ask("library.search", library=place, text="wave", model="none").values["results"]
    fetched = ask("motion.fetch", library=place, clip=found["clip"])
    assert fetched.values["synthesised"] == "synthesised, made, by a test"

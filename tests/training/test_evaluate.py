"""`tmr evaluate`: latents of a split, the protocols over them, captions, actions and moments."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; these tests need the training packages")

from tests.engine.datasets.made import humanml3d, joints  # noqa: E402
from tmr_engine.cli import main  # noqa: E402
from tmr_engine.datasets import Caption, Dataset, Item, MotionPlace, load_dataset  # noqa: E402
from tmr_engine.errors import TMRError  # noqa: E402
from tmr_engine.features import FEATURE_WIDTH, Statistics, joints_to_features  # noqa: E402
from tmr_engine.model import load_checkpoint  # noqa: E402
from tmr_engine.training.config import read_config  # noqa: E402
from tmr_engine.training.encoding import encode_parts  # noqa: E402
from tmr_engine.training.evaluate import evaluate  # noqa: E402
from tmr_engine.training.train import train  # noqa: E402

pytestmark = pytest.mark.torch
PAIRS = 35


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = humanml3d(tmp_path_factory.mktemp("data") / "made", train=8, val=PAIRS, frames=44)
    subset = load_dataset(folder, "test").keys[3:9]
    (folder / "nsim_test.txt").write_text("\n".join([*subset, "not_there"]) + "\n")
    return folder


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One epoch is enough: what is tested holds for any weights."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    settings = [
        f"data.dataset={data}",
        f"training.folder={folder}",
        "training.epochs=1",
        "training.device=cpu",
        "data.val_split=",
        "model.latent_dim=16",
        "model.ff_size=16",
    ]
    train(read_config("demo", settings))
    return folder


def sorted_ranks(cosines: np.ndarray) -> np.ndarray:
    """Place of each row's own item in the sorted row; there must be no ties."""
    order = np.argsort(-cosines, axis=1)
    return np.array([int(np.flatnonzero(row == place)[0]) for place, row in enumerate(order)])


def test_protocols_are_those_of_latents_encoded_one_by_one_and_sorted(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["all", "dissimilar", "small_batches"]
    assert main(["evaluate", str(run), "--dataset", str(data), "--protocol", *names, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    rows = {row["task"]: row for row in report["rows"]}
    assert list(rows) == names

    checkpoint = load_checkpoint(run)
    split = load_dataset(data, "test")
    motions, texts = [], []
    for index in range(len(split)):
        x = torch.from_numpy(checkpoint.statistics.normalise(split.features(index)))[None]
        motions.append(checkpoint.encode_motion(x, torch.tensor([x.shape[1]]))[0][0].double().numpy())
        texts.append(checkpoint.encode_sentences([split.captions(index)[0].text])[0].double().numpy())
    unit = [np.stack(rows) / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (texts, motions)]
    cosines = unit[0] @ unit[1].T

    for way, scores in (("t2m", cosines), ("m2t", cosines.T)):
        ranks = sorted_ranks(scores)
        assert rows["all"][way]["R05"] == pytest.approx(100 * np.mean(ranks < 5))
        assert rows["all"][way]["MedR"] == np.median(ranks) + 1
        part = sorted_ranks(scores[3:9, 3:9])
        assert rows["dissimilar"][way]["R01"] == pytest.approx(100 * np.mean(part < 1))
        assert rows["dissimilar"][way]["MedR"] == np.median(part) + 1
        # one batch of 32 of the 35, drawn in the order that the seed 0 gives
        order = np.arange(PAIRS)
        np.random.RandomState(0).shuffle(order)
        batch = order[:32]
        assert rows["small_batches"][way]["R10"] == pytest.approx(
            100 * np.mean(sorted_ranks(scores[np.ix_(batch, batch)]) < 10)
        )
    assert rows["dissimilar"]["subset"] == "published"
    assert rows["dissimilar"]["gallery"] == 6
    assert rows["all"]["gallery"] == report["pairs"] == PAIRS


def test_the_report_is_written_beside_the_run_and_printed_as_tables(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", str(run), "--dataset", str(data), "--hubness", "qb-norm"]
    assert main(words) == 0
    shown = capsys.readouterr()
    path = run / "evaluation" / "made-test-qb-norm.json"
    report = json.loads(path.read_text())
    found = [(row["task"], row["correction"], row["accepts"]) for row in report["rows"]]
    assert ("all", "none", "own motion") in found
    assert ("all", "qb-norm", "own motion") in found
    assert ("threshold", "none", "motions of like captions") in found
    assert [task for task, *_ in found if task in ("captions", "moments", "actions")] == [
        "captions",
        "moments",
    ]
    assert "actions: left out" in shown.err
    assert "| all | own motion | qb-norm | t2m | 35 |" in shown.out
    assert str(path) in shown.out


def test_dual_softmax_says_that_it_sees_all_queries(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", str(run), "--dataset", str(data), "--hubness", "dual-softmax", "--protocol", "all"]
    assert main([*words, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["sees"] for row in rows] == ["one query", "all queries of the test at once"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--protocol", "actions"], "no action categories"),
        (["--protocol", "every"], "there is no protocol"),
        (["--split", "spring"], "spring"),
    ],
)
def test_what_cannot_be_measured_is_refused_and_nothing_is_written(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    before = sorted(run.rglob("*"))
    assert main(["evaluate", str(run), "--dataset", str(data), *words]) == 2
    assert said in capsys.readouterr().err
    assert sorted(run.rglob("*")) == before


def test_a_model_of_other_features_is_refused_in_a_sentence(run: Path) -> None:
    with pytest.raises(TMRError, match="frames of 263 numbers, these have 251"):
        encode_parts(load_checkpoint(run), [np.zeros((4, 251), np.float32)])


@dataclass(frozen=True)
class ByLength:
    """An encoder that sees nothing but how long something is, so that the right answers are plain."""

    seconds_of: dict[str, float]
    folder: Path = Path("by-length")

    @property
    def statistics(self) -> Statistics:
        return Statistics(np.zeros(FEATURE_WIDTH, np.float32), np.ones(FEATURE_WIDTH, np.float32))

    @property
    def size(self) -> ByLength:
        return self

    @property
    def latent_dim(self) -> int:
        return 2

    def encode_motion(self, x: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, None]:
        del x
        return self._of(lengths / 20), None

    def encode_sentences(self, texts: list[str]) -> torch.Tensor:
        return self._of(torch.tensor([self.seconds_of[text] for text in texts]))

    @staticmethod
    def _of(seconds: torch.Tensor) -> torch.Tensor:
        angle = seconds * math.pi / 20
        return torch.stack([torch.cos(angle), torch.sin(angle)], dim=1).float()


def split_of(items: list[Item], frames: int = 100) -> Dataset:
    features = joints_to_features(joints(frames + 1, 1))
    return Dataset("made", "test", items, lambda _place: features)


def test_a_moment_is_looked_for_in_the_whole_recording_and_found_by_its_length() -> None:
    """Of windows of 1, 2 and 4 s, the nearest in length is first, and of those the earliest."""
    place = MotionPlace(Path("long"))
    items = [
        Item("a", place, (Caption("two seconds", 0.0, 2.2), Caption("all of it"))),
        Item("b", place, (Caption("one second", 0.0, 2.2),)),
    ]
    model = ByLength({"two seconds": 2.0, "one second": 1.0, "all of it": 5.0})
    (row,) = evaluate(model, split_of(items), ["moments"])  # type: ignore[arg-type]
    assert (row["queries"], row["recordings"]) == (2, 1)
    assert row["R1@0.7"] == 50.0  # 40 of 44 frames
    assert row["R1@0.5"] == 50.0
    assert row["R1@0.3"] == 100.0  # 20 of 44


def test_the_names_of_a_split_are_the_gallery_of_its_actions() -> None:
    names = {"short": 1.0, "long": 4.0, "longer": 4.6}
    items = [
        Item("a", MotionPlace(Path("a")), (Caption("x", 0.0, 1.0),), ("short",)),
        Item("b", MotionPlace(Path("b")), (Caption("x", 0.0, 4.0),), ("long",)),
        Item("c", MotionPlace(Path("c")), (Caption("x", 0.0, 4.0),), ("longer",)),
        Item("d", MotionPlace(Path("d")), (Caption("x", 0.0, 4.0),)),
    ]
    (row,) = evaluate(ByLength({"x": 1.0} | names), split_of(items), ["actions"])  # type: ignore[arg-type]
    assert (row["motions"], row["classes"]) == (3, 3)
    assert row["top1"] == pytest.approx(200 / 3)
    assert row["per_class"]["longer"]["top1"] == 0.0


def test_captions_of_other_parts_are_not_right_for_the_part_that_was_seen() -> None:
    own = Item(
        "a", MotionPlace(Path("a")), (Caption("two", 0.0, 2.0), Caption("duo", 0.0, 2.0), Caption("four"))
    )
    other = Item("b", MotionPlace(Path("b")), (Caption("one", 0.0, 1.0),))
    model = ByLength({"two": 2.4, "duo": 2.1, "four": 2.0, "one": 1.0})
    (row,) = evaluate(model, split_of([own, other]), ["captions"])  # type: ignore[arg-type]
    # "four" speaks of the whole recording: it is no caption of the two seconds, nor in the gallery
    assert (row["motions"], row["gallery"]) == (2, 3)
    assert row["top1"] == 100.0

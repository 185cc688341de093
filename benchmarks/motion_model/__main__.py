"""Whether a motion model is good: retrieval, sides, order, moments, actions and pace on unseen subjects.

    python -m benchmarks.motion_model BUNDLE [BUNDLE ...] [--data DATA] [--facets-weight W] [--only PART ...]

The bundles are of one recipe and several seeds; the first is the one that ships. All parts together write
benchmarks/results/motion_model.json and docs/model-benchmark.md; a part of them only prints. What took work
is kept in the user's cache folder, so that a second run is quick.
"""

from __future__ import annotations

import os

# read when the libraries are loaded; the engine serves with one thread too
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.motion_model import report
from benchmarks.motion_model.actions import recognition
from benchmarks.motion_model.choices import Choice, Chooser, orders, sides
from benchmarks.motion_model.material import Material
from benchmarks.motion_model.moments import LongTakes
from benchmarks.motion_model.pace import index_figures, query_figures
from benchmarks.motion_model.retrieval import Gallery
from benchmarks.motion_model.scoring import FACETS_WEIGHT, Model
from tmr_engine.model import SentenceEncoder, load_sentence_encoder
from tmr_engine.model.tmr import load_tmr
from tmr_engine.search.motion_signal import MotionSignal

DATA = measure.ROOT.parent / "shared" / "data"


def parts(
    material: Material, encoder: SentenceEncoder, models: Sequence[Model], weight: float
) -> dict[str, Callable[[], dict[str, Any]]]:
    """Name of a part -> what measures it."""

    def retrieval() -> dict[str, Any]:
        gallery = Gallery(material.segments, encoder)
        return {
            "segments": len(material.segments),
            "alike": gallery.alike(),
            "small_batches": gallery.tables(models, weight),
            "whole_split": gallery.protocols(models, weight),
        }

    def chosen(choices: Sequence[Choice]) -> dict[str, Any]:
        chooser = Chooser(choices)
        found = [chooser.shares(model, weight) for model in models]
        shares = {scorer: [asdict(one[scorer]) for one in found] for scorer in found[0]}
        return {"choices": [[choice.name, choice.text] for choice in choices], "shares": shares}

    def moments() -> dict[str, Any]:
        long = LongTakes(material, encoder)
        counts = {kind: sum(take.kind == kind for take in long.takes) for kind in ("recorded", "joined")}
        return {
            "takes": counts,
            "queries": sum(map(len, long.queries)),
            "left_out": long.left_out,
            "tables": long.table(models),
        }

    def pace() -> dict[str, Any]:
        figures = [*query_figures(material, encoder, models[0]), *index_figures(material, models[0])]
        return {"figures": figures}

    return {
        "retrieval": retrieval,
        "sides": lambda: chosen(sides(material.segments)),
        "orders": lambda: chosen(orders(material.segments, encoder)),
        "moments": moments,
        "actions": lambda: recognition(material, models),
        "pace": pace,
    }


def main() -> None:
    """Measures, and writes the result when everything was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundles", nargs="+", type=Path, help="one recipe, several seeds; the first ships")
    parser.add_argument("--data", type=Path, default=DATA, help="default: ../shared/data")
    parser.add_argument("--facets-weight", type=float, default=FACETS_WEIGHT, help="beside TMR's cosine")
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help="some parts, printed only")
    args = parser.parse_args()
    if not args.data.is_dir():
        print(f"{args.data} is not here, so nothing is measured")
        return
    models = [Model(MotionSignal(load_tmr(folder))) for folder in args.bundles]
    encoder = load_sentence_encoder()
    measuring = parts(Material(args.data), encoder, models, args.facets_weight)
    unknown = set(args.only) - measuring.keys()
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; parts are {', '.join(measuring)}")
    found: dict[str, Any] = {}
    for name in args.only or measuring:
        found[name] = measuring[name]()
        print(f"{name} is measured", flush=True)
    names = [model.name for model in models]
    report.tell(found, names, args.facets_weight, keep=not args.only)


if __name__ == "__main__":
    main()

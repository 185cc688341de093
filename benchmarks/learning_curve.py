"""How far a model comes with less data, and how far seeds lie apart: unseen subjects, motion only.

    python -m benchmarks.learning_curve --share 0.25 BUNDLE --share 0.5 BUNDLE --share 1 BUNDLE BUNDLE BUNDLE

Every bundle of a share is a seed of the same recipe, trained with `data.share` (docs/training.md). Needs
../shared/data.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.measure import ROOT, Figure, save
from benchmarks.motion_model.choices import Chooser, orders, sides
from benchmarks.motion_model.material import Material
from benchmarks.motion_model.retrieval import (
    CHANCE,
    LENIENT,
    STRICT,
    TEXT_ONLY,
    TMR,
    TOPS,
    WAYS,
    Gallery,
    recall_name,
)
from benchmarks.motion_model.scoring import Model
from tmr_engine.model import load_sentence_encoder
from tmr_engine.model.tmr import load_tmr
from tmr_engine.search.motion_signal import MotionSignal

DATA = ROOT.parent / "shared" / "data"


def curve(material: Material, shares: Sequence[tuple[float, Sequence[Model]]]) -> list[Figure]:
    """Recalls in small batches of every share, and how often sides and orders are told; a value a seed."""
    encoder = load_sentence_encoder()
    gallery = Gallery(material.segments, encoder)
    pairs = {
        "sides": Chooser(sides(material.segments)),
        "orders": Chooser(orders(material.segments, encoder)),
    }
    recalls = [recall_name(way, top, kind) for kind in (STRICT, LENIENT) for way in WAYS for top in TOPS]
    tables = [(share, models, gallery.tables(models, 1.0)["all"]) for share, models in shares]
    figures = []
    for recall in recalls:
        for row in (CHANCE, TEXT_ONLY):
            value = float(np.mean(tables[0][2][row][0][recall]))
            figures.append(Figure.of(f"{recall}, {row}", "%", [value]))
        for share, _, table in tables:
            values = [float(np.mean(one[recall])) for one in table[TMR]]
            figures.append(
                Figure.of(f"{recall}, {_label(share)}", "%", values, baseline=f"{recall}, {TEXT_ONLY}")
            )
    for name, chooser in pairs.items():
        for share, models, _ in tables:
            values = [chooser.shares(model, 1.0)["TMR"].percent for model in models]
            figures.append(Figure.of(f"{name}, right one first, {_label(share)}", "%", values))
    return figures


def _label(share: float) -> str:
    return f"{100 * share:g} % of the data"


def main() -> None:
    """Measures and saves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", nargs="+", action="append", metavar=("SHARE", "BUNDLE"), required=True)
    parser.add_argument("--data", type=Path, default=DATA, help="default: ../shared/data")
    args = parser.parse_args()
    if not args.data.is_dir():
        print(f"{args.data} is not here, so nothing is measured")
        return
    shares = [
        (float(share), [Model(MotionSignal(load_tmr(Path(folder)))) for folder in folders])
        for share, *folders in args.share
    ]
    notes = [
        "TMR alone, batches of 32 of all test segments, mean of the shuffles; a value a seed: "
        + ", ".join(f"{len(models)} at {100 * share:g} %" for share, models in shares),
        "items are drawn by their keys: a smaller share is part of a larger one; epochs are the same, "
        "so less data is also fewer steps",
    ]
    save(
        "learning_curve",
        "Learning curve over the size of the data",
        curve(Material(args.data), shares),
        notes,
    )


if __name__ == "__main__":
    main()

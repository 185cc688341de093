"""A run folder and the name of a data set to a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..datasets import Dataset, Places, load_dataset, published_subset
from ..errors import FeatureError
from ..library.places import cache_folder
from .checkpoint import Checkpoint, load_checkpoint
from .evaluate import Hubness, Watch, evaluate
from .evaluation_report import report_path, write_report


def evaluate_run(
    folder: Path,
    dataset: Sequence[str] | None,
    split: str = "test",
    tasks: Sequence[str] = (),
    *,
    hubness: Hubness = "none",
    bank_split: str = "train",
    motions: Path | None = None,
    body_models: Path | None = None,
    text_backbone: str | None = None,
    watch: Watch | None = None,
) -> tuple[dict[str, Any], Path]:
    """Evaluates a run and writes the report beside it.

    Args:
        folder: the run, of ours or of TMR's authors.
        dataset: what `load_dataset` takes; None for what the run was trained on.
        split: of the data set. Clips are not chosen by length, as published for tests.
        tasks, hubness, watch: as `evaluate` takes them.
        bank_split: the split whose queries correct for hubs.
        motions, body_models: folders that the data set's own does not hold; those of the run where it is
            evaluated on its own data.
        text_backbone: a folder with the text model, in place of the one that the run names.

    Returns:
        the report and where it was written.

    Raises:
        FeatureError: no data set is named and the run names none; or as `evaluate`.
        DatasetError, BundleError: the data set or the run cannot be read.
    """
    watch = watch or Watch()
    checkpoint = load_checkpoint(folder, text_backbone=text_backbone)
    names, places = _data(checkpoint, dataset, motions, body_models)
    test = _load(names, split, places, watch)
    bank = _load(names, bank_split, places, watch) if hubness == "qb-norm" else None
    subset = published_subset(names[0], split) if len(names) == 1 else None
    rows = evaluate(checkpoint, test, tasks, dissimilar=subset, bank=bank, hubness=hubness, watch=watch)
    report = {
        "format": "tmr-evaluation",
        "engine": __version__,
        "run": folder.resolve().name,
        "dataset": test.name,
        "split": split,
        "pairs": len(test),
        "left_out": list(test.warnings),
        "rows": rows,
    }
    path = report_path(folder, test.name, split, hubness)
    write_report(path, report)
    return report, path


def _data(
    checkpoint: Checkpoint, dataset: Sequence[str] | None, motions: Path | None, body_models: Path | None
) -> tuple[tuple[str, ...], Places]:
    config = checkpoint.config
    if not dataset:
        if config is None:
            raise FeatureError("the authors' runs do not say where their data lies", fix="name --dataset")
        dataset = config.data.dataset
        motions = motions or (Path(config.data.motions) if config.data.motions else None)
        body_models = body_models or (Path(config.data.body_models) if config.data.body_models else None)
    return tuple(dataset), Places(motions, body_models, cache_folder() / "features")


def _load(names: tuple[str, ...], split: str, places: Places, watch: Watch) -> Dataset:
    found = load_dataset(names, split, places=places, limits=(0.0, float("inf"))).readable()
    for warning in found.warnings:
        watch.note(f"{split}: left out: {warning}")
    return found

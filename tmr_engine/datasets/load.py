"""The data set in a folder, whatever its layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import amass_annotations, babel, humanml3d, manifest
from .dataset import Dataset, DatasetError, Progress, joined
from .kept import KeptFeatures
from .layout import Layout, Places

LAYOUTS: tuple[Layout, ...] = (
    amass_annotations.LAYOUT,
    humanml3d.LAYOUT,
    babel.LAYOUT,
    manifest.LAYOUT,
    manifest.CAPTIONS_LAYOUT,
)
DEMO = "demo"
DEMO_FOLDER = Path(__file__).resolve().parents[1] / "demo_library"


def load_dataset(
    name_or_folder: str | Path | Sequence[str | Path],
    split: str,
    *,
    places: Places | None = None,
    limits: tuple[float, float] | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """A split of a data set.

    Args:
        name_or_folder: "demo", the clips that come with the engine; or a folder of one of `LAYOUTS`; or
            several of them, whose items then stand one after the other, their keys led by the folder's name.
        split: "train", "val", "test", or another that the data set has.
        places: where motions and body models lie, if not where the layout has them.
        limits: shortest and longest caption in seconds; None takes the layout's own, which are the published
            2 and 10 where figures are published. A split with "test" in its name is never limited.
        progress: called with (items done, items) where motions must be read to know how long they are.

    Raises:
        DatasetError: the folder has no known layout or no such split, a table is damaged, or nothing is left.
    """
    if not isinstance(name_or_folder, str | Path):
        return joined(
            [
                load_dataset(name, split, places=places, limits=limits, progress=progress)
                for name in name_or_folder
            ]
        )
    folder = DEMO_FOLDER if name_or_folder == DEMO else Path(name_or_folder)
    layout = next((layout for layout in LAYOUTS if folder.is_dir() and layout.recognises(folder)), None)
    if layout is None:
        known = ", ".join(layout.name for layout in LAYOUTS)
        raise DatasetError(
            "this is no data set" if folder.is_dir() else "there is no such folder",
            where=str(folder),
            fix=f"known layouts are {known} (docs/training.md); or take the data set {DEMO}",
        )
    places = places or Places()
    dataset = layout.load(folder, split, places)
    if places.kept is not None:
        dataset = dataset.reading(KeptFeatures(dataset.read, places.kept, str(places.body_models)))
    shortest_s, longest_s = limits or layout.limits
    if "test" not in split and (shortest_s, longest_s) != (0.0, float("inf")):
        dataset = dataset.within(shortest_s, longest_s, progress)
    if not len(dataset):
        raise DatasetError(
            f'the split "{split}" has no item', where=str(folder), why="; ".join(dataset.warnings[:3])
        )
    return dataset

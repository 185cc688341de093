"""Our own tables: a csv of motions beside a csv of captions, or captions alone.

    manifest.csv    id, file; where wanted: take, split, true_fps (where the file states a wrong one)
    captions.csv    id, caption; where wanted: start_s, end_s

or, as libraries of clips have it (docs/demo-library.md):

    captions.csv    file, take, start, end, text

Files are any that `tmr_engine.formats` reads, from the folder of the table; beside a `skeletons.json` an .npz
is a clip of bare arrays (`clip_arrays.py`). Without a split, an item's name decides, 80/10/10.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from ..formats import ReadOptions
from ..motion import Motion
from .clip_arrays import TABLE, ClipArrays
from .dataset import Caption, Dataset, DatasetError, Item, MotionPlace
from .layout import NO_LIMITS, Layout, Places, left_out, split_of
from .motions import FeatureReader, read_take
from .text_files import read_rows, seconds

MANIFEST, CAPTIONS = "manifest.csv", "captions.csv"
ALL = "all"
SPLITS = ("train", "val", "test", ALL)


def recognises(folder: Path) -> bool:
    """Whether a folder holds a table of motions and one of captions."""
    return (folder / MANIFEST).is_file() and (folder / CAPTIONS).is_file()


def load(folder: Path, split: str, places: Places) -> Dataset:
    """The motions of a split that have a caption.

    Raises:
        DatasetError: a table is damaged, or the split is none of train, val, test and all.
    """
    check_split(split, folder)
    captions = _captions(folder / CAPTIONS)
    base = places.motions or folder
    items, silent = [], 0
    for number, row in enumerate(read_rows(folder / MANIFEST, frozenset({"id", "file"})), start=2):
        key = row["id"]
        if split not in (ALL, row.get("split") or split_of(key)):
            continue
        if key not in captions:
            silent += 1
            continue
        fps = seconds(row.get("true_fps", ""), 0.0, f"{folder / MANIFEST}, line {number}")
        place = MotionPlace(base / row["file"], row.get("take", ""), fps=fps)
        items.append(Item(key, place, tuple(captions[key])))
    arrays = folder / TABLE
    reader = FeatureReader(places.body_models)
    if arrays.is_file():
        reader = FeatureReader(places.body_models, _reader_beside(ClipArrays(arrays)))
    return Dataset(folder.name, split, items, reader, warnings=left_out(silent, "motions without a caption"))


def _reader_beside(arrays: ClipArrays) -> Callable[[Path, str, ReadOptions], Motion]:
    """Reads an .npz as bare arrays, any other file as what it is."""

    def read(path: Path, take: str, options: ReadOptions) -> Motion:
        reader = arrays.read if path.suffix == ".npz" else read_take
        return reader(path, take, options)

    return read


def _captions(path: Path) -> dict[str, list[Caption]]:
    captions: dict[str, list[Caption]] = {}
    for number, row in enumerate(read_rows(path, frozenset({"id", "caption"})), start=2):
        where = f"{path}, line {number}"
        start_s = seconds(row.get("start_s", ""), 0.0, where)
        end_s = seconds(row.get("end_s", ""), math.inf, where)
        captions.setdefault(row["id"], []).append(Caption(row["caption"].strip(), start_s, end_s))
    return captions


def recognises_captions(folder: Path) -> bool:
    """Whether a folder, or folders in it, hold clips with a table of captions."""
    return (folder / CAPTIONS).is_file() or any(folder.glob(f"*/{CAPTIONS}"))


def load_captions(folder: Path, split: str, places: Places) -> Dataset:
    """The captioned clips of a folder and the folders in it; arguments and errors as `load`."""
    check_split(split, folder)
    items: dict[str, Item] = {}
    for path in sorted([*folder.glob(CAPTIONS), *folder.glob(f"*/{CAPTIONS}")]):
        for number, row in enumerate(read_rows(path, frozenset({"file", "text"})), start=2):
            where = f"{path}, line {number}"
            file = path.parent / row["file"]
            key = "/".join(filter(None, (file.relative_to(folder).as_posix(), row.get("take", ""))))
            if split not in (ALL, row.get("split") or split_of(key)):
                continue
            start_s = seconds(row.get("start", ""), 0.0, where)
            caption = Caption(row["text"].strip(), start_s, seconds(row.get("end", ""), math.inf, where))
            place = MotionPlace(file, row.get("take", ""))
            held = items.get(key, Item(key, place, ()))
            items[key] = Item(key, place, (*held.captions, caption))
    return Dataset(folder.name, split, tuple(items.values()), FeatureReader(places.body_models))


def check_split(split: str, folder: Path) -> None:
    """Refuses a split that no table has.

    Raises:
        DatasetError: it is none of `SPLITS`.
    """
    if split not in SPLITS:
        raise DatasetError(
            f'there is no split "{split}"', where=str(folder), fix=f"there are {', '.join(SPLITS)}"
        )


LAYOUT = Layout("manifest", NO_LIMITS, recognises, load)
CAPTIONS_LAYOUT = Layout("captioned clips", NO_LIMITS, recognises_captions, load_captions)

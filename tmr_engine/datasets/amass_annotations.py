"""Annotations of AMASS recordings, as TMR's authors lay them out.

    annotations.json        key -> {"path", "duration", "annotations": [{"seg_id", "text", "start", "end"}]}
    splits/<split>.txt      one key a line; keys without annotations are passed over, as published

The motions lie in a folder of their own, below it `<path>.npy` (features or joints) or the AMASS file
`<path>.npz`. A path that starts with "M/" is mirrored: where there is no file of that name, the motion it
names without the "M/" is mirrored here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .dataset import Caption, Dataset, DatasetError, Item, MotionPlace
from .layout import PUBLISHED_LIMITS, Layout, Places, left_out, split_file
from .motions import FeatureReader
from .text_files import read_json, read_keys

_FILE = "annotations.json"
_MIRRORED = "M/"
_SUFFIXES = (".npy", ".npz")
# where the authors' release and ours keep the motions, from the folder of the annotations
_USUAL = ("motions", "../../motions/guoh3dfeats", "../../motions/AMASS_20.0_fps_nh_smplh")


def recognises(folder: Path) -> bool:
    """Whether a folder holds annotations of that form."""
    return (folder / _FILE).is_file()


def load(folder: Path, split: str, places: Places) -> Dataset:
    """The keys of a split whose motions are there.

    Raises:
        DatasetError: there is no such split, no folder of motions, or an annotation is damaged.
    """
    motions = places.motions or _motions(folder)
    table = read_json(folder / _FILE)
    items, absent = [], 0
    for key in read_keys(split_file(folder / "splits", split)):
        if key not in table:
            continue
        item = _item(key, table[key], motions, f"{folder / _FILE}, {key}")
        if item is None:
            absent += 1
        else:
            items.append(item)
    warnings = left_out(absent, f"annotated motions that are not in {motions}")
    return Dataset(folder.name, split, items, FeatureReader(places.body_models), warnings=warnings)


def _item(key: str, entry: Any, motions: Path, where: str) -> Item | None:
    try:
        captions = tuple(
            Caption(str(row["text"]), float(row["start"]), float(row["end"])) for row in entry["annotations"]
        )
        path = str(entry["path"])
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError("the annotation is damaged", where=where, why=f"{error!r}") from error
    place = find_motion(motions, path)
    if place is None and path.startswith(_MIRRORED):
        place = find_motion(motions, path.removeprefix(_MIRRORED), mirrored=True)
    return Item(key, place, captions) if place is not None and captions else None


def find_motion(motions: Path, path: str, *, mirrored: bool = False) -> MotionPlace | None:
    """The motion that an annotation names without its suffix; None where it is not there."""
    for suffix in _SUFFIXES:
        file = motions / f"{path}{suffix}"
        if file.is_file():
            return MotionPlace(file, mirrored=mirrored)
    return None


def _motions(folder: Path) -> Path:
    for name in _USUAL:
        if (folder / name).is_dir():
            return folder / name
    raise DatasetError(
        "the motions are not beside the annotations",
        where=str(folder),
        fix="name their folder (data.motions)",
    )


LAYOUT = Layout("annotations of AMASS", PUBLISHED_LIMITS, recognises, load)

"""BABEL (Punnakkal et al. 2021): labels of AMASS recordings, and of spans of them.

    train.json val.json test.json    sid -> {"feat_p", "dur", "seq_ann": {...}, "frame_ann": {...} or null}

An item is one labelled span; a recording without spans is one item. Transitions carry no meaning of their own
and are left out. The motions are AMASS's, in the folder `motions` or one that is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .amass_annotations import find_motion
from .dataset import Caption, Dataset, DatasetError, Item, MotionPlace
from .layout import PUBLISHED_LIMITS, Layout, Places, left_out
from .motions import FeatureReader
from .text_files import read_json

_PROBE = 1 << 16  # characters: the first entry is well within
_TRANSITION = "transition"


def recognises(folder: Path) -> bool:
    """Whether a folder holds BABEL's lists."""
    path = folder / "train.json"
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return '"babel_sid"' in file.read(_PROBE)


def load(folder: Path, split: str, places: Places) -> Dataset:
    """The labelled spans of a split.

    Raises:
        DatasetError: there is no such list or no folder of motions, or an entry is damaged.
    """
    motions = places.motions or folder / "motions"
    if not motions.is_dir():
        raise DatasetError(
            "there is no folder of AMASS motions", where=str(motions), fix="name it (data.motions)"
        )
    items: list[Item] = []
    absent = 0
    for sid, entry in read_json(folder / f"{split}.json").items():
        where = f"{folder / split}.json, {sid}"
        try:
            place = _place(motions, str(entry["feat_p"]))
            found = list(_items(sid, entry, place)) if place is not None else []
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError("the entry is damaged", where=where, why=f"{error!r}") from error
        absent += place is None
        items += found
    warnings = left_out(absent, f"recordings that are not in {motions}")
    return Dataset(folder.name, split, items, FeatureReader(places.body_models), warnings=warnings)


def _place(motions: Path, path: str) -> MotionPlace | None:
    stem = path.removesuffix(".npz")
    # the first folder names the data set twice; some copies of AMASS have it once
    return find_motion(motions, stem) or find_motion(motions, stem.partition("/")[2])


def _items(sid: str, entry: dict[str, Any], place: MotionPlace) -> Iterator[Item]:
    spans = (entry.get("frame_ann") or {}).get("labels") or []
    rows = spans or (entry.get("seq_ann") or {}).get("labels") or []
    for number, row in enumerate(rows):
        text = str(row["raw_label"] or row["proc_label"]).strip()
        if not text or row["proc_label"] == _TRANSITION:
            continue
        start_s = float(row["start_t"]) if spans else 0.0
        end_s = float(row["end_t"]) if spans else math.inf
        yield Item(
            f"{sid}/{number}",
            place,
            (Caption(text, start_s, end_s),),
            tuple(map(str, row.get("act_cat") or ())),
        )


LAYOUT = Layout("BABEL", PUBLISHED_LIMITS, recognises, load)

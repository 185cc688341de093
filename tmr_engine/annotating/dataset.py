"""A data set to train on: the segments with our captions, and the clips that come with the engine.

What is written is the "manifest" layout of docs/training.md; motions stay where they are.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..datasets.clip_arrays import TABLE
from ..datasets.load import DEMO_FOLDER
from ..datasets.manifest import CAPTIONS as DATASET_CAPTIONS
from ..datasets.manifest import MANIFEST
from ..datasets.text_files import read_rows
from .table import CAPTIONS, write_table

# clips of the demo library that are the same recording as a held-out motion: folder -> takes
_TWINS = json.loads(Path(__file__).with_name("held_out_twins.json").read_text(encoding="utf-8"))
_DEVELOPMENT = tuple(
    json.loads(Path(__file__).with_name("development.json").read_text(encoding="utf-8"))["motions"]
)
_Row = tuple[str, ...]


def is_development(motion: str, split: str) -> bool:
    """Whether options are chosen by a motion (`development.json`)."""
    return split == "val" or (split == "train" and motion.startswith(_DEVELOPMENT))


def write_dataset(data: Path, out: Path, *, development: bool = False) -> dict[str, int]:
    """Writes `manifest.csv`, `captions.csv` and the skeletons of a data set.

    Each segment is an item of its own, "<motion> <start>-<end>", in the split of its motion's subject. The
    clips of the demo library are in "train", but for those that are other copies of a held-out motion.

    Args:
        data: folder with manifest.csv (id, file, split), skeletons.json and the clips.
        out: is made if it is not there.
        development: to choose options by: the motions of `development.json` are the split "val", and there is
            no "test".

    Returns:
        split -> items.

    Raises:
        DatasetError: a table is missing or damaged.
    """
    out.mkdir(parents=True, exist_ok=True)
    items = [*_segments(data), *_demo_clips()]
    if development:
        items = [_in_development(row) for row in items if row[-1] != "test"]
    captions = [*_segment_captions(), *_demo_captions()]
    shutil.copyfile(data / TABLE, out / TABLE)
    write_table(out / MANIFEST, [("id", "file", "take", "split"), *items])
    write_table(out / DATASET_CAPTIONS, [("id", "caption", "start_s", "end_s"), *captions])
    counts: dict[str, int] = {}
    for *_, split in items:
        counts[split] = counts.get(split, 0) + 1
    return counts


def _in_development(row: _Row) -> _Row:
    return (*row[:-1], "val" if is_development(row[0], row[-1]) else row[-1])


def _segments(data: Path) -> Iterator[_Row]:
    """A row for each segment that has a caption."""
    motions = {row["id"]: row for row in read_rows(data / MANIFEST, frozenset({"id", "file", "split"}))}
    seen: set[str] = set()
    for row in _captions():
        key = _key(row)
        if key not in seen and row["motion"] in motions:
            seen.add(key)
            motion = motions[row["motion"]]
            yield key, str((data / motion["file"]).resolve()), "", motion["split"]


def _segment_captions() -> Iterator[_Row]:
    for row in _captions():
        yield _key(row), row["caption"], row["start_s"], row["end_s"]


def _demo_clips() -> Iterator[_Row]:
    seen: set[str] = set()
    for path, row in _demo_rows():
        key = _demo_key(path, row)
        if key not in seen and row["take"] not in _TWINS.get(path.parent.name, ()):
            seen.add(key)
            yield key, str(path.parent / row["file"]), row["take"], "train"


def _demo_captions() -> Iterator[_Row]:
    for path, row in _demo_rows():
        yield _demo_key(path, row), row["text"], row["start"], row["end"]


def _demo_rows() -> Iterator[tuple[Path, dict[str, str]]]:
    for path in sorted(DEMO_FOLDER.glob(f"*/{DATASET_CAPTIONS}")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield path, row


def _captions() -> Iterable[dict[str, str]]:
    return read_rows(CAPTIONS, frozenset({"motion", "start_s", "end_s", "caption"}))


def _key(row: dict[str, str]) -> str:
    return f"{row['motion']} {row['start_s']}-{row['end_s']}"


def _demo_key(path: Path, row: dict[str, str]) -> str:
    return f"{path.parent.name}/{row['take']}"

"""What a folder layout is: how it is recognised, and what makes a data set of it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .dataset import Dataset, DatasetError
from .text_files import read_keys

PUBLISHED_LIMITS = (2.0, 10.0)
NO_LIMITS = (0.0, math.inf)


@dataclass(frozen=True)
class Places:
    """What a data set's own folder does not hold.

    Args:
        motions: folder of the motions (AMASS, or features made of it); None: where the layout has them.
        body_models: folder of the user's own SMPL-H or SMPL-X models; None: a neutral body.
        kept: folder where features that took work are kept; None: nowhere.
    """

    motions: Path | None = None
    body_models: Path | None = None
    kept: Path | None = None


@dataclass(frozen=True)
class Layout:
    """One way in which data sets lie on disk.

    Args:
        name: as a person calls it.
        limits: shortest and longest caption that training takes, seconds; test splits are never limited.
        recognises: whether a folder is of this layout.
        load: gives the data set of a split, unlimited; raises DatasetError.
    """

    name: str
    limits: tuple[float, float]
    recognises: Callable[[Path], bool]
    load: Callable[[Path, str, Places], Dataset]


def split_of(key: str) -> str:
    """The split of an item whose data set states none: by its name, 80/10/10, the same on every machine."""
    share = hashlib.blake2b(key.encode("utf-8"), digest_size=1).digest()[0] / 256
    return "train" if share < 0.8 else "val" if share < 0.9 else "test"


def left_out(count: int, what: str) -> tuple[str, ...]:
    """A warning about items that were left out; none where there are none."""
    return (f"{count} {what} were left out",) if count else ()


def published_subset(name_or_folder: str | Path, split: str) -> list[str] | None:
    """Keys of captions that differ from each other, chosen by TMR's authors; None where there is no list.

    They are lines of nsim_<split>.txt, in the data set's folder or, as the authors lay it out, in its folder
    `splits`. Their file is called nsim_test.txt.
    """
    folder = Path(name_or_folder)
    for place in (folder, folder / "splits"):
        if (place / f"nsim_{split}.txt").is_file():
            return read_keys(place / f"nsim_{split}.txt")
    return None


def split_file(folder: Path, split: str) -> Path:
    """The list of a split's keys.

    Raises:
        DatasetError: there is none of that name.
    """
    path = folder / f"{split}.txt"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.txt"))) or "none"
        raise DatasetError(f'there is no split "{split}"', where=str(folder), fix=f"it has {known}")
    return path

"""The three sources of the demo library: where each comes from, and under which terms it ships."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import LibraryError
from ...formats.pack import SUFFIX
from . import cmu, deepmimic, zero_ad
from .clip import SourceClip
from .packages import ASSIMP, PYBULLET, ZERO_AD, Package, fetch

LIBRARY = Path(__file__).resolve().parents[1]
PACK = f"clips{SUFFIX}"
CLIPS = "clips.csv"
CAPTIONS = "captions.csv"

_DROPPED = Path(__file__).with_name("dropped.csv")


@dataclass(frozen=True)
class Source:
    """One folder of the demo library.

    Args:
        name: of the folder.
        package: where its clips come from.
        clips: reads them from the package file.
        licence, credit: as the panel shows them; the full texts lie in the folder.
    """

    name: str
    package: Package
    clips: Callable[[Path], Iterator[SourceClip]]
    licence: str
    credit: str

    @property
    def folder(self) -> Path:
        """Its place in the checkout."""
        return LIBRARY / self.name

    def kept_clips(self) -> Iterator[SourceClip]:
        """The clips of the package that are not in `dropped.csv`.

        Raises:
            LibraryError: the package cannot be had, or a dropped clip is not in it.
        """
        with _DROPPED.open(encoding="utf-8", newline="") as file:
            dropped = {row["take"] for row in csv.DictReader(file) if row["source"] == self.name}
        for clip in self.clips(fetch(self.package)):
            if clip.take in dropped:
                dropped.remove(clip.take)
            else:
                yield clip
        if dropped:
            raise LibraryError(f"{self.name} has no clip {sorted(dropped)[0]}", where=str(_DROPPED))


SOURCES = (
    Source(
        "0ad",
        ZERO_AD,
        zero_ad.clips,
        "CC BY-SA 3.0",
        "0 A.D. by Wildfire Games, www.wildfiregames.com, changed: skeleton, scale, format",
    ),
    Source("cmu", ASSIMP, cmu.clips, "CMU terms", "mocap.cs.cmu.edu, funded by NSF EIA-0196217"),
    Source("deepmimic", PYBULLET, deepmimic.clips, "MIT", "DeepMimic by Xue Bin Peng, from PyBullet"),
)

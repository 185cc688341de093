"""Two takes of the CMU motion capture database (Debian package assimp-testmodels), cut into actions."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ...formats import read_motion
from ...motion.resample import resample
from .clip import SourceClip
from .packages import deb_members

FOLDER = "usr/share/assimp/models/BVH/"
NOTE = FOLDER + "01_nn.bvh.source.txt"
FPS = 30.0  # the takes are captured at 120: four times the size for nothing that a person sees

_CUTS = Path(__file__).parent / "cmu_cuts.csv"


def clips(package: Path) -> Iterator[SourceClip]:
    """The actions that `cmu_cuts.csv` lists, in its order.

    Args:
        package: the Debian package file.
    """
    with _CUTS.open(encoding="utf-8", newline="") as file:
        cuts = list(csv.DictReader(file))
    wanted = {FOLDER + cut["file"] for cut in cuts}
    with tempfile.TemporaryDirectory() as scratch:
        takes = {}
        for name, data in deb_members(package, wanted.__contains__):
            path = Path(scratch) / Path(name).name
            path.write_bytes(data)
            takes[path.name] = resample(read_motion(path), FPS)
    for cut in cuts:
        part = takes[cut["file"]].cut(float(cut["start"]), float(cut["end"]))
        place = f"{FOLDER}{cut['file']} {cut['start']}-{cut['end']} s"
        yield SourceClip(f"{cut['file'].removesuffix('.bvh')}/{cut['name']}", part, place)

"""Two takes of the CMU motion capture database (Debian package assimp-testmodels), cut into actions."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...formats import read_motion
from ...motion import Source
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
            takes[path.name] = read_motion(path)
    for cut in cuts:
        take = takes[cut["file"]]
        # times of the file, which stay the same whether or not the reader leaves out a rest frame
        begin = take.source.start_s
        part = resample(take.cut(float(cut["start"]) - begin, float(cut["end"]) - begin), FPS)
        place = f"{FOLDER}{cut['file']} {cut['start']}-{cut['end']} s"
        clip = replace(part, source=Source(end_s=part.duration_s))  # in the pack it is a take of its own
        yield SourceClip(f"{cut['file'].removesuffix('.bvh')}/{cut['name']}", clip, place)

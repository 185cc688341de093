"""Long takes cut into parts of 2 to 10 s where the activity changes or rests; short clips stay whole."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..atomic import replacing
from ..captioning.facts.body import ELBOWS, PELVIS, WRISTS, Body
from ..datasets.text_files import read_rows, seconds
from ..errors import TMRError
from ..motion.rotation import FloatArray
from .collection import Collection, Joints

SHORTEST_S, LONGEST_S = 2.0, 10.0
WANTED_S = 5.0  # long enough for an action with its run-up, short enough for one sentence
TABLE = Path(__file__).with_name("segments.csv")
COLUMNS = ("motion", "start_s", "end_s")

_GRID_S = 0.1  # cuts fall on this grid
_AROUND_S = 1.0  # activity before a cut is compared with activity after it over so long
_STILL_WEIGHT = 0.5  # of a moment at rest, beside a change of activity
_LENGTH_WEIGHT = 0.35  # of a length other than the wanted one; a cut needs a reason to be far from it
# what one typical step of each measure is, so that they can be added: a change that people would name
_UNITS = {"speed": 0.25, "turn": 0.8, "height": 0.15, "hands": 0.4, "arms": 0.5, "legs": 0.5}


class Segment(NamedTuple):
    """A part of a motion, seconds of the motion; the whole of a short clip."""

    motion: str
    start_s: float
    end_s: float


def segments_of(name: str, joints: Joints) -> list[Segment]:
    """The segments of one motion, end to end, without gaps.

    A motion of at most 10 s is one segment. Else the cuts are those that together fall on the strongest
    changes and rests while no part is shorter than 2 s or longer than 10 s (dynamic programming over a grid
    of a tenth of a second; the same motion gives the same cuts).
    """
    end = np.floor(joints.duration_s * 100) / 100
    if joints.duration_s <= LONGEST_S:
        return [Segment(name, 0.0, float(end))]
    cuts = _best_cuts(cut_scores(joints))
    times = [0.0, *(round(cut * _GRID_S, 2) for cut in cuts), float(end)]
    return [Segment(name, start, stop) for start, stop in zip(times, times[1:], strict=False)]


def cut_scores(joints: Joints) -> FloatArray:
    """(G,) how good a cut is at each tenth of a second: change of activity plus rest, each about 0..1."""
    body = Body.of(joints.places, joints.fps)
    measures = _activity(body)
    grid = np.arange(int(joints.duration_s / _GRID_S) + 1) * _GRID_S
    frames = np.minimum((grid * (len(body) - 1) / joints.duration_s).round().astype(int), len(body) - 1)
    around = max(1, round(_AROUND_S * (len(body) - 1) / joints.duration_s))
    total = np.cumsum(np.vstack([np.zeros(measures.shape[1]), measures]), axis=0)
    before = total[frames] - total[np.maximum(frames - around, 0)]
    after = total[np.minimum(frames + around, len(body))] - total[frames]
    counts = np.maximum(np.minimum(around, frames), 1), np.maximum(np.minimum(around, len(body) - frames), 1)
    change = np.linalg.norm(before / counts[0][:, None] - after / counts[1][:, None], axis=1)
    energy = body.speeds.mean(axis=1) / body.natural_speed
    still = np.exp(-energy[frames] / 0.1)
    scores: FloatArray = np.tanh(change / 2) + _STILL_WEIGHT * still
    return scores


def _activity(body: Body) -> FloatArray:
    """(T, 7) what goes on: speed over the ground, turning, height of the hips, hands, arms, legs; in units."""
    unit = body.natural_speed
    turn = np.abs(np.gradient(body.heading)) * 30.0
    hands = (body.joints[:, list(WRISTS), 1] - body.joints[:, PELVIS, 1][:, None]) / body.stature
    moving = np.linalg.norm(body.local_velocity, axis=-1) / unit
    return np.stack(
        [
            np.linalg.norm(body.velocity[:, PELVIS][:, [0, 2]], axis=-1) / unit / _UNITS["speed"],
            turn / _UNITS["turn"],
            body.hips_height / _UNITS["height"],
            *(hands / _UNITS["hands"]).T,
            moving[:, [*ELBOWS, *WRISTS]].mean(axis=1) / _UNITS["arms"],
            moving[:, [4, 5, 7, 8]].mean(axis=1) / _UNITS["legs"],
        ],
        axis=1,
    )


def _best_cuts(scores: FloatArray) -> list[int]:
    """Places of the cuts on the grid, the ends left out."""
    last = len(scores) - 1
    short, long = round(SHORTEST_S / _GRID_S), round(LONGEST_S / _GRID_S)
    best = np.full(last + 1, -np.inf)
    best[0], come_from = 0.0, np.zeros(last + 1, dtype=int)
    for place in range(short, last + 1):
        starts = np.arange(max(0, place - long), place - short + 1)
        lengths = (place - starts) * _GRID_S
        gains = best[starts] - _LENGTH_WEIGHT * np.log(lengths / WANTED_S) ** 2
        pick = int(np.argmax(gains))
        # a further cut costs a little, so that a steady walk is not chopped
        best[place] = gains[pick] + (scores[place] - 0.5 if place < last else 0.0)
        come_from[place] = starts[pick]
    cuts, place = [], last
    while place > 0:
        place = int(come_from[place])
        cuts.append(place)
    return cuts[-2::-1]


def read_segments(path: Path) -> list[Segment]:
    """The rows of a segment table.

    Raises:
        DatasetError: the table is damaged.
    """
    rows = enumerate(read_rows(path, frozenset(COLUMNS)), start=2)
    return [
        Segment(
            row["motion"],
            seconds(row["start_s"], 0.0, f"{path}, line {number}"),
            seconds(row["end_s"], 0.0, f"{path}, line {number}"),
        )
        for number, row in rows
    ]


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A csv that appears whole or not at all; times with two decimals."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    for row in rows:
        table.writerow([f"{value:.2f}" if isinstance(value, float) else value for value in row])
    with replacing(path) as file:
        file.write(text.getvalue().encode("utf-8"))


def main(arguments: list[str] | None = None) -> int:
    """Cuts all motions and writes the table; 0 when it went well."""
    parser = argparse.ArgumentParser(prog="python -m tmr_engine.annotating.segments", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and clips")
    parser.add_argument("--out", type=Path, default=TABLE, help="the table to write")
    chosen = parser.parse_args(arguments)
    try:
        collection = Collection(chosen.data)
        found = [
            segment for entry in collection for segment in segments_of(entry.name, collection.joints(entry.name))
        ]
        write_table(chosen.out, COLUMNS, found)
    except TMRError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(found)} segments of {len(collection.entries)} motions")
    return 0


if __name__ == "__main__":
    sys.exit(main())

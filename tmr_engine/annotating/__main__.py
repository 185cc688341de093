"""Segments and contact sheets of a data set, to write captions by; and the data set that they make.

python -m tmr_engine.annotating segments DATA segments.csv
python -m tmr_engine.annotating sheets DATA segments.csv FOLDER
python -m tmr_engine.annotating dataset DATA FOLDER [--development]

DATA is a folder with manifest.csv, skeletons.json and clips of bare arrays (docs/training.md).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..datasets.text_files import read_rows
from ..demo_library.rebuild.sheets import CLIPS_A_SHEET, write_sheets
from ..errors import RetargetError, TMRError
from ..motion import Motion
from .dataset import write_dataset
from .motions import Motions
from .segments import segments
from .table import write_table

COLUMNS = ("motion", "start_s", "end_s")


def main(words: Sequence[str]) -> int:
    """Runs one of the commands."""
    match list(words):
        case ["segments", data, out]:
            write_segments(Motions(Path(data)), Path(out))
        case ["sheets", data, table, folder]:
            draw(Motions(Path(data)), Path(table), Path(folder))
        case ["dataset", data, folder, *options] if options in ([], ["--development"]):
            counts = write_dataset(Path(data), Path(folder), development=bool(options))
            print(", ".join(f"{split}: {count}" for split, count in counts.items()))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def write_segments(motions: Motions, out: Path) -> None:
    """Writes the segments of every motion."""
    rows = []
    for key in motions.keys:
        try:
            motion = motions.read(key)
        except RetargetError as error:
            print(f"{key}: left out: {error}", file=sys.stderr)
            continue
        parts = segments(motion.world[0], motion.fps)
        rows += [(key, f"{part.start_s:.2f}", f"{part.end_s:.2f}") for part in parts]
    write_table(out, [COLUMNS, *rows])


def draw(motions: Motions, table: Path, folder: Path) -> None:
    """Draws the sheets of a table's segments, source by source, and `sheets.csv`: what stands on which."""
    drawn: dict[str, list[tuple[str, Motion]]] = {}
    listed: list[Sequence[str]] = [("sheet", *COLUMNS, "hint")]
    for row in read_rows(table, frozenset(COLUMNS)):
        key, start, end = row["motion"], row["start_s"], row["end_s"]
        clips = drawn.setdefault(motions.source(key), [])
        sheet = f"{motions.source(key)}_{len(clips) // CLIPS_A_SHEET:03d}.png"
        listed.append((sheet, key, start, end, motions.description(key)))
        clips.append((f"{key} {start}-{end}", motions.read(key).cut(float(start), float(end))))
    for source, clips in drawn.items():
        write_sheets(clips, folder, source)
    write_table(folder / "sheets.csv", listed)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except TMRError as error:
        sys.exit(str(error))

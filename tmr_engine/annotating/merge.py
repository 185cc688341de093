"""`python -m tmr_engine.annotating.merge FILE... --data DIR`: writers' files to the product's captions.

A file's name is its writer's. Lines that are contradicted and not looked at again are left out and counted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import TMRError
from ..model import load_sentence_encoder
from .agreement import Agreement, agreement
from .check import COLUMNS, Checker, Line, read_lines
from .motions import Motions
from .segments import Part
from .table import CAPTIONS, SEGMENTS, write_table


def merged(files: Mapping[str, Sequence[Line]]) -> list[tuple[str, str, str, str, str, str]]:
    """The rows of the captions table, sorted by motion and time; equal captions of a segment once.

    Args:
        files: writer -> lines.
    """
    rows: dict[tuple[str, Part, str], tuple[str, float]] = {}
    for writer, lines in files.items():
        for line in lines:
            rows.setdefault((line.motion, line.part, line.caption), (writer, line.confidence))
    # sorted is stable: captions of a segment keep the order in which they were written
    return [
        (motion, f"{part.start_s:.2f}", f"{part.end_s:.2f}", caption, f"{confidence:.2f}", writer)
        for (motion, part, caption), (writer, confidence) in sorted(rows.items(), key=lambda row: row[0][:2])
    ]


def doubled(files: Mapping[str, Sequence[Line]]) -> list[tuple[list[str], list[str]]]:
    """The captions of both writers of each segment that two wrote about."""
    said: dict[tuple[str, Part], dict[str, list[str]]] = {}
    for writer, lines in files.items():
        for line in lines:
            said.setdefault((line.motion, line.part), {}).setdefault(writer, []).append(line.caption)
    both = (list(writers.values()) for _, writers in sorted(said.items()))
    return [(texts[0], texts[1]) for texts in both if len(texts) > 1]


def measured_agreement(files: Mapping[str, Sequence[Line]]) -> Agreement | None:
    """The agreement of writers; None where fewer than two segments were written twice.

    Raises:
        BundleError: the sentence model is missing.
    """
    pairs = doubled(files)
    if len(pairs) < 2:
        return None
    texts = sorted({text for pair in pairs for captions in pair for text in captions})
    return agreement(pairs, dict(zip(texts, load_sentence_encoder().encode(texts), strict=True)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Merges files; 0 when the table is written."""
    parser = argparse.ArgumentParser(prog="python -m tmr_engine.annotating.merge", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="one writer's captions each")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the clips")
    parser.add_argument("--segments", type=Path, default=SEGMENTS)
    parser.add_argument("--out", type=Path, default=CAPTIONS)
    chosen = parser.parse_args(arguments)
    checker = Checker(Motions(chosen.data), chosen.segments)
    files, left_out = {}, 0
    for path in chosen.files:
        lines = read_lines(path)
        wrong = {problem.line for problem in checker.problems(lines) if not problem.line.checked}
        files[path.stem] = [line for line in lines if line not in wrong]
        left_out += len(wrong)
    rows = merged(files)
    write_table(chosen.out, [(*COLUMNS, "writer"), *rows])
    print(f"{len(rows)} captions of {len({row[:3] for row in rows})} segments; {left_out} left out")
    found = measured_agreement(files)
    print(found if found is not None else "fewer than two segments were written twice")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (TMRError, OSError) as error:
        sys.exit(str(error))

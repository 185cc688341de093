"""`python -m tmr_engine.annotating.check FILE... --data DIR`: captions held against their motions.

Exit status 1 while a line is contradicted. A line may say in a column `checked` why the measure is wrong
there (a person looked again); such lines are counted, not listed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..datasets.dataset import DatasetError
from ..datasets.text_files import read_rows, seconds
from ..errors import TMRError
from .claims import Claim, claims
from .evidence import Evidence
from .motions import Motions
from .segments import Part
from .table import SEGMENTS

COLUMNS = ("motion", "start_s", "end_s", "caption", "confidence")
SHORTEST, LONGEST = 4, 160  # characters
FEWEST, MOST = 3, 5  # captions a segment, of one writer
_LATE_S = 0.02  # times are written with two decimals
_HELD = 4  # captions of a segment follow each other


class Line(NamedTuple):
    """One caption of a file.

    Args:
        where: file and line.
        motion, part: of which it speaks.
        caption: the sentence.
        confidence: the writer's, 0..1; -1 where it is no number.
        checked: why a measure that contradicts it is wrong; "" where nobody looked again.
    """

    where: str
    motion: str
    part: Part
    caption: str
    confidence: float
    checked: str


@dataclass(frozen=True)
class Problem:
    """What is wrong with a line, in a sentence."""

    line: Line
    what: str

    def __str__(self) -> str:
        at = f"{self.line.motion} {self.line.part.start_s:.2f}"
        return f'{self.line.where}: {at}: "{self.line.caption}": {self.what}'


def read_lines(path: Path) -> list[Line]:
    """The captions of a file.

    Raises:
        DatasetError: the file is damaged or lacks a column, or a time is no time.
    """
    lines = []
    for number, row in enumerate(read_rows(path, frozenset(COLUMNS)), start=2):
        where = f"{path.name}, line {number}"
        part = Part(seconds(row["start_s"], 0.0, where), seconds(row["end_s"], 0.0, where))
        try:
            confidence = float(row["confidence"])
        except ValueError:
            confidence = -1.0
        lines.append(
            Line(
                where, row["motion"], part, row["caption"].strip(), confidence, row.get("checked", "").strip()
            )
        )
    return lines


class Checker:
    """Finds what is wrong with captions.

    Args:
        motions: that they speak of.
        table: the segments there are.

    Raises:
        DatasetError: the table is damaged.
    """

    def __init__(self, motions: Motions, table: Path = SEGMENTS) -> None:
        self._motions = motions
        self._segments = {
            (row["motion"], Part(seconds(row["start_s"], 0.0, ""), seconds(row["end_s"], 0.0, "")))
            for row in read_rows(table, frozenset({"motion", "start_s", "end_s"}))
        }
        self._evidence = lru_cache(_HELD)(self._measured)

    def problems(self, lines: Sequence[Line]) -> list[Problem]:
        """What is wrong with the lines of one writer, checked ones included."""
        found = []
        said: dict[tuple[str, Part], list[str]] = {}
        for line in lines:
            found += [Problem(line, what) for what in self._of_line(line)]
            before = said.setdefault((line.motion, line.part), [])
            if line.caption.lower() in before:
                found.append(Problem(line, "it is there twice"))
            before.append(line.caption.lower())
        return found

    def _of_line(self, line: Line) -> list[str]:
        what = []
        if not 0.0 <= line.confidence <= 1.0:
            what.append("the confidence is no number from 0 to 1")
        if not SHORTEST <= len(line.caption) <= LONGEST or line.caption != " ".join(line.caption.split()):
            what.append("it is too short, too long or not tidy")
        if line.motion not in self._motions.keys:
            return [*what, "there is no such motion"]
        try:
            duration, evidence = self._evidence(line.motion, line.part)
        except TMRError as error:
            return [*what, f"the motion cannot be measured: {error}"]
        if line.part.end_s > duration + _LATE_S:
            what.append(f"the motion ends at {duration:.2f} s")
        elif (line.motion, line.part) not in self._segments:
            what.append("there is no such segment")
        return what + [_said(claim, reason) for claim, reason in _contradicted(line.caption, evidence)]

    def _measured(self, name: str, part: Part) -> tuple[float, Evidence]:
        if not part.start_s < part.end_s:
            raise DatasetError(
                f"the segment from {part.start_s:g} to {part.end_s:g} s has no length", where=name
            )
        motion = self._motions.read(name)
        cut = motion.cut(*part)
        return motion.duration_s, Evidence(cut.world[0], cut.fps)


def _contradicted(caption: str, evidence: Evidence) -> list[tuple[Claim, str]]:
    against = ((claim, evidence.against(claim)) for claim in sorted(claims(caption)))
    return [(claim, reason) for claim, reason in against if reason]


def _said(claim: Claim, reason: str) -> str:
    return f"says {claim.value if claim.kind == 'act' else f'{claim.kind} {claim.value}'}, but {reason}"


def odd_counts(lines: Sequence[Line]) -> list[str]:
    """Segments with fewer than three or more than five captions, a sentence each."""
    counts: dict[tuple[str, Part], int] = {}
    for line in lines:
        counts[line.motion, line.part] = counts.get((line.motion, line.part), 0) + 1
    return [
        f"{motion} {part.start_s:.2f}-{part.end_s:.2f} has {count} captions"
        for (motion, part), count in counts.items()
        if not FEWEST <= count <= MOST
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks files; 0 where nothing is contradicted."""
    parser = argparse.ArgumentParser(prog="python -m tmr_engine.annotating.check", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="one writer's captions each")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the clips")
    parser.add_argument("--segments", type=Path, default=SEGMENTS)
    chosen = parser.parse_args(arguments)
    checker = Checker(Motions(chosen.data), chosen.segments)
    opened = 0
    for path in chosen.files:
        lines = read_lines(path)
        problems = checker.problems(lines)
        for problem in problems:
            if not problem.line.checked:
                print(problem)
        for sentence in odd_counts(lines):
            print(f"{path.name}: {sentence}")
        left = sum(not problem.line.checked for problem in problems)
        print(f"{path.name}: {len(lines)} captions, {left} problems, {len(problems) - left} looked at again")
        opened += left + len(odd_counts(lines))
    return 1 if opened else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (TMRError, OSError) as error:
        sys.exit(str(error))

"""Every rig of the reference material with every motion of `retargeting/clips.py`, measured.

    .blender/4.5/bin/python -m benchmarks.retarget [--rigs WORD ...] [--motions NAME ...] [--journal FILE]

Writes benchmarks/results/retarget.json and docs/retargeting-benchmark.md; a part of the rigs or motions only
prints. The reference material (../shared) is needed. One process; each rig is opened once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.retargeting import cells, clips, pace, report, rigs, rounds, touching
from tmr_engine.errors import RetargetError

# whose rest poses are put on every rig: T-pose, A-poses of 30, 45 and 50 degrees, each with hands of its own
RESTS = ("var_base_tpose.blend", "var_apose45.blend", "daz_g8_like_made.blend", "ue_manny_made.blend")
HOME = RESTS[0]
# what is slow is done with these motions alone
BAKED = ("walk", "cartwheel", "reach")
TRAVELLED = ("walk", "cartwheel")
# bodies of other proportions than the clips', on which weaker locks are tried too
SWEPT = (
    "mixamo_made.blend",
    "rocketbox_male_adult_04.fbx",
    "kaykit_mannequin_medium.glb",
    "var_minimal_15.blend",
)


class Matrix:
    """The results so far, and what later rigs need of earlier ones."""

    def __init__(
        self, sources: dict[str, cells.Source], touches: list[cells.Source], journal: Path | None
    ) -> None:
        self.sources = sources
        self.touches = touches
        self.journal = journal
        self.rows: list[dict[str, Any]] = []
        self.rests: dict[str, cells.Source] = {}
        self.home: tuple[rigs.Character, Any] | None = None

    def add(self, **row: Any) -> None:
        """Keeps one result, beside the run too, so that nothing is lost when it is stopped."""
        self.rows.append(row)
        if self.journal is not None:
            with self.journal.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")

    def measure_rig(self, name: str, document: dict[str, Any]) -> None:
        """All cells of one rig. A refusal by the product is a result too."""
        start = time.perf_counter()
        character = rigs.open_rig(name, document)
        try:
            rig_map = cells.understood(character)
        except RetargetError as error:
            self.add(rig=name, refused=str(error))
            print(f"{name:40s} refused: {error}", flush=True)
            return
        for motion, source in self.sources.items():
            self.measure_cell(character, rig_map, motion, source)
        self.measure_rounds(character, rig_map)
        for source in self.touches if name in touching.RIGS else ():
            for found in touching.measured(source, character, rig_map):
                self.add(rig=name, touch=source.name, **found)
        print(f"{name:40s} {time.perf_counter() - start:6.1f} s", flush=True)

    def measure_cell(
        self, character: rigs.Character, rig_map: Any, motion: str, source: cells.Source
    ) -> None:
        """Every method on one rig with one motion."""
        plain_jerk = None
        weaker = cells.WEAKER if character.name in SWEPT else ()
        for method in (cells.PLAIN, *weaker, cells.FULL, cells.GOALS, cells.LOCAL, cells.DELTA):
            try:
                solution = cells.solved(source, rig_map, character, method)
            except RetargetError as error:
                self.add(rig=character.name, motion=motion, method=method, refused=str(error))
                continue
            pose = cells.poses(character, solution)
            found = cells.measured(source, character, pose, solution)
            if method == cells.PLAIN:
                plain_jerk = found["jerk_ratio"]
            elif plain_jerk:
                found["jerk_over_plain"] = found["jerk_ratio"] / plain_jerk
            if method == cells.FULL and character.is_plain:
                found |= cells.off_blender(character, solution)
            self.add(rig=character.name, motion=motion, method=method, **found)
        if motion in BAKED:
            found = cells.baked(source, character, rig_map)
            self.add(rig=character.name, motion=motion, method=cells.BAKE, **found)

    def measure_rounds(self, character: rigs.Character, rig_map: Any) -> None:
        """Rest poses on the rig; where keys alone pose it, identity and the round trip as well."""
        name = character.name
        if name in RESTS:
            self.rests[name] = rounds.rest_of(character)
        if name == HOME:
            self.home = character, rig_map
        for rest, source in self.rests.items():
            self.add(rig=name, rest=rest, **rounds.rest_to_rest(source, character, rig_map))
        if not character.is_plain or self.home is None:
            return
        for motion in TRAVELLED:
            if motion in self.sources:
                source = self.sources[motion]
                self.add(rig=name, identity=motion, **rounds.identity(source, character, rig_map))
                found = rounds.round_trip(source, *self.home, character, rig_map)
                self.add(rig=name, round_trip=motion, **found)


def main() -> None:
    """Measures, and writes the result when everything was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rigs", nargs="*", default=[], help="only rigs whose names hold one of these words")
    parser.add_argument("--motions", nargs="*", default=[], help="only these motions")
    parser.add_argument("--journal", type=Path, help="a file that takes every result as it is found")
    chosen = parser.parse_args()
    if not rigs.FOLDER.is_dir():
        print("../shared is not here, so nothing is measured")
        return
    wanted = [clip for clip in clips.CLIPS if not chosen.motions or clip.name in chosen.motions]
    sources = {clip.name: cells.Source.of(clip.name, clips.load(clip)) for clip in wanted}
    matrix = Matrix(sources, touching.sources(), chosen.journal)
    documents = rigs.expected()
    for name in [*RESTS, *(name for name in documents if name not in RESTS)]:
        if not chosen.rigs or any(word in name for word in chosen.rigs):
            matrix.measure_rig(name, documents[name])
    whole = not (chosen.rigs or chosen.motions)
    report.tell(matrix.rows, pace.measured() if whole else [], keep=whole)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)

"""What a run found: figures and every cell as json, the matrix as Markdown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import bpy

from benchmarks import measure
from benchmarks.retargeting import cells, touching

OUT = measure.ROOT / "docs" / "retargeting-benchmark.md"
NAME = "retarget"
_BASELINES = (cells.LOCAL, cells.DELTA, cells.BAKE)
# rigs that cannot take every pose, of which the product warns: their cells are shown and not counted
EXCUSED = {
    "var_locked_channels.blend": "channels of hips, thighs and shins are locked",
    "var_upper_body_only.blend": "it has no legs",
}
# a motion that misses an aim on more rigs than this is looked at more closely
_MANY = 20
Row = dict[str, Any]


@dataclass(frozen=True)
class Aim:
    """What is wanted of one measure in every cell.

    Args:
        label: in words.
        method: the method that must reach it.
        key: of the row.
        unit: for the tables.
        limit: the value must stay below it, or above it where `above`.
    """

    label: str
    method: str
    key: str
    unit: str
    limit: float
    above: bool = False

    def met(self, value: float) -> bool:
        """Whether a value is good enough."""
        return value >= self.limit if self.above else value <= self.limit

    def badness(self, value: float) -> float:
        """1 at the limit, more beyond it."""
        if self.above:
            return self.limit / max(value, 1e-3)
        return max(value, 0.0) / self.limit if self.limit else 1.0 + value if value > 0 else 0.0

    @property
    def text(self) -> str:
        """The aim in signs."""
        return f"{'>=' if self.above else '<='} {self.limit:g}"


AIMS = (
    Aim("limb direction, median", cells.PLAIN, "limb_direction_deg.median", "deg", 1.0),
    Aim("limb direction, p95", cells.PLAIN, "limb_direction_deg.p95", "deg", 5.0),
    Aim("hand and foot roll, median", cells.PLAIN, "roll_deg.median", "deg", 3.0),
    Aim("slide over the source's own, mean", cells.FULL, "slide_excess_mm_s.mean", "mm/s", 20.0),
    Aim("penetration, p95", cells.FULL, "penetration_mm.p95", "mm", 10.0),
    Aim("contact recall", cells.FULL, "contact_recall", "", 0.95, above=True),
    Aim("jerk ratio, not below", cells.FULL, "jerk_ratio", "", 0.8, above=True),
    Aim("jerk ratio, not above", cells.FULL, "jerk_ratio", "", 1.2),
    Aim("jerk with lock over jerk without", cells.FULL, "jerk_over_plain", "", 1.2),
    Aim("flips", cells.FULL, "flips", "", 0.0),
)
ROUNDS = (
    Aim("rest to rest, limbs, greatest", "rest", "limbs.max", "deg", 1.0),
    Aim("rest to rest, roll, greatest", "rest", "roll.max", "deg", 3.0),
    Aim("identity, greatest turn", "identity", "turn_deg", "deg", 0.01),
    Aim("identity, greatest move", "identity", "place_mm", "mm", 0.1),
    Aim("round trip, limbs, p95", "round_trip", "limbs.p95", "deg", 0.5),
    Aim("oracle off Blender's pose", cells.FULL, "place_m", "m", 1e-4),
    Aim("oracle off Blender's pose, axes", cells.FULL, "axes", "", 1e-4),
    Aim("between keys, off the slerp of them", cells.FULL, "between_deg", "deg", 1.0),
)


def tell(rows: list[Row], pace: list[measure.Figure], *, keep: bool) -> None:
    """Prints what was found; writes it too where everything was measured.

    Args:
        rows: one a cell, method or round.
        pace: figures of time and memory.
        keep: write benchmarks/results/retarget.json and docs/retargeting-benchmark.md.
    """
    text = "\n".join(_document(rows, pace))
    print(text)
    if not keep:
        return
    title = f"Retargeting: every rig and every motion, Blender {bpy.app.version_string}"
    out = measure.save(NAME, title, [*_figures(rows), *pace], _notes(rows))
    record = json.loads(out.read_text(encoding="utf-8"))
    record["cells"] = _table(rows)
    out.write_text(_compact(record), encoding="utf-8")
    OUT.write_text(text + "\n", encoding="utf-8")


def _table(rows: list[Row]) -> dict[str, Any]:
    """The rows as columns' names and lists of values, which is a fifth of the size."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return {"columns": columns, "rows": [[_rounded(row.get(name)) for name in columns] for row in rows]}


def _rounded(value: Any) -> Any:
    return float(f"{round(value, 6):.3g}") if isinstance(value, float) else value


def _compact(record: dict[str, Any]) -> str:
    """JSON with one row of the cells a line."""
    table = record.pop("cells")
    listed = ",\n   ".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in table["rows"]
    )
    columns = json.dumps(table["columns"])
    body = json.dumps(record, indent=1)[:-2]
    return f'{body},\n "cells": {{\n  "columns": {columns},\n  "rows": [\n   {listed}\n  ]\n }}\n}}\n'


def _of(rows: Iterable[Row], method: str, key: str) -> list[Row]:
    """Rows of a method, or of a kind of round, that have a measure, without the excused rigs."""
    return [row for row in _all_of(rows, method, key) if row["rig"] not in EXCUSED]


def _all_of(rows: Iterable[Row], method: str, key: str) -> list[Row]:
    return [
        row for row in rows if (row.get("method") == method or method in row) and row.get(key) is not None
    ]


def _figures(rows: list[Row]) -> list[measure.Figure]:
    """The aims over all cells, each beside the baselines' figures of the same run."""
    figures = []
    for aim in (*AIMS, *ROUNDS):
        found = _of(rows, aim.method, aim.key)
        if not found:
            continue
        beside = []
        for method in _BASELINES if aim in AIMS else ():
            values = [float(row[aim.key]) for row in _of(rows, method, aim.key)]
            if values:
                beside.append(measure.Figure.of(f"  {aim.label}: {method}", aim.unit, values))
        against = next((figure.name for figure in beside if cells.DELTA in figure.name), "")
        values = [float(row[aim.key]) for row in found]
        name = f"{aim.label}, of a cell" if aim in AIMS else aim.label
        figures.append(measure.Figure.of(name, aim.unit, values, baseline=against, aim=aim.text))
        figures += beside
    return figures


def _notes(rows: list[Row]) -> list[str]:
    counts = [len({row[kind] for row in rows if kind in row}) for kind in ("rig", "motion")]
    told = [
        f"{counts[0]} rigs, {counts[1]} motions; quartiles are over cells, "
        f"which docs/retargeting-benchmark.md shows one by one"
    ]
    for aim in (*AIMS, *ROUNDS):
        found = _of(rows, aim.method, aim.key)
        if found:
            worst = max(found, key=lambda row: aim.badness(float(row[aim.key])))
            met = sum(aim.met(float(row[aim.key])) for row in found)
            told.append(
                f"{aim.label} {aim.text}: {met} of {len(found)}, worst {worst[aim.key]:.3g} ({_place(worst)})"
            )
    return told


def _place(row: Row) -> str:
    other = next((str(row[kind]) for kind in ("motion", "rest", "identity", "round_trip") if kind in row), "")
    return f"{row['rig']}, {other}"


def _document(rows: list[Row], pace: list[measure.Figure]) -> list[str]:
    machine = measure.machine()
    return [
        "# Retargeting, measured",
        "",
        f"Written by `python -m benchmarks.retarget` on {machine['date']}, Blender {bpy.app.version_string}; "
        "nothing here is written by hand. What is measured and how: docs/retargeting.md, section 9, and "
        "`benchmarks/retargeting/`. Every cell with every measure is in `benchmarks/results/retarget.json`.",
        "",
        "A *cell* is one rig with one motion. Rigs with constraints or drivers are measured on the pose that "
        "Blender evaluates, on the bones that deform; all others by forward kinematics of the benchmark's "
        "own, compared with Blender's pose on a sample of frames of every cell. Lengths are those of a body "
        "of 1.7 m.",
        "",
        "Shown in the matrices and counted nowhere else, because they cannot take every pose, and the "
        f"product says so: {'; '.join(f'`{rig}` ({why})' for rig, why in EXCUSED.items())}.",
        "",
        *_aims(rows),
        *_worst(rows),
        *_methods(rows),
        *_strengths(rows),
        *_proportions(rows),
        *touching.section(rows),
        *_matrix(rows, AIMS[1]),
        *_matrix(rows, AIMS[3]),
        *_pace(pace),
        *_refused(rows),
    ]


def _aims(rows: list[Row]) -> list[str]:
    lines = [
        "## What was wanted, and how many cells reach it",
        "",
        "| measure | method | aim | reached | median of cells | worst | where |",
        "|---|---|---|---|---|---|---|",
    ]
    for aim in (*AIMS, *ROUNDS):
        found = sorted(_of(rows, aim.method, aim.key), key=lambda row: aim.badness(float(row[aim.key])))
        if not found:
            continue
        met = sum(aim.met(float(row[aim.key])) for row in found)
        middle, worst = found[len(found) // 2], found[-1]
        lines.append(
            f"| {aim.label} | {aim.method} | {aim.text} {aim.unit} | {met} of {len(found)} | "
            f"{_number(middle[aim.key])} | {_number(worst[aim.key])} | {_place(worst)} |"
        )
    return [*lines, ""]


def _worst(rows: list[Row]) -> list[str]:
    """The cells beyond an aim, the farthest first; of one motion and measure the worst rig stands for all."""
    missed: dict[tuple[str, str], list[tuple[float, Aim, Row]]] = {}
    for aim in AIMS:
        for row in _of(rows, aim.method, aim.key):
            value = float(row[aim.key])
            if not aim.met(value):
                missed.setdefault((aim.label, row["motion"]), []).append((aim.badness(value), aim, row))
    ranked = [(max(found, key=lambda item: item[0]), len(found)) for found in missed.values()]
    ranked.sort(key=lambda item: -item[0][0])
    lines = [
        "## Worst cells first",
        "",
        "Every motion and measure that misses its aim on some rig, with the worst rig.",
        "",
        "| motion | measure | worst rig | value | aim | rigs that miss it |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['motion']} | {aim.label} | {row['rig']} | {_number(row[aim.key])} {aim.unit} | {aim.text} | "
        f"{count} |"
        for (_, aim, row), count in ranked
    ]
    return [*lines, ""]


def _methods(rows: list[Row]) -> list[str]:
    methods = (cells.PLAIN, cells.FULL, cells.GOALS, *_BASELINES)
    lines = [
        "## Beside what others do, in the same run",
        "",
        "Median of the cells, and in brackets the worst. Constraints + `nla.bake` were measured with three "
        "of the motions on every rig. The foot lock lays soles flat that stand turned because of the rest "
        "pose of the clip's skeleton (docs/retargeting.md, section 5): its feet then point and roll "
        "otherwise than the clip's, which the first three rows count.",
        "",
        f"| measure | {' | '.join(methods)} |",
        f"|---|{'---|' * len(methods)}",
    ]
    for aim in AIMS:
        line = [f"{aim.label} ({aim.unit})" if aim.unit else aim.label]
        line += [_middle_and_worst(rows, method, aim) for method in methods]
        lines.append(f"| {' | '.join(line)} |")
    return [*lines, ""]


def _strengths(rows: list[Row]) -> list[str]:
    """What each strength of the foot lock does, on the rigs that have tried them all."""
    tried = {row["rig"] for row in rows if row.get("method") in cells.WEAKER}
    if not tried:
        return []
    kept = [row for row in rows if row["rig"] in tried]
    lines = [
        "## How strong the foot lock should be",
        "",
        f"Median of the cells, and in brackets the worst, on {', '.join(sorted(tried))}.",
        "",
        f"| strength | {' | '.join(aim.label for aim in AIMS)} |",
        f"|---|{'---|' * len(AIMS)}",
    ]
    for method in (cells.PLAIN, *cells.WEAKER, cells.FULL):
        shown = [_middle_and_worst(kept, method, aim) for aim in AIMS]
        lines.append(f"| {method} | {' | '.join(shown)} |")
    return [*lines, ""]


def _proportions(rows: list[Row]) -> list[str]:
    """Jerk per stature beside jerk per limb, of motions whose jerk misses its aim on many rigs."""
    aim = next(aim for aim in AIMS if aim.key == "jerk_ratio" and not aim.above)
    beside = replace(aim, key="jerk_ratio_by_limb")
    found = _of(rows, cells.FULL, aim.key)
    missed = Counter(row["motion"] for row in found if not aim.met(float(row[aim.key])))
    lines = [
        "## Jerk on bodies of other proportions",
        "",
        f"Motions whose jerk ratio misses its aim on more than {_MANY} rigs: median of the rigs and in "
        "brackets the worst. Per stature a body with longer legs has more jerk, because its feet go farther "
        "in the same time; per limb (legs and hips by the leg, hands and elbows by the arm) they have not. "
        "The legs are shares of the stature, over those of the clip's body.",
        "",
        "| motion | legs | per stature, plain | per stature, foot lock | per limb, plain | "
        "per limb, foot lock |",
        "|---|---|---|---|---|---|",
    ]
    for motion in (name for name, count in missed.most_common() if count > _MANY):
        kept = [row for row in rows if row.get("motion") == motion]
        legs = sorted(float(row["legs_over_source"]) for row in found if row["motion"] == motion)
        shown = [
            _middle_and_worst(kept, method, one)
            for one in (aim, beside)
            for method in (cells.PLAIN, cells.FULL)
        ]
        lines.append(f"| {motion} | {_number(legs[len(legs) // 2])} | {' | '.join(shown)} |")
    return [*lines, ""] if len(lines) > 6 else []


def _middle_and_worst(rows: list[Row], method: str, aim: Aim) -> str:
    found = sorted(_of(rows, method, aim.key), key=lambda row: aim.badness(float(row[aim.key])))
    if not found:
        return "-"
    return f"{_number(found[len(found) // 2][aim.key])} ({_number(found[-1][aim.key])})"


def _matrix(rows: list[Row], aim: Aim) -> list[str]:
    """Rigs by motions, both with the worst first."""
    found = {(row["rig"], row["motion"]): float(row[aim.key]) for row in _all_of(rows, aim.method, aim.key)}
    if not found:
        return []

    def worst(axis: int) -> list[str]:
        names = {place[axis] for place in found}
        peak = {name: max(value for place, value in found.items() if place[axis] == name) for name in names}
        return sorted(names, key=lambda name: (-peak[name], name))

    motions = worst(1)
    lines = [
        f"## {aim.label[0].upper()}{aim.label[1:]} ({aim.unit}; {aim.method}; aim {aim.text})",
        "",
        f"| rig | {' | '.join(motions)} |",
        f"|---|{'---|' * len(motions)}",
    ]
    for rig in worst(0):
        values = [_number(found.get((rig, motion))) for motion in motions]
        lines.append(f"| {rig} | {' | '.join(values)} |")
    return [*lines, ""]


def _pace(pace: list[measure.Figure]) -> list[str]:
    if not pace:
        return []
    lines = ["## Time and memory", "", "| | median | quartiles | aim |", "|---|---|---|---|"]
    lines += [
        f"| {figure.name} | {_number(figure.median)} {figure.unit} | "
        f"{_number(figure.low)} .. {_number(figure.high)} | {figure.aim} |"
        for figure in pace
    ]
    return [*lines, ""]


def _refused(rows: list[Row]) -> list[str]:
    found = [row for row in rows if "refused" in row]
    if not found:
        return []
    lines = ["## Refused by the product", ""]
    return [*lines, *(f"- {_place(row)}: {row['refused']}" for row in found), ""]


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if value and abs(value) < 0.01:
        return f"{value:.0e}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"

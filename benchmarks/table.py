"""Draws docs/benchmarks.md from the results of the benchmarks.

    .venv/bin/python -m benchmarks.table

Nothing is measured here and nothing written by hand: what stands in the document comes from
benchmarks/results/*.json, each written by the script that its section names.
"""

from __future__ import annotations

import json
from typing import Any

from .measure import RESULTS, ROOT

OUT = ROOT / "docs" / "benchmarks.md"
ORDER = (
    "serving",
    "indexing",
    "insert",
    "retarget",
    "networks",
    "training",
    "motion_model",
    "learning_curve",
    "fused_search",
    "ranks",
)
HEAD = """# Benchmarks

Drawn by `python -m benchmarks.table` from the results that the scripts named below have written.
Every figure is the median of repeats that were taken in turns with its baseline in the same run,
because the machines are noisy: trust the ratio more than the number. Beside it the quartiles.
A ratio above 1 says how many times better ours is than the baseline, below 1 that it is worse.
"""
_MORE_IS_BETTER = ("/s", "%")


def main() -> None:
    """Writes the document."""
    found = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))
    }
    names = [name for name in ORDER if name in found] + [name for name in found if name not in ORDER]
    OUT.write_text("\n".join([HEAD, *(_section(found[name]) for name in names)]), encoding="utf-8")
    print(f"{OUT.relative_to(ROOT)}: {len(names)} benchmarks")


def _section(result: dict[str, Any]) -> str:
    machine = result["machine"]
    figures = {figure["name"]: figure for figure in result["figures"]}
    lines = [
        f"## {result['title']}",
        "",
        f"`{result['command']}`, {machine['date']}, {machine['cores']} cores ({machine['processor']}), "
        f"Python {machine['python']}, load before the run {machine['load before']}.",
        "",
        "| | median | quartiles | runs | baseline | better by | aim |",
        "|---|---|---|---|---|---|---|",
        *(_row(figure, figures) for figure in figures.values()),
        "",
        *(f"- {note}" for note in result["notes"]),
        "",
    ]
    return "\n".join(lines)


def _row(figure: dict[str, Any], figures: dict[str, dict[str, Any]]) -> str:
    unit = figure["unit"]
    baseline, ratio = "", ""
    if figure["baseline"]:
        other = figures[figure["baseline"]]
        baseline = f"{other['name']}: {_number(other['median'])} {unit}"
        better, worse = figure["median"], other["median"]
        if not unit.endswith(_MORE_IS_BETTER):
            better, worse = worse, better
        ratio = f"{better / worse:.2g} x" if worse else ""
    spread = "" if figure["count"] == 1 else f"{_number(figure['low'])} .. {_number(figure['high'])}"
    cells = [
        figure["name"],
        f"{_number(figure['median'])} {unit}",
        spread,
        str(figure["count"]),
        baseline,
        ratio,
        figure["aim"],
    ]
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    main()

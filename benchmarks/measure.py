"""Timing and reporting shared by the benchmarks.

Machines are noisy, so every figure stands beside a baseline that was measured in the same run, both several
times in turns; medians and the spread between the quartiles are reported. Results are written as JSON into
benchmarks/results/ and drawn into docs/benchmarks.md by `table.py`.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Figure:
    """One measured quantity: median, quartiles and how often it was taken.

    Args:
        baseline: name of the figure of the same run that this one is compared with; empty for none.
        aim: what was wanted of it, in words ("< 1 s"); empty where nothing was.
    """

    name: str
    unit: str
    median: float
    low: float
    high: float
    count: int
    baseline: str = ""
    aim: str = ""

    @classmethod
    def of(cls, name: str, unit: str, values: list[float], *, baseline: str = "", aim: str = "") -> Figure:
        """The figure of a list of measurements."""
        if len(values) == 1:
            return cls(name, unit, values[0], values[0], values[0], 1, baseline, aim)
        low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(name, unit, middle, low, high, len(values), baseline, aim)


def seconds(action: Callable[[], Any]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def in_turns(actions: dict[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each action, taken in turns so that a noisy moment falls on all of them."""
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(repeats):
        for name, action in actions.items():
            taken[name].append(seconds(action))
    return taken


def resident_mb(pid: int | str = "self") -> float:
    """Resident memory of a process in MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} states no resident memory")


def machine() -> dict[str, str]:
    """What the figures were taken on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": str(os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "system": platform.system(),
        "date": time.strftime("%Y-%m-%d"),
    }


def _module() -> str:
    """What runs: a module of the benchmarks, or a package of them, which is run by its __main__."""
    path = Path(sys.argv[0])
    return path.parent.name if path.stem == "__main__" else path.stem


def save(name: str, title: str, figures: list[Figure], notes: list[str]) -> Path:
    """Writes a benchmark's result and prints it."""
    RESULTS.mkdir(exist_ok=True)
    out = RESULTS / f"{name}.json"
    record = {
        "title": title,
        "command": f"python -m benchmarks.{_module()}",
        "machine": machine(),
        "figures": [asdict(figure) for figure in figures],
        "notes": notes,
    }
    out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for figure in figures:
        spread = f"[{figure.low:.4g} .. {figure.high:.4g}]"
        print(f"{figure.name:60s} {figure.median:12.4g} {figure.unit}  {spread}")
    return out

"""A suite of configurations trained over several seeds, and one table of what each is worth.

Every cell is a run folder of its own and a seed of its own; `result.json` in it says that it is finished.
Cells are called by what they change in the configuration, so a cell that two suites share is trained once,
and a grid that was stopped goes on: finished cells are read, the one that was stopped goes on from its
checkpoint.
"""

from __future__ import annotations

import csv
import json
import re
import statistics
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..atomic import replacing
from .config import ConfigError, RunConfig, check_same, config_of
from .run_folder import CURVES, RunFolder
from .train import Watch, train

SUITES = Path(__file__).with_name("suites")
SEEDS = (1234, 1235, 1236)
_RESULT = "result.json"
_MAX_BYTES = 1 << 20
_SHOWN = ("R01", "R05", "R10", "MedR")
_PREFIXES = {"strict": "v_strict_", "lenient": "v_"}


@dataclass(frozen=True)
class Cell:
    """One row of a suite's table.

    Args:
        name: as the table has it.
        settings: "section.key" to value.
    """

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Suite:
    """Rows that are compared.

    Args:
        name: of its file.
        title: of its table.
        cells: at least one.
    """

    name: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class _Job:
    cell: Cell
    seed: int
    config: RunConfig


def read_suite(name_or_path: str) -> Suite:
    """A suite that comes with the engine, or a TOML file of the same form.

    Raises:
        ConfigError: there is no such suite, or it is damaged.
    """
    path = Path(name_or_path)
    bundled = SUITES / f"{name_or_path}.toml"
    if not path.is_file() and bundled.is_file():
        path = bundled
    try:
        with path.open("rb") as file:
            table = tomllib.loads(file.read(_MAX_BYTES).decode("utf-8"))
    except OSError as error:
        known = ", ".join(sorted(found.stem for found in SUITES.glob("*.toml")))
        raise ConfigError(
            "there is no such suite", where=str(path), fix=f"name a file, or one of {known}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("the suite is not TOML", where=str(path), why=str(error)) from error
    rows = table.get("cells")
    if not isinstance(rows, list) or not rows:
        raise ConfigError("the suite has no [[cells]]", where=str(path))
    cells = tuple(_cell(row, str(path)) for row in rows)
    if len({cell.name for cell in cells}) < len(cells):
        raise ConfigError("two cells of the suite have the same name", where=str(path))
    return Suite(path.stem, str(table.get("title", path.stem)), cells)


def ablate(
    suite: Suite,
    base: RunConfig,
    folder: Path,
    *,
    seeds: Sequence[int] = SEEDS,
    watch: Watch | None = None,
    training: Callable[..., Any] = train,
) -> dict[str, Any]:
    """Trains every cell with every seed, and writes `<suite>.md` and `<suite>.json` after each.

    Args:
        suite: what is compared.
        base: the configuration that cells change; its run folder is not used.
        folder: receives the cells' run folders and the tables.
        seeds: different ones, at least one.
        watch: shows each cell's training.
        training: `train`, or what stands in for it.

    Returns:
        the table as its JSON file has it.

    Raises:
        ConfigError: a cell does not fit the configuration (before anything is trained), or a run folder was
            begun with another one.
        TMRError: as `train`; finished cells stay.
    """
    watch = watch or Watch()
    if not seeds or len(set(seeds)) < len(seeds):
        raise ConfigError("seeds must be different numbers, at least one")
    if not base.data.val_split:
        raise ConfigError("an ablation needs a validation split", fix="set data.val_split")
    jobs = [
        _Job(cell, seed, _config_of_cell(cell, seed, base, folder)) for seed in seeds for cell in suite.cells
    ]
    results: dict[str, dict[int, dict[str, float]]] = {cell.name: {} for cell in suite.cells}
    table = _table(suite, seeds, results)
    for number, job in enumerate(jobs, start=1):
        found = _finished(job.config)
        state = "training" if found is None else "done before"
        watch.note(f"{number} of {len(jobs)}: {job.cell.name}, seed {job.seed}: {state}")
        if found is None:
            training(job.config, resume=True, watch=watch)
            found = _finish(job.config)
        results[job.cell.name][job.seed] = found
        table = _table(suite, seeds, results)
        _write(folder, suite.name, table)
    return table


def markdown(table: Mapping[str, Any]) -> str:
    """The table as text: mean ± sample standard deviation over seeds, protocols labelled apart."""
    heads = [f"{kind} {way} {name}" for kind in _PREFIXES for way in ("t2m", "m2t") for name in _SHOWN]
    lines = [
        f"# {table['title']}",
        "",
        "Validation split, mean ± standard deviation over seeds. strict: the own clip alone is right; "
        "lenient: clips whose captions mean the same (0.95) are right too.",
        "",
        f"| | seeds | {' | '.join(heads)} |",
        "|---" * (len(heads) + 2) + "|",
    ]
    for row in table["rows"]:
        cells = [
            _shown(row["figures"].get(f"{prefix}{way}/{name}"))
            for prefix in _PREFIXES.values()
            for way in ("t2m", "m2t")
            for name in _SHOWN
        ]
        lines.append(f"| {row['name']} | {len(row['seeds'])} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _shown(figure: Mapping[str, float | None] | None) -> str:
    if figure is None:
        return ""
    spread = figure["spread"]
    return f"{figure['mean']:.2f}" + ("" if spread is None else f" ± {spread:.2f}")


def _cell(row: Any, where: str) -> Cell:
    if not isinstance(row, dict) or set(row) != {"name", "set"} or not isinstance(row["set"], dict):
        raise ConfigError("a cell has a name and a table `set`, and nothing else", where=where)
    for key in row["set"]:
        section, dot, name = key.partition(".")
        if not (section and dot and name) or key in ("training.seed", "training.folder"):
            raise ConfigError(f'a cell cannot set "{key}"', where=where, fix="name it section.key")
    return Cell(str(row["name"]), row["set"])


def _config_of_cell(cell: Cell, seed: int, base: RunConfig, folder: Path) -> RunConfig:
    """The configuration of a cell; its folder is called by what differs from the base."""
    table = base.as_table()
    changes = []
    for key, value in sorted(cell.settings.items()):
        section, _, name = key.partition(".")
        rows = table.setdefault(section, {})
        if name not in rows or rows[name] != value:
            changes.append(f"{key}={value}")
        rows[name] = value
    called = re.sub(r"[^\w.=+-]", "_", ",".join(changes) or "base")
    table["training"] |= {"seed": seed, "folder": str(folder / f"{called}_seed{seed}")}
    return config_of(table, f"cell {cell.name}")


def _finished(config: RunConfig) -> dict[str, float] | None:
    """The figures of a cell that is done, None where it is not."""
    path = Path(config.training.folder) / _RESULT
    if not path.is_file():
        return None
    held, _ = RunFolder(path.parent).read_config()
    check_same(config, held, str(path.parent))
    try:
        table = json.loads(path.read_bytes())
        figures = {str(name): float(value) for name, value in table["figures"].items()}
        return figures if table["epochs"] == config.training.epochs else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError("the result is damaged", where=str(path), fix="delete that file") from error


def _finish(config: RunConfig) -> dict[str, float]:
    """Marks a cell as done; its figures are those of its last epoch."""
    folder, epochs = Path(config.training.folder), config.training.epochs
    with (folder / CURVES).open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["epoch"] == str(epochs - 1)]
    if not rows:
        raise ConfigError(
            f"epoch {epochs - 1} of the run was not validated", where=str(folder), fix="name another folder"
        )
    figures = {name: float(value) for name, value in rows[-1].items() if name.startswith("v_")}
    with replacing(folder / _RESULT) as out:
        out.write(json.dumps({"epochs": epochs, "figures": figures}, indent=1).encode("utf-8") + b"\n")
    return figures


def _table(
    suite: Suite, seeds: Sequence[int], results: Mapping[str, Mapping[int, Mapping[str, float]]]
) -> dict[str, Any]:
    rows = []
    for cell in suite.cells:
        runs = results[cell.name]
        names = next(iter(runs.values()), {})
        figures = {name: _figure([run[name] for run in runs.values()]) for name in names}
        row = {"name": cell.name, "settings": dict(cell.settings), "seeds": list(runs), "figures": figures}
        rows.append(row)
    return {"suite": suite.name, "title": suite.title, "seeds": list(seeds), "rows": rows}


def _figure(values: Sequence[float]) -> dict[str, float | None]:
    spread = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "spread": spread}


def _write(folder: Path, name: str, table: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"json": json.dumps(table, indent=1, allow_nan=False) + "\n", "md": markdown(table)}
    for suffix, text in texts.items():
        with replacing(folder / f"{name}.{suffix}") as file:
            file.write(text.encode("utf-8"))

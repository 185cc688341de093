"""A run as a person sees it: a bar with the time left on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .evaluate import Watch as EvaluationWatch
from .train import Watch


@contextmanager
def shown() -> Iterator[Watch]:
    """A watch that shows a run on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (
        TextColumn("step"),
        MofNCompleteColumn(),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("")

        def step(done: int, total: int, losses: Mapping[str, float]) -> None:
            bar.update(task, completed=done, total=total, description=f"loss {losses['loss']:.4f}")

        def epoch(row: Mapping[str, float]) -> None:
            console.print(epoch_line(row))

        yield Watch(note=lambda line: console.print(line, markup=False), step=step, epoch=epoch)


@contextmanager
def counting() -> Iterator[EvaluationWatch]:
    """A watch that shows an evaluation on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    columns = (TextColumn("motions"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("")
        yield EvaluationWatch(
            note=lambda line: console.print(line, markup=False),
            counted=lambda done, total: bar.update(task, completed=done, total=total),
        )


def epoch_line(row: Mapping[str, float]) -> str:
    """An epoch in one line."""
    parts = [f"epoch {row['epoch']:g}", f"{row['seconds_since_start']:.0f} s", f"loss {row['loss']:.4f}"]
    if "v_loss" in row:
        recalls = ", ".join(
            f"{way} R@1 {row[f'v_strict_{way}/R01']:.1f} R@10 {row[f'v_strict_{way}/R10']:.1f}"
            for way in ("t2m", "m2t")
        )
        parts.append(f"validation {row['v_loss']:.4f}, {recalls}")
    return "  ".join(parts)

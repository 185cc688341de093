"""What an evaluation found, as a file beside the run and as a table to read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..atomic import replacing
from ..evaluation.moments import IOUS, TOPS
from ..evaluation.protocols import PROTOCOLS

FOLDER = "evaluation"
_RECALLS = ("R01", "R02", "R03", "R05", "R10", "MedR")


def report_path(run: Path, dataset: str, split: str, hubness: str) -> Path:
    """RUN/evaluation/<dataset>-<split>[-<correction>].json, whatever signs the names hold."""
    parts = [dataset, split] + ([hubness] if hubness != "none" else [])
    name = "-".join(re.sub(r"[^\w.-]+", "_", part) for part in parts)
    return run / FOLDER / f"{name}.json"


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Writes a report whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(json.dumps(report, indent=1, allow_nan=False).encode("utf-8") + b"\n")


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Rows of `evaluate` as tables; strict and lenient figures say which they are."""
    retrieval = [row for row in rows if row["task"] in PROTOCOLS]
    lines: list[str] = []
    if retrieval:
        lines += _head("protocol", "accepts", "correction", "way", "gallery", *_RECALLS)
        for row in retrieval:
            for way in ("t2m", "m2t"):
                named = (row["task"], row["accepts"], row["correction"], way, str(row["gallery"]))
                lines.append(_line(*named, *(_number(row[way][name]) for name in _RECALLS)))
    for row in rows:
        if row["task"] == "captions":
            lines += ["", f"Motion to text, {row['motions']} motions, {row['gallery']} captions:", ""]
            lines += [*_head("top 1", "top 5"), _line(_number(row["top1"]), _number(row["top5"]))]
        elif row["task"] == "actions":
            lines += ["", f"Actions, {row['motions']} motions, {row['classes']} categories:", ""]
            figures = ("top1", "top5", "class_top1", "class_top5")
            lines += _head("top 1", "top 5", "top 1 a class", "top 5 a class")
            lines.append(_line(*(_number(row[name]) for name in figures)))
        elif row["task"] == "moments":
            lines += ["", f"Moments, {row['queries']} queries in {row['recordings']} recordings:", ""]
            names = tuple(f"R{k}@{iou}" for iou in IOUS for k in TOPS) + ("mAP",)
            lines += [*_head(*names), _line(*(_number(row[name]) for name in names))]
    return "\n".join(lines) + "\n"


def _head(*names: str) -> list[str]:
    return [_line(*names), _line(*("---" for _ in names))]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:.2f}"

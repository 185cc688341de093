"""What the engine's answers become: rows of the result list, the models to choose from, clips to insert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ._engine import arrays, motion, protocol
from .messages import masked
from .properties import TMR_Result, TMR_State


@dataclass(frozen=True)
class FetchedClip:
    """A clip as the engine handed it over.

    Args:
        motion: the motion itself.
        name: what to call its action.
        notes: custom properties for the action: where the clip comes from, whose it is, its licence, and
            whether it is synthesised.
    """

    motion: motion.Motion
    name: str
    notes: Mapping[str, str]


def fetched_clip(result: protocol.Result) -> FetchedClip:
    """The answer of `motion.fetch`."""
    values = result.values
    texts = {name: np.array(values[name], dtype=np.str_) for name in ("names", "path", "take", "warnings")}
    whole = arrays.motion_from_arrays({**result.arrays, **texts, "fps": np.float64(values["fps"])})
    notes = {f"tmr_{name}": values[name] for name in ("clip", "caption", "path", "licence", "credit")}
    if values["synthesised"]:
        notes["tmr_synthesised"] = values["synthesised"]
    return FetchedClip(whole, values["caption"], notes)


def fill_results(shown: TMR_State, values: Mapping[str, Any]) -> int:
    """The answer of `library.search` or `motion.generate` as the result list; how many rows that are."""
    shown.results.clear()
    for found in values["results"]:
        _fill_row(shown.results.add(), found)
    shown.active = 0
    shown.note, shown.unread = masked(values.get("note", "")), values.get("unread", 0)
    return len(shown.results)


def _fill_row(row: TMR_Result, found: Mapping[str, Any]) -> None:
    for name in ("rank", "clip", "caption", "score", "duration_s", "licence", "credit"):
        setattr(row, name, found[name])
    row.synthesised = found.get("synthesised", "")
    row.source = row.synthesised or Path(found["path"]).name


def fill_models(shown: TMR_State, values: Mapping[str, Any]) -> None:
    """The answer of `models.list`."""
    shown.models.clear()
    for found in values["models"]:
        row = shown.models.add()
        row.name, row.problem = found["name"], masked(found["problem"])
        row.about = f"{found['licence']}. {'; '.join(found['credits'])}"
    shown.default_model = values["default"]
    shown.has_models = True

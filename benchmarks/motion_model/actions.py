"""Zero-shot action recognition: whole recordings against the labels that their sources give them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.motion_model.material import Material, kept
from benchmarks.motion_model.scoring import Model
from tmr_engine.datasets.text_files import read_rows
from tmr_engine.evaluation import action_metrics
from tmr_engine.evaluation.actions import TOPS

_TABLE = Path(__file__).with_name("actions.csv")


def recognition(material: Material, models: Sequence[Model]) -> dict[str, dict[str, Any]]:
    """Source -> {"motions", "classes", "chance": top -> percent, "models": what `action_metrics` gives each}.

    Raises:
        KeyError: a recording of these sources has a description without a phrase.
    """
    phrases: dict[str, dict[str, str]] = {}
    for row in read_rows(_TABLE, frozenset({"source", "description", "phrase"})):
        phrases.setdefault(row["source"], {})[row["description"]] = row["phrase"]
    found = {}
    for source, phrase_of in phrases.items():
        recordings = [one for one in material.recordings.values() if one.source == source]
        labels = [[phrase_of[one.description]] for one in recordings]
        names = sorted({label for (label,) in labels})
        metrics = [
            action_metrics(_latents(material, model, source), model.texts(names), names, labels)
            for model in models
        ]
        found[source] = {
            "motions": len(recordings),
            "classes": len(names),
            "chance": {f"top{top}": 100 * min(1.0, top / len(names)) for top in TOPS},
            "models": metrics,
        }
    return found


def _latents(material: Material, model: Model, source: str) -> np.ndarray:
    """(N, D) as `tmr classify` reads clips: of long ones the mean of parts."""
    chosen = [one for one in material.recordings.values() if one.source == source]

    def make() -> np.ndarray:
        latents = model.signal.encode([material.motion(one) for one in chosen])
        assert all(latent is not None for latent in latents), "every recording is a human's"
        return np.stack(latents)

    return kept("recordings", [model.signal.model_id, *(one.file.read_bytes() for one in chosen)], make)

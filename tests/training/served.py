"""A bundle of TMR, written here file by file and not by the engine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from tests.training.made_runs import Sizes, Weights
from tmr_engine.model.safetensors import write_safetensors
from tmr_engine.model.tmr import TMR, load_tmr


def served(
    folder: Path,
    sizes: Sizes,
    weights: Weights,
    *,
    mean: np.ndarray | None = None,
    std: np.ndarray | None = None,
) -> TMR:
    """The networks out of a bundle that is written here, its weights as they are."""
    statistics = {
        "statistics.mean": np.zeros(sizes.motion, np.float32) if mean is None else mean,
        "statistics.std": np.ones(sizes.motion, np.float32) if std is None else std,
    }
    with (folder / "weights.safetensors").open("wb") as file:
        write_safetensors(file, weights | statistics, {})
    data = (folder / "weights.safetensors").read_bytes()
    manifest = {
        "format": 1,
        "name": "made",
        "kind": "tmr",
        "licence": "none",
        "credits": [],
        "source": {},
        "files": {"weights.safetensors": {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}},
        "settings": {
            "latent_dim": sizes.latent,
            "ff_size": sizes.ff,
            "num_layers": sizes.layers,
            "num_heads": sizes.heads,
            "motion_width": sizes.motion,
            "text_width": sizes.text,
            "fps": 20,
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return load_tmr(folder)

"""What half precision and 8-bit weights cost in rank quality: the same model, the same split, other weights.

    python -m benchmarks.int8 [RUN]

Without a run folder the configuration "demo" is trained first (minutes on two cores). 8-bit weights have one
scale a row of each matrix, as ONNX's and torch's weight-only quantisation have; vectors stay as they are.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.measure import Figure, save
from tmr_engine.datasets import Dataset, load_dataset
from tmr_engine.evaluation import CosineSimilarities, retrieval_metrics
from tmr_engine.model import load_checkpoint
from tmr_engine.training.checkpoint import Checkpoint
from tmr_engine.training.config import read_config
from tmr_engine.training.evaluate import encode_split
from tmr_engine.training.train import train

SPLITS = ("val", "test")
MODULES = ("motion_encoder", "text_encoder", "motion_decoder")
RECALLS = ("R01", "R05", "R10")


def half(weight: Tensor) -> Tensor:
    """Rounded to float16."""
    return weight.half().float()


def eight_bits(weight: Tensor) -> Tensor:
    """Rounded to -127..127 times a scale a row; vectors as in float16."""
    if weight.ndim < 2:
        return half(weight)
    scale = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
    return (weight / scale).round() * scale


def with_weights(checkpoint: Checkpoint, change: Callable[[Tensor], Tensor]) -> Checkpoint:
    """The model with changed weights."""
    changed = {}
    for name in MODULES:
        module = copy.deepcopy(getattr(checkpoint, name))
        module.load_state_dict({key: change(value) for key, value in module.state_dict().items()})
        changed[name] = module
    return replace(checkpoint, **changed)


def recalls(checkpoint: Checkpoint, dataset: Dataset) -> dict[str, float]:
    """Strict recalls, the mean of both ways, percent."""
    latents = encode_split(checkpoint, dataset)
    found = retrieval_metrics(CosineSimilarities(latents.texts, latents.motions))
    return {name: (found["t2m"][name] + found["m2t"][name]) / 2 for name in RECALLS}


def megabytes(checkpoint: Checkpoint, matrix_bytes: int) -> float:
    """Size of the weights: matrices with so many bytes a number (and a scale a row), vectors in float16."""
    total = 0
    for name in MODULES:
        for value in getattr(checkpoint, name).state_dict().values():
            is_matrix = value.ndim > 1
            total += value.numel() * (matrix_bytes if is_matrix else 2)
            total += value.shape[0] * 4 if is_matrix and matrix_bytes == 1 else 0
    return total / 1e6


def main() -> None:
    """Measures and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.run or Path(scratch) / "run"
        if args.run is None:
            train(read_config("demo", [f"training.folder={folder}"]))
        checkpoint = load_checkpoint(folder)
    assert checkpoint.config is not None, "a run of ours is needed: it says what it was trained on"
    names = checkpoint.config.data.dataset
    splits = {split: load_dataset(names, split).readable() for split in SPLITS}
    variants = {
        "float32": checkpoint,
        "float16": with_weights(checkpoint, half),
        "8 bits": with_weights(checkpoint, eight_bits),
    }
    figures = []
    for split, dataset in splits.items():
        for variant, model in variants.items():
            for name, value in recalls(model, dataset).items():
                baseline = "" if variant == "float32" else f"{split}, {name}, float32"
                figures.append(Figure.of(f"{split}, {name}, {variant}", "%", [value], baseline=baseline))
    figures += [
        Figure.of("weights, float16", "MB", [megabytes(checkpoint, 2)]),
        Figure.of("weights, 8 bits", "MB", [megabytes(checkpoint, 1)], baseline="weights, float16"),
    ]
    pairs = ", ".join(f"{split}: {len(dataset)} pairs" for split, dataset in splits.items())
    save(
        "int8",
        "Rank quality with fewer bits",
        figures,
        [
            f"strict recalls, mean of both ways; {pairs}",
            "the bundle that is served is float16; there is no variant of 8 bits",
            f"torch {torch.__version__}",
        ],
    )


if __name__ == "__main__":
    main()

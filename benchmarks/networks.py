"""How many clips a second the motion encoder takes: NumPy as served, torch in float32, onnxruntime.

    python -m benchmarks.networks [--repeats N]

One thread each, in the same run and in turns, at the published size with random weights. Clips of 40 to 200
frames come sorted by length in batches of 32, which suits the two that compute their padding too; and one
by one, as an indexer meets them.
"""

from __future__ import annotations

import os

# read when the libraries are loaded
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from benchmarks.measure import Figure, in_turns, save
from tmr_engine.datasets.statistics import write_statistics
from tmr_engine.features import Statistics
from tmr_engine.model import load_checkpoint
from tmr_engine.model.tmr import load_tmr
from tmr_engine.training.config import config_of
from tmr_engine.training.export import export_run
from tmr_engine.training.networks import mask_of
from tmr_engine.training.run_folder import RunFolder
from tmr_engine.training.tmr import TMR

MOTION, TEXT = 263, 384
CLIPS, BATCH = 64, 32
Batches = list[tuple[np.ndarray, np.ndarray]]


def made_run(folder: Path) -> Path:
    """A run folder with weights as training begins with them."""
    torch.manual_seed(0)
    run = RunFolder(folder)
    config = config_of({"data": {"dataset": "demo"}, "training": {"folder": "x"}}, "benchmark")
    run.write_config(config, {})
    model = TMR(MOTION, TEXT, config.model)
    for name in ("motion_encoder", "text_encoder", "motion_decoder"):
        weights = getattr(model, name).state_dict()
        run.write_arrays(folder / "last_weights" / f"{name}.safetensors", weights, {})
    write_statistics(run.stats, Statistics(np.zeros(MOTION, np.float32), np.ones(MOTION, np.float32)))
    return folder


def batches(size: int) -> Batches:
    """Padded batches of random clips and their lengths, like lengths together."""
    draw = np.random.default_rng(0)
    lengths = np.sort(draw.integers(40, 201, CLIPS))
    parts = [lengths[start : start + size] for start in range(0, CLIPS, size)]
    return [(draw.standard_normal((len(part), part[-1], MOTION), np.float32), part) for part in parts]


def encoders(folder: Path) -> dict[str, Callable[[Batches], None]]:
    """What encodes a list of batches, by name."""
    run = made_run(folder / "run")
    export_run(run, folder / "bundle", onnx=True)
    served, checkpoint = load_tmr(folder / "bundle"), load_checkpoint(run)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "bundle" / "motion_encoder.onnx", options)

    def with_numpy(parts: Batches) -> None:
        for x, lengths in parts:
            served.encode_motion(x, lengths)

    def with_torch(parts: Batches) -> None:
        for x, lengths in parts:
            checkpoint.encode_motion(torch.from_numpy(x), torch.from_numpy(lengths))

    def with_onnx(parts: Batches) -> None:
        for x, lengths in parts:
            mask = mask_of(torch.from_numpy(lengths), x.shape[1]).numpy()
            session.run(["mu", "logvar"], {"x": x, "mask": mask})

    return {"torch": with_torch, "NumPy": with_numpy, "onnxruntime": with_onnx}


def main() -> None:
    """Measures and writes the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    torch.set_num_threads(1)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        ways = encoders(Path(folder))
        for title, size in (("batches of 32", BATCH), ("one by one", 1)):
            parts = batches(size)
            for encode in ways.values():
                encode(parts[:2])  # the first call allocates
            actions = {
                name: lambda encode=encode, parts=parts: encode(parts) for name, encode in ways.items()
            }
            for name, taken in in_turns(actions, args.repeats).items():
                figures.append(
                    Figure.of(
                        f"encode motion, {title}, {name}",
                        "clips/s",
                        [CLIPS / seconds for seconds in taken],
                        baseline="" if name == "torch" else f"encode motion, {title}, torch",
                        aim="no slower than torch" if name == "NumPy" else "",
                    )
                )
    notes = [
        f"one thread; {CLIPS} random clips of 40 to 200 frames; 6 layers, width 256",
        f"NumPy {np.__version__}, torch {torch.__version__} float32, onnxruntime {onnxruntime.__version__}",
    ]
    save("networks", "TMR's motion encoder", figures, notes)


if __name__ == "__main__":
    main()

"""Time of a training step at the published size: what precision, like lengths and no dropout are worth.

    python -m benchmarks.training [--threads N] [--repeats N]

Clips of 2 to 10 s with captions of 8 to 30 tokens, drawn at random; text comes as cached token vectors. The
baseline is the published recipe (float32, dropout 0.1, shuffled batches padded to their longest clip) in the
same run, step by step in turns.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.measure import Figure, in_turns, save
from tmr_engine.training.batches import Batch
from tmr_engine.training.config import LossConfig
from tmr_engine.training.distributed import Ranks
from tmr_engine.training.networks import NetworkSize, mask_of
from tmr_engine.training.objective import Objective, Queue
from tmr_engine.training.precision import computing_in, resolve_precision
from tmr_engine.training.randomness import noise_for
from tmr_engine.training.tmr import TMR

CPU = torch.device("cpu")
MOTION, TEXT, SENTENCE = 263, 384, 384
POOL_BATCHES = 16
# the published recipe at batch 128 keeps 15 GB of attention weights for its backward pass: it is not run
NEEDED_GB = 12
PUBLISHED = "published recipe"
# name -> batch, precision, dropout, clips of like length together
RECIPES = {
    PUBLISHED: (32, "float32", 0.1, False),
    "bfloat16": (32, "bfloat16", 0.1, False),
    "like lengths": (32, "float32", 0.1, True),
    "bfloat16, like lengths": (32, "bfloat16", 0.1, True),
    "float32, like lengths, no dropout": (32, "float32", 0.0, True),
    "bfloat16, like lengths, no dropout": (32, "bfloat16", 0.0, True),
    "all of it at once": (128, "bfloat16", 0.0, True),
}


def batches(size: int, *, bucketed: bool) -> list[Batch]:
    """The batches of a small epoch, in random order."""
    draw = np.random.default_rng(0)
    lengths = draw.integers(40, 201, POOL_BATCHES * size)
    if bucketed:
        lengths = np.sort(lengths)
    parts = [lengths[start : start + size] for start in range(0, len(lengths), size)]
    if bucketed:  # from the middle outward, so that a few steps stand for all
        parts = [parts[place] for place in (8, 4, 12, 6, 10, 2, 14, 7)]
    made = []
    for part in parts[:8]:
        frames, tokens = torch.from_numpy(part), torch.from_numpy(draw.integers(8, 31, size))
        mask, text_mask = mask_of(frames), mask_of(tokens)
        motion = torch.randn(size, mask.shape[1], MOTION) * mask[..., None]
        text = torch.randn(size, text_mask.shape[1], TEXT)
        nothing = torch.zeros(0, dtype=torch.int64)
        made.append(Batch(motion, mask, text, text_mask, torch.arange(size), nothing))
    return made


def stepper(size: int, precision: str, dropout: float, *, bucketed: bool) -> Callable[[], None]:
    """A function that takes the next step of a recipe."""
    torch.manual_seed(0)
    model = TMR(MOTION, TEXT, NetworkSize(dropout=dropout))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)
    objective = Objective(LossConfig(), Ranks(0, 1, CPU), Queue(0, 256, SENTENCE, CPU))
    sentences = torch.nn.functional.normalize(torch.randn(size, SENTENCE), dim=-1)
    pool, place = batches(size, bucketed=bucketed), 0

    def step() -> None:
        nonlocal place
        batch = pool[place % len(pool)]
        place += 1
        optimiser.zero_grad()
        with computing_in(precision, CPU):
            latents = model(batch, noise_for(place, size, 256))
        objective(latents, batch, sentences, int(batch.motion_mask.sum())).minimised.backward()
        optimiser.step()

    return step


def has_bfloat16() -> bool:
    """Whether a run on this processor would take bfloat16."""
    return resolve_precision("auto", CPU) == "bfloat16"


def available_gb() -> float:
    """Memory that a process may take without others being pushed out (Linux)."""
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if "MemAvailable" in line)
    return int(line.split()[1]) / 2**20


def main() -> None:
    """Measures and writes the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    figures: list[Figure] = []
    notes = [
        f"{args.threads} threads; 6 layers, width 256, 16 M weights; text: cached vectors of width {TEXT}",
        f"this processor {'has' if has_bfloat16() else 'has no'} instructions for bfloat16",
    ]
    actions = {
        f"training, batch {size}, {name}": stepper(size, precision, dropout, bucketed=bucketed)
        for name, (size, precision, dropout, bucketed) in RECIPES.items()
        if size == 32 or available_gb() > NEEDED_GB
    }
    if len(actions) < len(RECIPES):
        notes.append(f"batch 128 left out: {NEEDED_GB} GB of memory are not free here")
    for action in actions.values():
        action()  # the first step allocates
    for name, values in in_turns(actions, args.repeats).items():
        size = 32 if "batch 32" in name else 128
        baseline = "" if name.endswith(PUBLISHED) else f"training, batch 32, {PUBLISHED}"
        figures.append(Figure.of(name, "ms a clip", [1000 * v / size for v in values], baseline=baseline))
    save("training", "Training step", figures, notes)


if __name__ == "__main__":
    main()

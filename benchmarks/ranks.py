"""Time and memory of the ranks of every query: counting against sorting.

    python -m benchmarks.ranks [--repeats N]

Galleries as large as HumanML3D's test split (4,384) and as all of it (29,228), mirrored clips included, at
the published width. The baseline sorts every row of similarities and looks where the own item
stands; at 29,228 it does so by blocks of rows, because the matrix and its order would take 10 GB.
"""

from __future__ import annotations

import argparse
import tracemalloc
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.measure import Figure, in_turns, save
from tmr_engine.evaluation import CosineSimilarities
from tmr_engine.evaluation.retrieval import ranks

WIDTH = 256
# gallery -> rows that the baseline sorts at once
GALLERIES = {4_384: 4_384, 29_228: 1_024}
FEWER_REPEATS = 3  # of the large gallery
OURS, SORTED = "ranks by counting, N = {:,}", "ranks by sorting, N = {:,}"


def latents(count: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, D) queries and a gallery that is like them, about as much as a trained model makes it."""
    draw = np.random.default_rng(0)
    queries = draw.standard_normal((count, WIDTH), np.float32)
    return queries, queries + 4 * draw.standard_normal((count, WIDTH), np.float32)


def by_counting(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """(N,) ranks as the evaluation takes them."""
    return ranks(CosineSimilarities(queries, gallery))


def by_sorting(queries: np.ndarray, gallery: np.ndarray, rows: int) -> np.ndarray:
    """(N,) places of the own items in the order of each row."""
    queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    gallery = gallery / np.linalg.norm(gallery, axis=1, keepdims=True)
    found = []
    for start in range(0, len(queries), rows):
        order = np.argsort(-(queries[start : start + rows] @ gallery.T), axis=1)
        found.append(np.nonzero(order == np.arange(start, start + len(order))[:, None])[1])
    return np.concatenate(found)


def traced(action: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """What a call gives, and the most it allocates, in MB; tracing slows it, so it is not timed."""
    tracemalloc.start()
    found = action()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found, peak / 2**20


def main() -> None:
    """Measures and writes the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    figures: list[Figure] = []
    notes = [f"latents of width {WIDTH}; cosines are computed within the time, strict protocol, one way"]
    for count, rows in GALLERIES.items():
        pairs = latents(count)
        ours, baseline = OURS.format(count), SORTED.format(count)
        actions = {ours: partial(by_counting, *pairs), baseline: partial(by_sorting, *pairs, rows)}
        found = {name: traced(action) for name, action in actions.items()}
        # products of other shapes round otherwise: two items that are all but tied may change places
        differing = int((found[ours][0] != found[baseline][0]).sum())
        assert differing <= count / 100, "both ways must find the same ranks"
        notes.append(f"N = {count:,}: rounding sets {differing} of the ranks apart")
        repeats = args.repeats if rows == count else min(args.repeats, FEWER_REPEATS)
        for name, values in in_turns(actions, repeats).items():
            other = baseline if name == ours else ""
            figures.append(Figure.of(name, "s", values, baseline=other))
        for name, (_, peak) in found.items():
            other = f"{baseline}, memory" if name == ours else ""
            figures.append(Figure.of(f"{name}, memory", "MB", [peak], baseline=other))
    save("ranks", "Ranks of a whole gallery", figures, notes)


if __name__ == "__main__":
    main()

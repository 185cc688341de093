"""Fits `captioning/side_weights.json`: what claims of left and right tell of measured numbers.

    python -m tmr_engine.training.side_weights DATA

Every caption of the training split that names a side gives a pair: its motion and that motion mirrored. All
numbers are odd, so a pair is one row, and the weights are those of a logistic regression without intercept.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.optimize import minimize

from ..annotating.dataset import write_dataset
from ..atomic import replacing
from ..captioning.facts import biases_of
from ..captioning.side_claims import WEIGHTS, side_claims, terms
from ..datasets import Dataset, Places, load_dataset
from ..datasets.manifest import MANIFEST
from ..datasets.text_files import read_rows
from ..features import features_to_joints
from ..library.places import cache_folder
from ..motion.rotation import FloatArray

LEAST = 8  # captions that a kind of claim must have
PENALTY = 3.0  # of squared weights; of those of special kinds, twice that
DEMO = "demo"  # stands for the subjects of the demo library, which are not told apart
_SMALLEST = 0.02  # weights below it are left out


@dataclass(frozen=True, eq=False)
class Examples:
    """N captions that name a side.

    Args:
        keys: of their motions.
        says: kinds of claims and how much they say (`side_claims.terms`).
        measured: (N, K) numbers of their motions.
        weights: (N,) of the captions; those of one motion weigh 1 together.
        names: of the K numbers.
    """

    keys: tuple[str, ...]
    says: tuple[Mapping[str, float], ...]
    measured: FloatArray
    weights: FloatArray
    names: tuple[str, ...]

    def of(self, rows: np.ndarray) -> Examples:
        """Some of them."""
        places = np.arange(len(self.keys))[rows].tolist()
        return Examples(
            tuple(self.keys[place] for place in places),
            tuple(self.says[place] for place in places),
            self.measured[rows],
            self.weights[rows],
            self.names,
        )


def fit_side_weights(data: Path) -> str:
    """Fits and writes the weights; says how often they are right on subjects they have not seen.

    Args:
        data: folder with manifest.csv (id, file, subject, split), skeletons.json and the clips.

    Raises:
        DatasetError: a table is missing or damaged.
    """
    with TemporaryDirectory() as scratch:
        write_dataset(data, Path(scratch))
        places = Places(kept=cache_folder() / "features")
        known = examples(load_dataset(scratch, "train", places=places).readable())
    rows = read_rows(data / MANIFEST, frozenset({"id", "subject"}))
    subject_of = {row["id"]: row["subject"] for row in rows}
    subjects = np.array([subject_of.get(key.partition(" ")[0], DEMO) for key in known.keys])
    odds = np.zeros(len(subjects))
    for subject in dict.fromkeys(subjects.tolist()):
        held = subjects == subject
        odds[held] = score(known.of(held), fit(known.of(~held)))
    lines = [f" {json.dumps(kind)}: {json.dumps(row)}" for kind, row in fit(known).items()]
    with replacing(WEIGHTS) as file:
        file.write(("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii"))
    return _told(known, odds > 0, subjects != DEMO)


def _told(known: Examples, right: np.ndarray, recorded: np.ndarray) -> str:
    """How often claims are right: of all captions, of recordings, and by the part that is claimed first."""
    lines = [
        f"{len(right)} captions of {len(set(known.keys))} motions; on subjects left out of the fit "
        f"{100 * right.mean():.1f} % right; the demo library {100 * right[~recorded].mean():.1f} %; "
        f"recordings, their motions weighing the same, "
        f"{100 * np.average(right[recorded], weights=known.weights[recorded]):.1f} %"
    ]
    parts = np.array([next(iter(said)) for said in known.says])
    for part in sorted(set(parts[recorded].tolist())):
        chosen = recorded & (parts == part)
        lines.append(f"  {part}: {100 * right[chosen].mean():.0f} % of {chosen.sum()}")
    return "\n".join(lines)


def examples(dataset: Dataset) -> Examples:
    """The captions of a data set that name a side; its motions must be readable."""
    keys, says, measured, weights = [], [], [], []
    names: tuple[str, ...] = ()
    for index, item in enumerate(dataset.items):
        claims = [found for caption in item.captions if (found := side_claims(caption.text))]
        if not claims:
            continue
        numbers = biases_of(features_to_joints(dataset.features(index)).astype(np.float64), dataset.fps)
        names = tuple(numbers)
        for claim in claims:
            keys.append(item.key)
            says.append(terms(claim))
            measured.append(list(numbers.values()))
            weights.append(1.0 / len(claims))
    return Examples(tuple(keys), tuple(says), np.array(measured), np.array(weights), names)


def fit(known: Examples) -> dict[str, dict[str, float]]:
    """Kind of claim -> number -> weight."""
    counts = Counter(kind for row in known.says for kind in row)
    kinds = sorted(kind for kind, count in counts.items() if count >= LEAST)
    shares = np.array([[row.get(kind, 0.0) for kind in kinds] for row in known.says])
    rows = (shares[:, :, None] * known.measured[:, None, :]).reshape(len(shares), -1)
    weights = known.weights / known.weights.mean()
    penalty = np.repeat([PENALTY * (1 + kind.count(" ")) for kind in kinds], known.measured.shape[1])

    def loss(guess: FloatArray) -> tuple[float, FloatArray]:
        odds = rows @ guess
        value = weights @ np.logaddexp(0.0, -odds) + 0.5 * penalty @ guess**2
        return float(value), penalty * guess - rows.T @ (weights / (1.0 + np.exp(odds)))

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x
    table = found.reshape(len(kinds), len(known.names))
    return {kind: _row(known.names, row) for kind, row in zip(kinds, table, strict=True)}


def score(known: Examples, weights: Mapping[str, Mapping[str, float]]) -> FloatArray:
    """(N,) logarithms of the odds of the motion beside its mirrored one; above 0 is right."""
    tables = {kind: np.array([row.get(name, 0.0) for name in known.names]) for kind, row in weights.items()}
    none = np.zeros(len(known.names))
    directions = [
        sum((share * tables.get(kind, none) for kind, share in said.items()), start=none)
        for said in known.says
    ]
    odds: FloatArray = np.einsum("nk,nk->n", known.measured, np.array(directions))
    return odds


def _row(names: Sequence[str], values: FloatArray) -> dict[str, float]:
    return {
        name: round(float(value), 2)
        for name, value in zip(names, values, strict=True)
        if abs(value) >= _SMALLEST
    }


if __name__ == "__main__":
    print(fit_side_weights(Path(sys.argv[1])))

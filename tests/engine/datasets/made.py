"""Data sets made by the tests, in the layouts of the field."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tmr_engine.features import HUMANML3D

SENTENCES = ("walks forward", "jumps up", "turns left", "raises both arms", "sits down", "kicks a ball")


def joints(frames: int, seed: int) -> np.ndarray:
    """(T, 22, 3) metres: the reference skeleton walking with a sway of its own."""
    draw = np.random.default_rng(seed)
    rest = np.zeros((22, 3))
    for joint in range(1, 22):
        rest[joint] = rest[HUMANML3D.parents[joint]] + HUMANML3D.offsets[joint]
    times = np.arange(frames)[:, None, None] / 20
    sway = draw.normal(0, 0.05, (1, 22, 3)) * np.sin(times * draw.uniform(1, 6, (1, 22, 3)))
    return rest + sway + times * draw.normal(0, 0.3, 3) * [1, 0, 1] + [0, 0.95, 0]


def humanml3d(folder: Path, *, train: int = 8, val: int = 4, frames: int = 50) -> Path:
    """A folder as HumanML3D's, joints in place of features, of different lengths."""
    (folder / "texts").mkdir(parents=True)
    (folder / "new_joints").mkdir()
    number = 0
    for split, count in (("train", train), ("val", val), ("test", val)):
        keys = []
        for _ in range(count):
            key = f"{number:06d}"
            np.save(folder / "new_joints" / f"{key}.npy", joints(frames + number, number).astype(np.float32))
            sentence = SENTENCES[number % len(SENTENCES)]
            text = f"a person {sentence} {number}"
            (folder / "texts" / f"{key}.txt").write_text(
                f"{text}#a/DET person/NOUN#0.0#0.0\nsomeone {sentence}#someone/NOUN#0.0#2.2\n",
                encoding="utf-8",
            )
            keys.append(key)
            number += 1
        (folder / f"{split}.txt").write_text("\n".join(keys) + "\n", encoding="utf-8")
    return folder

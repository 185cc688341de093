"""Indexing a folder of BVH files, beside Blender's own BVH importer on the same files.

    .venv/bin/python -m benchmarks.indexing

`tmr index` is timed as a user starts it: a fresh process, a new library, the captions embedded. Then what
parsing alone takes, beside `numpy.loadtxt` on the same numbers, and finding out that nothing has changed.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import measure
from benchmarks.measure import Figure
from tmr_engine.formats import read_motion

BLENDER = measure.ROOT / ".blender" / "4.5" / "bin" / "python"
REFERENCE = measure.ROOT.parent / "shared" / "motions"
FILES = 48
SECONDS = 10
FPS = 120
REPEATS = 3
UNCHANGED_FILES = 2000
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")
WORDS = ("walk", "run", "jump", "turn", "kick", "dance", "crawl", "throw")

Tree = dict[str, tuple[tuple[float, float, float], "Tree"]]


def person() -> Tree:
    """A person of 57 joints in centimetres, T-posed, with fingers: what optical capture exports."""

    def finger(side: str, name: str, sign: int) -> Tree:
        tree: Tree = {}
        for joint in (3, 2, 1):
            tree = {f"{side}Hand{name}{joint}": ((sign * 3.0, 0.0, 0.5), tree)}
        return tree

    def arm(side: str, sign: int) -> Tree:
        fingers = {key: value for name in FINGERS for key, value in finger(side, name, sign).items()}
        hand: Tree = {f"{side}Hand": ((sign * 26.0, 0.0, 0.0), fingers)}
        lower: Tree = {f"{side}ForeArm": ((sign * 28.0, 0.0, 0.0), hand)}
        return {
            f"{side}Shoulder": ((sign * 3.0, 13.0, 0.0), {f"{side}Arm": ((sign * 13.0, 0.0, 0.0), lower)})
        }

    def leg(side: str, sign: int) -> Tree:
        foot: Tree = {f"{side}Foot": ((0.0, -41.0, 0.0), {f"{side}ToeBase": ((0.0, -6.0, 13.0), {})})}
        return {f"{side}UpLeg": ((sign * 9.0, -5.0, 0.0), {f"{side}Leg": ((0.0, -42.0, 0.0), foot)})}

    head: Tree = {"Neck": ((0.0, 20.0, 0.0), {"Neck1": ((0.0, 5.0, 0.0), {"Head": ((0.0, 6.0, 1.0), {})})})}
    chest = head | arm("Left", 1) | arm("Right", -1)
    spine: Tree = {"Spine2": ((0.0, 12.0, 0.0), chest)}
    spine = {"Spine": ((0.0, 8.0, 0.0), {"Spine1": ((0.0, 10.0, 0.0), spine)})}
    return {"Hips": ((0.0, 94.0, 0.0), spine | leg("Left", 1) | leg("Right", -1))}


def hierarchy(tree: Tree, lines: list[str], root: bool = True) -> int:
    """Writes the joints of a tree and returns how many there are."""
    count = 0
    for name, (offset, children) in tree.items():
        place = "Xposition Yposition Zposition " if root else ""
        lines += [f"{'ROOT' if root else 'JOINT'} {name}", "{", "OFFSET {:.4f} {:.4f} {:.4f}".format(*offset)]
        lines.append(f"CHANNELS {6 if root else 3} {place}Zrotation Xrotation Yrotation")
        count += 1 + hierarchy(children, lines, root=False)
        if not children:
            lines.append("End Site\n{\nOFFSET 0 3 0\n}")
        lines.append("}")
    return count


def write_takes(folder: Path, count: int, length_s: float) -> None:
    """Takes in which every joint sways and the body walks; six decimals, as most exporters write."""
    lines = ["HIERARCHY"]
    joints = hierarchy(person(), lines)
    generator = np.random.default_rng(11)
    time = np.arange(round(length_s * FPS))[:, None] / FPS
    captions = ["file,text"]
    for number in range(count):
        width = 3 * joints
        sizes, speeds, starts = (
            generator.uniform(low, high, width) for low, high in ((2, 20), (0.2, 1), (0, 6))
        )
        turns = sizes * np.sin(speeds * 2 * np.pi * time + starts)
        place = np.concatenate([0 * time, 94 + 2 * np.sin(8 * time), 110 * time], axis=1)
        rows = io.StringIO()
        np.savetxt(rows, np.concatenate([place, turns], axis=1), "%.6f")
        word = WORDS[number % len(WORDS)]
        head = [*lines, "MOTION", f"Frames: {len(time)}", f"Frame Time: {1 / FPS:.6f}", ""]
        (folder / f"{word}_{number:04}.bvh").write_text("\n".join(head) + rows.getvalue(), encoding="ascii")
        captions.append(f"{word}_{number:04},take {number} in which a person does a {word}")
    (folder / "captions.csv").write_text("\n".join(captions), encoding="utf-8")


def index(folder: Path, library: Path, workers: int) -> None:
    """`tmr index` as a user runs it."""
    command = [sys.executable, "-m", "tmr_engine", "index", str(folder), "--library", str(library)]
    done = subprocess.run([*command, "--workers", str(workers)], capture_output=True, text=True, check=True)
    assert ", 0 left out" in done.stdout, done.stderr


def index_anew(folder: Path, scratch: Path, workers: int) -> float:
    """Seconds of the first indexing of a folder."""
    library = scratch / "library"
    taken = measure.seconds(lambda: index(folder, library, workers))
    shutil.rmtree(library)
    return taken


def import_with_blender(folder: Path) -> float:
    """Seconds that Blender's importer takes for the folder, without Blender's own start."""
    command = [str(BLENDER), "-m", "benchmarks.import_bvh", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=measure.ROOT)
    return float(done.stdout.rpartition("seconds ")[2])


def folder_figures(folder: Path, what: str, scratch: Path) -> list[Figure]:
    """Clips and MB per second of both programs over one folder."""
    files = sorted(folder.rglob("*.bvh"))
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    actions: dict[str, Callable[[], float]] = {
        "tmr index, 1 process": lambda: index_anew(folder, scratch, 1),
        "tmr index, 2 processes": lambda: index_anew(folder, scratch, 2),
    }
    if BLENDER.is_file():
        actions["Blender's BVH importer"] = lambda: import_with_blender(folder)
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(REPEATS):
        for name, action in actions.items():
            taken[name].append(action())
    figures = []
    for unit, amount in (("clips/s", float(len(files))), ("MB/s", megabytes)):
        baseline = f"Blender's BVH importer, {what}, {unit}" if BLENDER.is_file() else ""
        for name, values in taken.items():
            full = f"{name}, {what}, {unit}"
            own = "" if full == baseline else baseline
            figures.append(Figure.of(full, unit, [amount / value for value in values], baseline=own))
    return figures


def parse_figures(path: Path) -> list[Figure]:
    """Reading one file to a Motion, beside numpy.loadtxt on its numbers alone."""
    block = path.read_text(encoding="ascii").partition("Frame Time:")[2].partition("\n")[2]
    baseline = "numpy.loadtxt of the motion block"
    name = "BVH to Motion: parsed, units and rest pose recognised, quaternions"
    actions = {name: lambda: read_motion(path), baseline: lambda: np.loadtxt(io.StringIO(block), ndmin=2)}
    taken = measure.in_turns(actions, 2 * REPEATS)
    size = path.stat().st_size / 1e6
    rates = {name: [size / value for value in values] for name, values in taken.items()}
    return [
        Figure.of(name, "MB/s", rates[name], baseline=baseline),
        Figure.of(baseline, "MB/s", rates[baseline]),
    ]


def unchanged_figures(folder: Path, scratch: Path) -> list[Figure]:
    """Indexing again what has not changed, beside walking the folder and asking each file for its size."""
    library = scratch / "unchanged"
    index(folder, library, 2)
    count = len(list(folder.rglob("*.bvh")))
    baseline = "os.walk and stat alone"
    name = "tmr index of an unchanged folder, start of the process included"

    def walk() -> None:
        for place, _, names in os.walk(folder):
            for file in names:
                os.stat(os.path.join(place, file))

    taken = measure.in_turns({name: lambda: index(folder, library, 1), baseline: walk}, 2 * REPEATS)
    per_file = {name: [1000 * value / count for value in values] for name, values in taken.items()}
    return [
        Figure.of(name, "ms/file", per_file[name], baseline=baseline),
        Figure.of(baseline, "ms/file", per_file[baseline]),
    ]


def main() -> None:
    """Measures everything and saves it."""
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        takes = scratch / "data" / "takes"
        takes.mkdir(parents=True)
        write_takes(takes, FILES, SECONDS)
        short = scratch / "data" / "short"
        short.mkdir()
        write_takes(short, UNCHANGED_FILES, 0.1)
        figures = folder_figures(takes, "made takes", scratch)
        notes = [
            f"Made takes: {FILES} BVH files of {SECONDS} s at {FPS} frames/s, 57 joints, six decimals.",
            "tmr index includes the start of Python, the reading processes and the model. Blender's own "
            "start is not counted; its importer makes an armature and keys of each file.",
            f"Unchanged folder: {UNCHANGED_FILES} files.",
        ]
        if REFERENCE.is_dir():
            given = scratch / "data" / "given"
            given.mkdir()
            for path in (*REFERENCE.glob("*.bvh"), *(REFERENCE / "samples").glob("*.bvh")):
                shutil.copyfile(path, given / path.name)
            figures += folder_figures(given, "reference files", scratch)
            notes.append(
                f"Reference files: {len(list(given.iterdir()))} small BVH files of ../shared/motions."
            )
        else:
            notes.append("The reference files (../shared/motions) were not there and are left out.")
        figures += parse_figures(min(takes.glob("*.bvh")))
        figures += unchanged_figures(short, scratch)
        if not BLENDER.is_file():
            notes.append("Blender 4.5 was not there; its importer is left out.")
        measure.save("indexing", "Indexing", figures, notes)


if __name__ == "__main__":
    main()

"""Run as a child process: reads every file of the malformed folder and prints what came of each as JSON.

usage: read_all.py FOLDER  (with expected.json in it; MOTION_TEST_MARKER names a file that must not appear)
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tmr_engine.errors import MotionFileError
from tmr_engine.formats import ReadOptions, read_motions
from tmr_engine.formats.acclaim import length_unit, skeleton_of
from tmr_engine.formats.acclaim_text import parse_asf
from tmr_engine.motion import Motion


def outcome(path: Path, entry: dict) -> dict:
    started = time.monotonic()
    try:
        found = read(path, entry)
    except MotionFileError as error:
        found = {"got": "refuse", "message": str(error)}
    return found | {"seconds": time.monotonic() - started}


def read(path: Path, entry: dict) -> dict:
    if path.suffix == ".asf":  # a skeleton is no motion: it is read when an .amc names it
        warnings: list[str] = []
        asf = parse_asf(path)
        skeleton_of(asf, length_unit(asf, warnings))
        return {"got": kind(warnings), "joints": len(asf.bones), "frames": None}
    skeleton = entry.get("skeleton")
    options = ReadOptions(skeleton=path.parent / skeleton) if skeleton else ReadOptions()
    motion: Motion = read_motions(path, options)[0]
    is_finite = bool(abs(motion.world[0]).max() < 1e9)
    return {
        "got": kind(motion.warnings),
        "frames": len(motion),
        "joints": len(motion.skeleton),
        "is_finite": is_finite,
    }


def peak_mb() -> float:
    """The most memory that this process held (Linux).

    Not `ru_maxrss`: the kernel lets a child inherit the peak of the process that started it.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def kind(warnings: object) -> str:
    return "read-with-warning" if warnings else "read"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    results = {name: outcome(folder / name, entry) for name, entry in expected.items()}
    print(json.dumps({"results": results, "peak_mb": peak_mb() if sys.platform == "linux" else None}))

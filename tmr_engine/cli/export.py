"""`tmr export`: a clip as BVH."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..canonical import to_canonical
from ..errors import TMRError
from ..formats import write_bvh
from .clips import add_clip_arguments, load_clip
from .output import print_json

HELP = "Writes a clip as BVH on the 22 joints of SMPL, or on its own skeleton. Y up, metres."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_clip_arguments(parser)
    parser.add_argument("out", metavar="OUT.bvh", type=Path, help="the file to write")
    parser.add_argument("--source", action="store_true", help="on the clip's own skeleton")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Exports and tells what was written."""
    start = time.perf_counter()
    if args.out.suffix.lower() != ".bvh":
        raise TMRError("only BVH is written", where=str(args.out), fix="Give the file the ending .bvh")
    motion, name, notes = load_clip(args)
    written = motion if args.source else to_canonical(motion)
    write_bvh(written, args.out)
    report = {
        "clip": args.clip,
        "out": str(args.out),
        "frames": len(written),
        "fps": written.fps,
        "joints": list(written.skeleton.names),
        "caption": name,
        **{key.removeprefix("tmr_"): notes.get(key, "") for key in ("tmr_licence", "tmr_credit")},
        "warnings": list(written.warnings),
        "seconds": round(time.perf_counter() - start, 3),
    }
    if args.json:
        print_json(report)
        return 0
    for warning in written.warnings:
        print(f"note: {warning}")
    print(f"{len(written)} frames of {len(written.skeleton)} joints at {written.fps:g} fps: {args.out}")
    return 0

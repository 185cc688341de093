"""`tmr retarget`: a clip onto a rig's file, as a .blend."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..blender import RIG_SUFFIXES, retarget_file
from .clips import add_clip_arguments, load_clip
from .output import print_json

HELP = "Put a clip on a rig and write the result as a .blend, with the action at frame 1."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_clip_arguments(parser)
    parser.add_argument("rig", metavar="RIG", type=Path, help="the rig: " + " ".join(RIG_SUFFIXES))
    parser.add_argument("out", metavar="OUT.blend", type=Path, help="the file to write")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Retargets and tells what was done."""
    start = time.perf_counter()
    motion, name, notes = load_clip(args)
    report = retarget_file(motion, args.rig, args.out, name=name, notes=notes)
    report["seconds"] = round(time.perf_counter() - start, 3)
    if args.json:
        print_json(report)
        return 0
    for warning in report["warnings"]:
        print(f"note: {warning}")
    first, last = report["frames"]
    print(
        f"{report['family']} rig {report['armature']!r}, action {report['action']!r}, "
        f"frames {first} to {last}: {args.out} ({report['seconds']:.1f} s)"
    )
    return 0

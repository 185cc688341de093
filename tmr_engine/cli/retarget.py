"""`tmr retarget`: a clip onto a rig's file, as a .blend."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..blender import RIG_SUFFIXES, retarget_file
from ..formats import can_read, read_motion
from ..library import Library, demo_library
from ..motion import Motion
from .output import print_json

HELP = "Put a clip on a rig and write the result as a .blend, with the action at frame 1."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("clip", metavar="CLIP", help="a clip's id in the library, or a motion file")
    parser.add_argument("rig", metavar="RIG", type=Path, help="the rig: " + " ".join(RIG_SUFFIXES))
    parser.add_argument("out", metavar="OUT.blend", type=Path, help="the file to write")
    parser.add_argument("--take", default="", help="the take of a motion file that holds several")
    parser.add_argument(
        "--library", metavar="DIR", type=Path, help="the library of the clip (default: the demo library)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Retargets and tells what was done."""
    start = time.perf_counter()
    motion, name, notes = _load(args)
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


def _load(args: Namespace) -> tuple[Motion, str, dict[str, str]]:
    """The motion, the action's name, and what is noted on the action."""
    file = Path(args.clip)
    if file.exists() or (can_read(file) and args.library is None):
        motion = read_motion(file, args.take)
        return motion, motion.source.take or file.stem, {"tmr_clip": file.name}
    library = demo_library() if args.library is None else Library.open(args.library)
    clip = library.clip(args.clip)
    notes = {"tmr_clip": clip.id, "tmr_licence": clip.licence, "tmr_credit": clip.credit}
    return library.load(clip.id), clip.caption, notes

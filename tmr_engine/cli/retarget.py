"""`tmr retarget`: a clip onto a rig's file, as a .blend."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from ..blender import RIG_SUFFIXES, retarget_file
from ..errors import RetargetError
from ..retarget import SolveOptions
from . import REFUSED
from .clips import add_clip_arguments, load_clip
from .output import print_json

HELP = "Put a clip on a rig and write the result as a .blend, with the action at frame 1."

# how much of a clip is blended into its beginning by --loop
_SEAM = 0.2


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_clip_arguments(parser)
    parser.add_argument("rig", metavar="RIG", type=Path, help="the rig: " + " ".join(RIG_SUFFIXES))
    parser.add_argument("out", metavar="OUT.blend", type=Path, help="the file to write")
    parser.add_argument("--in-place", action="store_true", help="keep the hips over the start")
    parser.add_argument("--mirror", action="store_true", help="exchange left and right")
    parser.add_argument(
        "--loop", action="store_true", help="blend the end into the beginning, so it goes round"
    )
    parser.add_argument(
        "--root-motion", action="store_true", help="let the root bone take the way over ground"
    )
    parser.add_argument(
        "--foot-lock",
        metavar="S",
        type=float,
        default=SolveOptions().foot_lock,
        help="how firmly feet are held where the clip's feet stand, 0 to 1 (default: %(default)g)",
    )
    parser.add_argument(
        "--hand-goals",
        metavar="S",
        type=float,
        default=SolveOptions().hand_goals,
        help="how firmly hands are kept at each other, head and hips, 0 to 1 (default: %(default)g)",
    )
    parser.add_argument(
        "--range", metavar="A:B", type=_range, help="take this part of the clip, seconds from its first frame"
    )
    parser.add_argument(
        "--stretch", metavar="N", type=float, default=1.0, help="make the clip last N times as long"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the result as one JSON object, with measures"
    )


def run(args: Namespace) -> int:
    """Retargets and tells what was done, or why the rig or the clip is refused."""
    start = time.perf_counter()
    try:
        report = _retargeted(args)
    except RetargetError as error:
        if args.json:
            print_json({"refused": str(error), "error": error.as_message()})
        print(f"tmr: {error}", file=sys.stderr)
        return REFUSED
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


def _retargeted(args: Namespace) -> dict[str, Any]:
    options = SolveOptions(
        foot_lock=args.foot_lock,
        hand_goals=args.hand_goals,
        range_s=args.range,
        stretch=args.stretch,
        mirror=args.mirror,
        loop=_SEAM if args.loop else 0.0,
        in_place=args.in_place,
        root_motion=args.root_motion,
    )
    motion, name, notes = load_clip(args)
    return retarget_file(
        motion, args.rig, args.out, name=name, notes=notes, options=options, measure=args.json
    )


def _range(text: str) -> tuple[float, float]:
    """A:B in seconds; a part that is left out is the clip's beginning or end."""
    start, colon, end = text.partition(":")
    try:
        if not colon:
            raise ValueError(text)
        return float(start or 0.0), float(end) if end else float("inf")
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no range; write A:B in seconds, as 0.5:2") from error

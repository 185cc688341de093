"""`tmr search`: a sentence to ranked clips."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import TMRError
from ..library import Library, demo_library
from ..model import sentence_encoder_or_note
from ..search import (
    MOTION_ALONE,
    TEXT_ALONE,
    Filters,
    correction_note,
    search,
    understood,
)
from ..search.coverage import coverage_of
from .model_choice import add_model_argument, chosen_model, reading_command
from .output import print_json

if TYPE_CHECKING:
    from ..search.motion_signal import MotionSignal

NAME = "search"
HELP = "Ranks the clips of a library by how well they fit a sentence."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("text", metavar="TEXT", help="what the clip should show, in plain English")
    parser.add_argument(
        "--library", metavar="DIR", type=Path, help="the library folder (default: the demo library)"
    )
    parser.add_argument("--top", metavar="K", type=_count, default=10, help="most results (default 10)")
    parser.add_argument("--min-duration", metavar="S", type=float, help="seconds, at least")
    parser.add_argument("--max-duration", metavar="S", type=float, help="seconds, at most")
    parser.add_argument(
        "--tag", action="append", default=[], help="only clips with this tag (may be repeated)"
    )
    parser.add_argument(
        "--licence", action="append", default=[], help="only this licence (repeat to allow more)"
    )
    parser.add_argument("--folder", metavar="DIR", type=Path, help="only motion files in this folder")
    parser.add_argument(
        "--where",
        metavar="TEXT",
        default="",
        help='only clips in which this was measured: "turns left", "in place, faster than 2 m/s"',
    )
    add_model_argument(parser, required=False)
    parser.add_argument(
        "--signal",
        choices=("motion", "text", "fused"),
        help="what counts: the motion as the model reads it, what is written about it, or both (fused); "
        "left out: both where there is a model that has read the library, else the text",
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Searches and prints."""
    start = time.perf_counter()
    encoder, note = sentence_encoder_or_note()
    library = Library.open(args.library) if args.library else demo_library(encoder=lambda: encoder)
    model, signal = "", None
    if encoder is not None and args.signal != "text":
        model, signal, note = _motion(args, library)
    if args.signal == "motion" and signal is None:
        raise TMRError(
            "the motion can be compared by a model alone, and there is none",
            why=note,
            fix="Add one (tmr models add FOLDER), or name a bundle: --model FOLDER",
        )
    weights = {"motion": MOTION_ALONE, "text": TEXT_ALONE}.get(args.signal or "")
    text = understood(library, encoder, args.text)
    note = " ".join(filter(None, [note, correction_note(args.text, text)]))
    results = search(library, encoder, text, args.top, _filters(args), weights=weights, motion=signal)
    seconds = round(time.perf_counter() - start, 3)
    if args.json:
        rows = [result.as_row() for result in results]
        print_json({"query": args.text, "results": rows, "seconds": seconds, "note": note, "model": model})
        return 0
    if note:
        print(f"note: {note}", file=sys.stderr)
    for result in results:
        clip = result.clip
        print(f"{result.rank:3}  {result.score:.3f}  {clip.duration_s:6.1f} s  {result.caption}")
        print(f"     {clip.id}  {clip.path}{' : ' + clip.take if clip.take else ''}")
    if not results:
        print("no clip")
    return 0


def _motion(args: Namespace, library: Library) -> tuple[str, MotionSignal | None, str]:
    """The model's name, the model where it has read the library, and what the user must know about that."""
    chosen = chosen_model(args)
    if chosen is None:
        return "", None, ""
    read = coverage_of(library, chosen.signal.model_id)
    command = reading_command(args, chosen.name)
    if args.signal and not read.is_usable:
        raise read.refusal(chosen.name, command)
    note = read.note(chosen.name)
    return chosen.name, chosen.signal if read.is_usable else None, note and f"{note} Run: {command}"


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ArgumentTypeError("a number from 1 up is needed")
    return count


def _filters(args: Namespace) -> Filters | None:
    filters = Filters(
        min_duration_s=args.min_duration,
        max_duration_s=args.max_duration,
        tags=tuple(args.tag),
        licences=tuple(args.licence),
        folder=args.folder.absolute() if args.folder else None,
        shows=args.where,
    )
    return None if filters == Filters() else filters

"""`tmr index`: folders of motion files into a library, and a model's reading of what a library holds."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..errors import LibraryError
from ..library import IndexReport, Library, demo_library
from ..model import load_sentence_encoder
from .model_choice import ChosenModel, add_model_argument, chosen_model
from .output import print_json

NAME = "index"
HELP = (
    "Index motion files into a library; what is unchanged since the last time is not read again. "
    "Without a PATH, only the model reads the clips of the library that it has not read yet."
)


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", type=Path, help="a folder, or a motion file")
    parser.add_argument(
        "--library",
        metavar="DIR",
        type=Path,
        help="the library folder (default: the demo library, to which no PATH can be added)",
    )
    parser.add_argument("--workers", metavar="N", type=int, help="reading processes (default: what pays off)")
    add_model_argument(parser, required=False)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Indexes, with one line of progress on standard error."""
    chosen = chosen_model(args)
    library = _library(args, chosen)
    report = library.index(args.paths, load_sentence_encoder(), workers=args.workers, progress=_show)
    unread: list[str] = []
    if chosen:
        unread = library.read_motions(chosen.signal, progress=_show_motions)
    if sys.stderr.isatty():
        print(end="\r\x1b[K", file=sys.stderr)
    if args.json:
        print_json(
            {
                "added": report.added,
                "updated": report.updated,
                "unchanged": report.unchanged,
                "removed": report.removed,
                "failed": [{"path": failure.path, "reason": failure.reason} for failure in report.failed],
                "clips": report.clips,
                "seconds": round(report.seconds, 3),
                "warnings": [*report.warnings, *unread],
                "model": chosen.name if chosen else "",
            }
        )
    else:
        for problem in unread:
            print(f"motion left out: {problem}", file=sys.stderr)
        _print(report)
        if chosen:
            print(f"motions read by {chosen.name}")
    return 0


def _library(args: Namespace, chosen: ChosenModel | None) -> Library:
    """The library that is meant.

    Raises:
        LibraryError: the arguments leave nothing to do, or would add to the demo library.
    """
    if args.paths and not args.library:
        raise LibraryError("it is not said into which library", fix="Name its folder: --library DIR")
    if not args.paths and not chosen:
        raise LibraryError(
            "there is nothing to index", fix="Name a folder of motion files, or a model: --model NAME"
        )
    if not args.library:
        return demo_library()
    return Library.open(args.library, create=bool(args.paths))


def _show(done: int, total: int, path: str) -> None:
    if sys.stderr.isatty():
        name = Path(path).name[:60] if path else "embedding captions"
        print(f"\r\x1b[K{done} of {total}  {name}", end="", file=sys.stderr, flush=True)


def _show_motions(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{done} of {total}  reading motions", end="", file=sys.stderr, flush=True)


def _print(report: IndexReport) -> None:
    for warning in report.warnings:
        print(f"note: {warning}", file=sys.stderr)
    for failure in report.failed:
        print(f"left out: {failure.path}: {failure.reason}", file=sys.stderr)
    counts = ("added", "updated", "unchanged", "removed")
    print(
        ", ".join(f"{getattr(report, name)} {name}" for name in counts) + f", {len(report.failed)} left out"
    )
    print(f"{report.clips} clips in the library ({report.seconds:.1f} s)")

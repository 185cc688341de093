"""`tmr serve`: the engine process that the add-on starts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

HELP = "Answer requests as JSON lines on standard input and output until the input ends (docs/protocol.md)."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments of `tmr serve`."""
    parser.add_argument("--log", metavar="FILE", help="write the log here as well (kept below 3 MB)")


def run(args: Namespace) -> int:
    """Serves until standard input ends."""
    from ..serving.server import serve_process  # noqa: PLC0415  the other commands never load it

    return serve_process(log_path=args.log)

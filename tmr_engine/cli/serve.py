"""`tmr serve`: the engine process that the add-on starts."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

HELP = "Answer requests as JSON lines on standard input and output until the input ends (docs/protocol.md)."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments of `tmr serve`."""
    parser.add_argument(
        "--log",
        metavar="FILE",
        default="",
        help="write the log here (kept below 3 MB), not to standard error",
    )


def run(args: Namespace) -> int:
    """Serves until standard input ends."""
    # before NumPy is imported: one query is too small for threads, which take time and memory to start
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from ..serving.methods import make_service  # noqa: PLC0415 - `tmr serve --help` needs none of it
    from ..serving.server import serve_process  # noqa: PLC0415

    return serve_process(make_service(), args.log)

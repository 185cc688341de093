"""`tmr describe`: what a clip shows, in sentences and as facets, measured and without a model."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from ..captioning.describing import describe_facts, facts_of
from ..captioning.facets import facets_of
from .clips import add_clip_arguments, load_clip
from .output import print_json

NAME = "describe"
HELP = "Describes a clip in sentences that are made from measured facts, and lists those facts."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_clip_arguments(parser)
    parser.add_argument("--top", metavar="K", type=_count, default=5, help="most sentences (default 5)")
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="other numbers draw other phrasings (default 0)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Describes and prints."""
    facts = facts_of(load_clip(args).motion)
    told = describe_facts(facts, top=args.top, seed=args.seed)
    if args.json:
        print_json({"descriptions": [row.as_row() for row in told], "facets": facets_of(facts).as_row()})
        return 0
    for row in told:
        print(f"{row.confidence:.2f}  {row.start_s:6.1f} - {row.end_s:5.1f} s  {row.text}")
    return 0


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ArgumentTypeError("a number from 1 up is needed")
    return count

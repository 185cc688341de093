"""`tmr moments`: where in a clip a sentence happens."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..search.moments import find_moments
from .clips import add_clip_arguments, load_clip
from .model_choice import add_model_argument, required_model
from .output import print_json

HELP = "Finds the parts of a clip that fit a sentence, by windows that a model reads."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("text", metavar="TEXT", help="what is looked for")
    add_clip_arguments(parser)
    add_model_argument(parser, required=True)
    parser.add_argument("--top", metavar="K", type=int, default=5, help="most parts (5)")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Looks and prints."""
    signal = required_model(args).signal
    found = find_moments(signal, args.text, load_clip(args).motion, args.top)
    if args.json:
        rows = [{"start": part.start_s, "end": part.end_s, "score": part.score} for part in found]
        print_json({"text": args.text, "clip": args.clip, "model": signal.model_id, "moments": rows})
        return 0
    for part in found:
        print(f"{part.score:+.3f}  {part.start_s:7.2f} to {part.end_s:7.2f} s")
    return 0

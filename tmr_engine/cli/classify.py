"""`tmr classify`: which of some names fits a clip."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..errors import TMRError
from ..search.by_motion import classify
from .clips import add_clip_arguments, load_clip
from .model_choice import add_model_argument, required_model
from .output import print_json

HELP = "Tells how well names of actions fit a clip's motion, without having learned these names."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_clip_arguments(parser)
    parser.add_argument("--labels", required=True, metavar="A,B,C", help="the names, with commas between")
    add_model_argument(parser, required=True)
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Compares and prints, the best name first."""
    labels = [label.strip() for label in args.labels.split(",") if label.strip()]
    if not labels:
        raise TMRError("there is no label to compare the clip with", fix="Name some: --labels walk,run")
    signal = required_model(args).signal
    scores = classify(signal, load_clip(args).motion, labels)
    if args.json:
        print_json({"clip": args.clip, "model": signal.model_id, "labels": scores})
        return 0
    for label, score in scores.items():
        print(f"{score:+.3f}  {label}")
    return 0

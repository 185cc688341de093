"""`tmr generate`: a sentence to new takes, as BVH."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..errors import TMRError
from ..generation import synthesise, write_take
from .model_choice import add_model_argument, required_model
from .output import print_json

HELP = "Synthesises motion for a sentence by a model's decoder and writes it as BVH: where no library has it."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("text", metavar="TEXT", help="what shall happen")
    add_model_argument(parser, required=True)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a take (4)")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other takes (0)")
    parser.add_argument("--takes", type=int, default=1, help="how many (1)")
    parser.add_argument(
        "--out", required=True, metavar="OUT.bvh", type=Path, help="of several takes, OUT_1.bvh is the best"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Synthesises and tells what was written."""
    start = time.perf_counter()
    if args.out.suffix.lower() != ".bvh":
        raise TMRError("only BVH is written", where=str(args.out), fix="Give the file the ending .bvh")
    chosen = required_model(args)
    takes = synthesise(chosen.signal.model, args.text, args.seconds, seed=args.seed, takes=args.takes)
    rows = []
    for number, take in enumerate(takes, start=1):
        path = args.out if len(takes) == 1 else args.out.with_stem(f"{args.out.stem}_{number}")
        write_take(take, path)
        rows.append({"file": str(path), "score": round(take.score, 6), "credits": take.credits})
    report = {
        "text": args.text,
        "model": chosen.signal.model_id,
        "seed": args.seed,
        "takes": rows,
        "seconds": round(time.perf_counter() - start, 3),
    }
    if args.json:
        print_json(report)
        return 0
    for row in rows:
        print(f"{row['score']:+.3f}  {row['file']}  ({row['credits']})")
    return 0

"""`tmr evaluate`: a trained model on a split of a data set."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from .output import print_json
from .train import training_module

HELP = (
    "Evaluates a run folder of ours or of TMR's authors by the published protocols, prints tables and writes "
    "RUN/evaluation/<dataset>-<split>.json (docs/training.md)."
)


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("run", metavar="RUN", type=Path, help="a run folder")
    parser.add_argument(
        "--dataset",
        action="append",
        metavar="NAME",
        help="demo, or a folder (may be repeated); if left out, what the run was trained on",
    )
    parser.add_argument("--split", default="test", help="test if left out")
    parser.add_argument(
        "--protocol",
        nargs="+",
        default=[],
        metavar="NAME",
        help="all, threshold, dissimilar, small_batches, captions, actions, moments; "
        "what the split allows if left out",
    )
    parser.add_argument(
        "--hubness",
        choices=("none", "qb-norm", "dual-softmax"),
        default="none",
        help="also with a correction for motions that are near to every query",
    )
    parser.add_argument("--bank-split", default="train", help="the split whose queries correct (qb-norm)")
    parser.add_argument("--motions", type=Path, help="folder of motions, if not in the data set's own")
    parser.add_argument("--body-models", type=Path, help="folder of SMPL-H or SMPL-X models")
    parser.add_argument("--text-backbone", metavar="FOLDER", help="the text model, if not where the run says")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Evaluates, writes the report and prints it."""
    evaluation, report_module, progress = (
        training_module(name) for name in ("evaluate_run", "evaluation_report", "progress")
    )
    with progress.counting() as watch:
        report, path = evaluation.evaluate_run(
            args.run,
            args.dataset,
            args.split,
            args.protocol,
            hubness=args.hubness,
            bank_split=args.bank_split,
            motions=args.motions,
            body_models=args.body_models,
            text_backbone=args.text_backbone,
            watch=watch,
        )
    if args.json:
        print_json(report)
    else:
        print(report_module.markdown(report["rows"]), end="")
        print(f"\n{path}")
    return 0

"""`tmr export-model`: a trained run as a bundle that the engine serves."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from .output import print_json
from .train import training_module

HELP = (
    "Writes the networks of a run folder as a bundle (docs/training.md), which needs no torch. "
    "The bundle is compared with the run first; one that does not agree is not kept."
)


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("run", metavar="RUN", type=Path, help="a run folder of ours or of TMR's authors")
    parser.add_argument("out", metavar="OUT", type=Path, help="the bundle's folder, which must not exist yet")
    parser.add_argument("--onnx", action="store_true", help="also write ONNX files, for other programs")
    parser.add_argument("--licence", default="not stated", help="of the weights, for the manifest")
    parser.add_argument(
        "--credit", action="append", default=[], help="whom the data came from, for the manifest (repeat)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Exports and tells what was written."""
    export = training_module("export")
    exported = export.export_run(
        args.run, args.out, licence=args.licence, credits=args.credit, onnx=args.onnx
    )
    report = {
        "folder": str(exported.folder),
        "model_id": exported.model_id,
        "files": dict(exported.files),
        "difference_from_torch": exported.agreement.same_weights,
        "difference_by_half_precision": exported.agreement.half_precision,
    }
    if args.json:
        print_json(report)
        return 0
    for name, size in exported.files.items():
        print(f"{name}: {size / 1e6:.1f} MB")
    print(
        f"differs from torch by {exported.agreement.same_weights:.1g}, "
        f"by half precision {exported.agreement.half_precision:.1g}: {exported.folder}"
    )
    return 0

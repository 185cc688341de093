"""`tmr ablate`: a suite of configurations to one table."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from .output import print_json
from .train import training_module

HELP = (
    "Trains every configuration of a suite with every seed and writes one table (docs/training.md). "
    "Stopped, it goes on where it was; finished cells are not trained again."
)


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "suite",
        metavar="SUITE",
        help="losses, threshold, temperature, weight, batch_size, options, or a TOML file",
    )
    parser.add_argument("config", metavar="CONFIG", help="the run that cells change, as `tmr train` takes it")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        dest="overrides",
        help="replaces a value of the configuration (may be repeated)",
    )
    parser.add_argument("--seeds", type=int, nargs="+", metavar="SEED", help="1234 1235 1236 if left out")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="RUN-ablations if left out")
    parser.add_argument("--json", action="store_true", help="print the table as one JSON object")


def run(args: Namespace) -> int:
    """Trains what is left and prints the table."""
    config_module, ablation, progress = (training_module(name) for name in ("config", "ablation", "progress"))
    suite = ablation.read_suite(args.suite)
    config = config_module.read_config(args.config, args.overrides)
    folder = args.out or Path(f"{config.training.folder}-ablations")
    with progress.shown() as watch:
        table = ablation.ablate(suite, config, folder, seeds=args.seeds or ablation.SEEDS, watch=watch)
    if args.json:
        print_json({"folder": str(folder), "table": table})
    else:
        print(ablation.markdown(table), end="")
    return 0

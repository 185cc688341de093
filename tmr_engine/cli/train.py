"""`tmr train`: a configuration to a trained model."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib import import_module
from types import ModuleType

from ..errors import TMRError
from .output import print_json

HELP = (
    "Trains TMR as a configuration says (docs/training.md). On several GPUs or machines: "
    "torchrun --nproc-per-node N -m tmr_engine train CONFIG"
)


class MissingPackages(TMRError):
    """What training needs is not installed."""

    code = "missing-packages"


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "config", metavar="CONFIG", help="a TOML file, or a name: humanml3d, kitml, babel, demo"
    )
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        dest="overrides",
        help="replaces a value of the configuration (may be repeated)",
    )
    parser.add_argument("--json", action="store_true", help="print the last epoch as one JSON object")


def run(args: Namespace) -> int:
    """Trains and prints where the run lies."""
    config_module, train_module, progress = (
        training_module(name) for name in ("config", "train", "progress")
    )
    config = config_module.read_config(args.config, args.overrides)
    with progress.shown() as watch:
        row = train_module.train(config, resume=args.resume, watch=watch)
    if args.json:
        print_json({"folder": config.training.folder, "epoch": row})
    else:
        print(config.training.folder)
    return 0


def training_module(name: str) -> ModuleType:
    """A module of training: imported only here, because it needs torch."""
    try:
        return import_module(f"..training.{name}", __package__)
    except ImportError as error:
        raise MissingPackages(
            f"training is not installed ({error.name} is missing)", fix='pip install "tmr-for-blender[train]"'
        ) from error

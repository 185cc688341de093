"""`tmr models`: the motion models that can be chosen by name."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..errors import BundleError
from ..model.bundle import MANIFEST
from ..model.installed import InstalledModel, InstalledModels
from .model_choice import installed_models
from .output import print_json
from .train import training_module

_RUN = "config.json"
HELP = "Adds, lists and removes motion models, which `--model` and the Blender add-on then know by name."


def configure(parser: ArgumentParser) -> None:
    """Adds the verbs."""
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", dest="verb", required=True)
    add = verbs.add_parser("add", help="take a model in")
    add.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        help="a bundle (tmr export-model), or a run folder of ours or of TMR's authors (needs torch)",
    )
    add.add_argument("--name", default="", help="what it shall be called (default: as its folder or bundle)")
    add.add_argument("--licence", default="not stated", help="of a run folder's weights")
    listed = verbs.add_parser("list", help="the models that there are")
    remove = verbs.add_parser("remove", help="delete a model that was added")
    remove.add_argument("name", help="as `tmr models list` shows it")
    for verb in (add, listed, remove):
        verb.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Does what the verb says."""
    return {"add": _add, "list": _list, "remove": _remove}[args.verb](args)


def _add(args: Namespace) -> int:
    models = installed_models()
    model = _from_bundle(args, models) if (args.folder / MANIFEST).is_file() else _from_run(args, models)
    if args.json:
        print_json({"added": model.as_row()})
        return 0
    _print(model)
    return 0


def _from_bundle(args: Namespace, models: InstalledModels) -> InstalledModel:
    return models.add(args.folder, args.name)


def _from_run(args: Namespace, models: InstalledModels) -> InstalledModel:
    """A run becomes a bundle on its way, which is compared with the run before it is there."""
    if not (args.folder / _RUN).is_file():
        raise BundleError(
            f"there is neither a bundle ({MANIFEST}) nor a run ({_RUN}) in this folder",
            where=str(args.folder),
            fix="Name what tmr export-model or tmr train has written, or a run folder of TMR's authors",
        )
    place = models.place_for(args.name or args.folder.resolve().name)
    training_module("export").export_run(args.folder, place, licence=args.licence)
    return next(model for model in models.all() if model.folder == place)


def _list(args: Namespace) -> int:
    found = installed_models().all()
    if args.json:
        print_json({"models": [model.as_row() for model in found]})
        return 0
    for model in found:
        _print(model)
    if not found:
        print("no model; add one with: tmr models add FOLDER")
    return 0


def _remove(args: Namespace) -> int:
    installed_models().remove(args.name)
    if args.json:
        print_json({"removed": args.name})
    else:
        print(f"{args.name} is removed; what libraries have of it stays in them")
    return 0


def _print(model: InstalledModel) -> None:
    if model.problem:
        print(f"{model.name:20} cannot be used: {model.problem}")
        return
    reads = "" if model.reads_text else ", reads motions only (its text model is not part of TMR for Blender)"
    print(f"{model.name:20} {model.licence}, {model.width} numbers a latent{reads}")
    print(f"{'':20} {'; '.join(model.credits)}")

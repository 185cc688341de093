"""The motion model of a command line."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, NamedTuple

from ..errors import BundleError
from ..library.places import models_folder
from ..model.installed import BUNDLED_NAME, NO_MODEL, InstalledModels

if TYPE_CHECKING:
    from ..search.motion_signal import MotionSignal


class ChosenModel(NamedTuple):
    """A model, and what it was chosen by."""

    name: str
    signal: MotionSignal


def add_model_argument(parser: ArgumentParser, *, required: bool) -> None:
    """--model.

    Args:
        parser: of the command.
        required: whether the command can do nothing without a model.
    """
    text = f"a model of tmr models list, or a bundle's folder; left out: {BUNDLED_NAME}, if it is here"
    if not required:
        text += f"; {NO_MODEL}: no model"
    parser.add_argument("--model", metavar="NAME_OR_FOLDER", default="", help=text)


def installed_models() -> InstalledModels:
    """The models of this user."""
    return InstalledModels(models_folder())


def chosen_model(args: Namespace) -> ChosenModel | None:
    """The model that the arguments name, or the default; None where there is none or shall be none.

    Raises:
        BundleError: there is no such model, it cannot be read, or is no model of motions that clips have.
    """
    model = installed_models().chosen(args.model)
    if model is None:
        return None
    # a search by text alone must not pay for what reads motions
    from ..model.tmr import load_tmr  # noqa: PLC0415
    from ..search.motion_signal import MotionSignal  # noqa: PLC0415

    return ChosenModel(model.name, MotionSignal(load_tmr(model.folder)))


def required_model(args: Namespace) -> ChosenModel:
    """The same where the command can do nothing without.

    Raises:
        BundleError: as `chosen_model`, or there is none.
    """
    chosen = chosen_model(args)
    if chosen is None:
        raise BundleError(
            "there is no model that reads motions",
            fix="Add one (tmr models add FOLDER), or name a bundle: --model FOLDER",
        )
    return chosen


def reading_command(args: Namespace, model: str) -> str:
    """The command that has a model read the library of the arguments."""
    library = f" --library {shlex.quote(str(args.library))}" if args.library else ""
    return f"tmr index{library} --model {shlex.quote(model)}"

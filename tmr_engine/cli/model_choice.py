"""The motion model of a command line."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..search.motion_signal import MotionSignal


def add_model_argument(parser: ArgumentParser, *, required: bool) -> None:
    """--model."""
    text = "a bundle of TMR (tmr export-model), which reads motions"
    parser.add_argument("--model", metavar="FOLDER", type=Path, required=required, help=text)


def motion_signal(folder: Path) -> MotionSignal:
    """The model in a bundle.

    Raises:
        BundleError: it cannot be read, or is no model of motions that clips have.
    """
    # a search by text alone must not pay for what reads motions
    from ..model.tmr import load_tmr  # noqa: PLC0415
    from ..search.motion_signal import MotionSignal  # noqa: PLC0415

    return MotionSignal(load_tmr(folder))

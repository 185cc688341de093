"""What a run begins with: weights of another run, and networks that keep them."""

from __future__ import annotations

from ..datasets import read_statistics
from ..features import Statistics
from .run_folder import WEIGHTS, RunFolder, load_exactly
from .tmr import TMR


def weights_of(model: TMR, run: RunFolder) -> None:
    """Puts the weights of another run into the networks of a model.

    Raises:
        BundleError: they are missing, damaged, or of another size.
    """
    for name, network in model.named_children():
        path = run.path / WEIGHTS / f"{name}.safetensors"
        load_exactly(network, run.read_arrays(path), path)


def statistics_of(run: RunFolder) -> Statistics:
    """The statistics that the weights of a run go with.

    Raises:
        DatasetError: they are missing or damaged.
    """
    return read_statistics(run.stats)


def keep_others(model: TMR, networks: tuple[str, ...]) -> None:
    """Leaves as they are the networks that are not named; a tuned text backbone always learns."""
    for name, network in model.named_children():
        if name not in networks and name != "text_backbone":
            network.requires_grad_(requires_grad=False)

"""Models that serve: bundles on disk, and forward passes in NumPy."""

from importlib import import_module
from typing import Any

from ..errors import BundleError
from .bundle import Bundle, open_bundle
from .sentence_encoder import SentenceEncoder, load_sentence_encoder, sentence_encoder_or_note

__all__ = ["Bundle", "SentenceEncoder", "load_sentence_encoder", "open_bundle", "sentence_encoder_or_note"]


def __getattr__(name: str) -> Any:
    """`load_checkpoint` runs on torch, so it is fetched from the training packages when it is asked for."""
    if name != "load_checkpoint":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module("tmr_engine.training.checkpoint").load_checkpoint
    except ModuleNotFoundError as error:
        raise BundleError(
            "run folders are read by torch, which is not here",
            why=f"There is no module '{error.name}'",
            fix="Install the engine with its train extra",
        ) from error

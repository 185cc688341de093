"""The motion models that an engine has open. Loaded once: their weights stay in memory between requests."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import BundleError
from ..model.installed import InstalledModels

if TYPE_CHECKING:  # an engine that starts must not pay for what reads motions
    from ..search.motion_signal import MotionSignal


class OpenModel(NamedTuple):
    """A model, what it was chosen by, and whether it reads sentences (see `InstalledModel`)."""

    name: str
    signal: MotionSignal
    reads_text: bool


class OpenModels:
    """Models by what they were chosen by; may be used from several threads.

    Args:
        installed: the models that there are.
    """

    def __init__(self, installed: InstalledModels) -> None:
        self._installed = installed
        self._held: dict[Path, MotionSignal] = {}
        self._loading = threading.Lock()

    def rows(self) -> list[dict[str, Any]]:
        """Every installed model, as `InstalledModel.as_row`."""
        return [model.as_row() for model in self._installed.all()]

    def default_name(self) -> str:
        """The model that is meant where none is named; empty where there is none."""
        model = self._installed.default()
        return model.name if model else ""

    def open(self, named: str) -> OpenModel | None:
        """The model that is meant; loaded anew where its weights are others than before.

        Args:
            named: see `InstalledModels.chosen`.

        Raises:
            BundleError: there is no such model, it cannot be read, or is no model of motions that clips have.
        """
        model = self._installed.chosen(named)
        if model is None:
            return None
        with self._loading:
            signal = self._held.get(model.folder)
            if signal is None or signal.model_id != model.model_id:
                signal = self._held[model.folder] = _load(model.folder)
            return OpenModel(model.name, signal, model.reads_text)

    def required(self, named: str) -> OpenModel:
        """The same for what can do nothing without a model.

        Raises:
            BundleError: as `open`, or there is none.
        """
        model = self.open(named)
        if model is None:
            raise BundleError(
                "there is no motion model to do this with",
                fix="Add one with the command: tmr models add FOLDER",
            )
        return model


def _load(folder: Path) -> MotionSignal:
    from ..model.tmr import load_tmr  # noqa: PLC0415  see the head of this file
    from ..search.motion_signal import MotionSignal  # noqa: PLC0415

    return MotionSignal(load_tmr(folder))

"""The engine's client joined to Blender: where the engine lies, and the timer that hears it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np

from .._engine import errors
from ..preferences import user_folder
from .client import EngineClient, State
from .process import EngineProcess, blender_python, engine_command

_CACHE_VARIABLE = "TMR_CACHE"
_EVERY_S = 0.02  # a fiftieth of a second: no one feels it, and an idle look costs microseconds


def new_client(
    log_path: Path, *, after_poll: Callable[[], None], on_log: Callable[[str, str], None]
) -> EngineClient:
    """A client whose engine starts with the first request.

    While an answer is awaited, a timer of Blender's hears the engine on the main thread, where the callbacks
    may touch Blender's data. There is no timer at other times.

    Args:
        log_path: the engine's log; its folder exists.
        after_poll: called when something came, or the status line says something else.
        on_log: called with level ("info" or "warning") and text of what belongs to no request.
    """
    client = EngineClient(launch=lambda: _launch(log_path), on_log=on_log)
    shown = (client.heard, client.status)

    def hear() -> float | None:
        nonlocal shown
        busy = client.poll()
        if client.state is State.STOPPED:
            return None  # the extension may be gone by now, and its properties with it
        if shown != (client.heard, client.status):
            shown = (client.heard, client.status)
            after_poll()
        return _EVERY_S if busy else None

    def start_hearing() -> None:
        if not bpy.app.timers.is_registered(hear):
            bpy.app.timers.register(hear, first_interval=_EVERY_S, persistent=True)  # File > Open ends others

    client.on_work = start_hearing
    return client


def _launch(log_path: Path) -> EngineProcess:
    folder = Path(errors.__file__).resolve().parents[1]
    numpy_folder = Path(np.__file__).resolve().parents[1]
    # an extension writes into its own folder only
    cache = os.environ.get(_CACHE_VARIABLE) or str(user_folder("cache"))
    command = engine_command(blender_python(), folder, numpy_folder, log_path)
    return EngineProcess(command, log_path.parent, os.environ | {_CACHE_VARIABLE: cache})

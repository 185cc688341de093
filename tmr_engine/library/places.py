"""Where the product may write on a user's machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "TMR_CACHE"
DATA_VARIABLE = "TMR_DATA"
_NAME = "tmr-for-blender"


def cache_folder() -> Path:
    """The folder for what can be made again: `TMR_CACHE` where it is set, else the system's own place."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / _NAME


def data_folder() -> Path:
    """The folder for what the user has added: `TMR_DATA` where it is set, else the system's own place."""
    named = os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named).absolute()
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / _NAME


def models_folder() -> Path:
    """The folder of the motion models that the user has added."""
    return data_folder() / "models"

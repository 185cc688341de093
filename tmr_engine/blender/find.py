"""Where a Blender is: the one that the user names, the one on the PATH, or the checkout's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import BlenderError

VARIABLE = "TMR_BLENDER"
OLDEST = (4, 2)
# Checkout only. An LTS whose files the later Blenders open too comes first, then the newest.
PREFERRED_MODULE = "4.5"
_CHECKOUT = Path(__file__).resolve().parents[2]
_PROBE_LIMIT_S = 60.0


@dataclass(frozen=True)
class BlenderCommand:
    """How a Blender is started.

    Args:
        executable: a `blender`, or a Python that can `import bpy`.
        is_module: it is such a Python.
    """

    executable: str
    is_module: bool

    def command(self, script: str, arguments: list[str]) -> list[str]:
        """The command line that runs a Python file without a window and without the user's settings."""
        if self.is_module:
            return [
                self.executable,
                "-P",
                script,
                "--",
                *arguments,
            ]  # -P: its folder is no place to import from
        options = ["--background", "--factory-startup", "-noaudio", "--python-exit-code", "1"]
        return [self.executable, *options, "--python", script, "--", *arguments]


def find_blender() -> BlenderCommand:
    """The Blender to use.

    The environment variable TMR_BLENDER comes first (a `blender` executable, or a Python with the `bpy`
    module); then a `blender` on the PATH; then, in a checkout, those that `make blenders` sets up.

    Raises:
        BlenderError: there is none, or the one that the user names is not fit.
    """
    named = os.environ.get(VARIABLE, "")
    if named:
        return _probe(named, f"the environment variable {VARIABLE}")
    on_path = shutil.which("blender")
    if on_path is not None:
        try:
            return _probe(on_path, "the PATH")
        except BlenderError:
            if not _checkout_modules():
                raise
    modules = _checkout_modules()
    if modules:
        return BlenderCommand(str(modules[0]), is_module=True)
    raise BlenderError(
        "no Blender is found",
        why=f"{VARIABLE} is not set and there is no blender on the PATH",
        fix=f"install Blender {_text(OLDEST)} or later, or set {VARIABLE} to its executable",
    )


def _checkout_modules() -> list[Path]:
    """The Pythons with bpy that `make blenders` made, best first."""
    found = [path for path in _CHECKOUT.glob(".blender/*/bin/python") if path.exists()]
    newest_first = sorted(found, key=lambda path: _numbers(path.parents[1].name), reverse=True)
    return sorted(newest_first, key=lambda path: path.parents[1].name != PREFERRED_MODULE)


@lru_cache(maxsize=8)
def _probe(executable: str, origin: str) -> BlenderCommand:
    """Asks an executable what it is."""
    try:
        done = subprocess.run(
            [executable, "--version"], capture_output=True, timeout=_PROBE_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BlenderError(
            "it does not start", where=f"{executable} (from {origin})", why=str(error)
        ) from error
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    if re.search(r"^Python \d", text, re.MULTILINE):
        return BlenderCommand(executable, is_module=True)
    version = re.search(r"^Blender (\d+)\.(\d+)", text, re.MULTILINE)
    if version is None:
        raise BlenderError("it is neither a Blender nor a Python", where=f"{executable} (from {origin})")
    found = (int(version[1]), int(version[2]))
    if found < OLDEST:
        raise BlenderError(
            f"it is Blender {_text(found)}, {_text(OLDEST)} or later is needed",
            where=f"{executable} (from {origin})",
            fix=f"set {VARIABLE} to a newer one",
        )
    return BlenderCommand(executable, is_module=False)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"

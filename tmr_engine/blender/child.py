"""One job for one background Blender: a request file in, a result file out, a log between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .. import errors
from ..errors import BlenderError, TMRError
from .find import BlenderCommand, find_blender

TIME_LIMIT_S = 300.0
_LOG_LINES = 6  # as many as a message can carry and a person reads
_LOG_TAIL_BYTES = 20_000
_ENGINE = Path(__file__).resolve().parents[1]


def run_background(
    script: str,
    request: dict[str, Any],
    *,
    blender: BlenderCommand | None = None,
    timeout_s: float = TIME_LIMIT_S,
) -> dict[str, Any]:
    """Has a background Blender run a script of `blender_addon/background/`.

    Args:
        script: the script's name without its suffix ("retarget", "read_motion").
        request: what the script asks for; JSON values. Paths must be absolute.
        blender: the Blender to use; found when left out.
        timeout_s: the child is ended after this many seconds.

    Returns:
        what the script returned.

    Raises:
        TMRError: the script refused; the same error that it raised over there.
        BlenderError: there is no Blender, it crashed, it hung, or the add-on's files are not here.
    """
    blender = blender or find_blender()
    with tempfile.TemporaryDirectory(prefix="tmr-blender-") as folder:
        scratch = Path(folder)
        asked, answered, log = scratch / "request.json", scratch / "result.json", scratch / "log.txt"
        asked.write_text(json.dumps({"script": script, "request": request}), encoding="utf-8")
        command = blender.command(str(_entry()), [str(asked), str(answered)])
        status = _run(command, _environment(scratch), log, timeout_s)
        if not answered.is_file():
            raise BlenderError(
                f"the background Blender ended with status {status} and no result",
                where=blender.executable,
                why=_tail(log),
            )
        answer = json.loads(answered.read_text(encoding="utf-8"))
    if "error" in answer:
        raise _error_from_message(answer["error"])
    result: dict[str, Any] = answer["result"]
    return result


def _environment(scratch: Path) -> dict[str, str]:
    """The child's environment: it neither reads nor writes the user's settings and leaves nothing behind."""
    settings, temporary = scratch / "settings", scratch / "temporary"
    settings.mkdir()
    temporary.mkdir()  # where Blender keeps a folder for its session, which stays when the process just ends
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    return os.environ | places | {"BLENDER_USER_RESOURCES": str(settings), "PYTHONUTF8": "1"}


def _entry() -> Path:
    """The file that a Blender runs: beside the engine in a checkout, around it in the installed add-on."""
    for addon in (_ENGINE.parent, _ENGINE.parent / "blender_addon"):
        entry = addon / "background" / "run.py"
        if entry.is_file():
            return entry
    raise BlenderError(
        "the add-on's scripts for the background Blender are not here",
        where=str(_ENGINE.parent),
        fix="run this from a checkout or from the installed extension",
    )


def _run(command: list[str], environment: dict[str, str], log: Path, timeout_s: float) -> int:
    """Runs the child to its end, its output in a file, so that no full pipe can block it."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only
    with log.open("wb") as sink:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                creationflags=flags,
            )
        except OSError as error:
            raise BlenderError("it does not start", where=command[0], why=str(error)) from error
        try:
            return child.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise BlenderError(
                f"the background Blender did not finish in {timeout_s:g} seconds and was ended",
                where=command[0],
                why=_tail(log),
            ) from error
        finally:
            if child.poll() is None:
                _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends a child and what it started; nothing of it is left when this returns."""
    if sys.platform == "win32":
        child.kill()
    else:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _tail(log: Path) -> str:
    """The last lines of a log in one line of text."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
        text = stream.read().decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "its last words: " + " | ".join(lines[-_LOG_LINES:]) if lines else "it printed nothing"


def _error_from_message(message: dict[str, str]) -> TMRError:
    """The error that the script raised, made again on this side."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TMRError)]
    kind = next((kind for kind in kinds if kind.code == message["code"]), BlenderError)
    return kind(message["what"], where=message["where"], why=message["why"], fix=message["fix"])

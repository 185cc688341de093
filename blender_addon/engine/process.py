"""The engine's process: its command line, its pipes, its end. Knows no message and no Blender."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from .._engine import errors

# Runs isolated (-I): neither PYTHON* variables nor the user's site-packages can put another NumPy, or code of
# somebody else's, into the engine. Its own folder comes first; the last one is where Blender found NumPy, for
# builds of distributions that keep it in places that only Blender knows.
_BOOTSTRAP = (
    "import sys; folder, numpy_folder = sys.argv[1:3]; del sys.argv[1:3]; "
    "sys.path.insert(0, folder); sys.path.append(numpy_folder); "
    "from tmr_engine.cli import main; sys.exit(main())"
)
_TAIL_BYTES = 4000


class EngineError(errors.TMRError):
    """The engine cannot be started, or ended when it should not."""

    code = "engine"


def blender_python() -> Path:
    """The Python that Blender brings.

    Raises:
        EngineError: there is none that can be started.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = Path(sys.prefix) / "bin"
    places = [folder / name for name in (f"python{version}", "python3", "python.exe", "python")]
    if "python" in Path(sys.executable or "").name.lower():  # an embedded Python may name Blender itself
        places.insert(0, Path(sys.executable))
    for place in places:
        if place.is_file():
            return place
    raise EngineError(
        "Blender's own Python is missing",
        where=str(folder),
        fix="Use a Blender from blender.org, or reinstall this one",
    )


def engine_command(python: Path, folder: Path, numpy_folder: Path, log: Path) -> list[str]:
    """The command line that starts an engine.

    Args:
        python: the interpreter, 3.11 or later.
        folder: holds `tmr_engine`: a checkout, or the installed extension.
        numpy_folder: holds `numpy`; used only where the interpreter does not find one by itself.
        log: file that the engine writes its log to; its folder exists.
    """
    isolated = [str(python), "-I", "-X", "utf8", "-c", _BOOTSTRAP]
    return [*isolated, str(folder), str(numpy_folder), "serve", "--log", str(log)]


class EngineProcess:
    """A running child with pipes.

    Writing never waits: a thread feeds the pipe, so that an engine that hangs cannot make Blender hang.

    Args:
        argv: command line.
        folder: working folder of the child; not the extension's own, which Windows could then not update.
        environment: the child's environment variables; those of this process if left out.

    Raises:
        EngineError: the program cannot be started.
    """

    def __init__(
        self, argv: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        try:
            self._child = subprocess.Popen(
                argv,
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                # no console window; on other systems a session of its own, so that it ends with its workers
                creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
                start_new_session=True,
            )
        except OSError as error:
            self._errors.close()
            raise EngineError(
                "the engine cannot be started", where=argv[0], why=error.strerror or str(error)
            ) from error
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="tmr-engine-writer", daemon=True).start()

    @property
    def stdout(self) -> BinaryIO:
        """What the engine answers; one thread reads it."""
        return self._child.stdout

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def send(self, data: bytes) -> None:
        """Hands bytes to the engine. Lost when it is dead; its output ends then."""
        self._outbox.put(data)

    def stop(self, wait_s: float) -> None:
        """Ends its input, which ends an engine in good order; kills it after `wait_s` seconds.

        Both this and `kill` may be called from several threads.
        """
        self._outbox.put(None)
        try:
            self._child.wait(wait_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends it at once, with its workers where the system knows groups of processes."""
        self._outbox.put(None)
        if sys.platform == "win32":
            self._child.kill()
        elif self._child.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def why_it_ended(self) -> str:
        """How a dead child ended: its last words on standard error, or its exit status."""
        status = self._child.wait()
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - _TAIL_BYTES))
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        if words:
            return words[-1]
        return f"it was ended by signal {-status}" if status < 0 else f"its exit status is {status}"

    def _write(self) -> None:
        pipe = self._child.stdin
        try:
            while (data := self._outbox.get()) is not None:
                pipe.write(data)
                pipe.flush()
            pipe.close()
        except OSError:
            # the engine is dead. Whoever reads `stdout` learns it from there, and why
            return

"""What a background Blender is started with: `run.py -- REQUEST.json RESULT.json`.

The request names a script of this folder; the result holds what its `run` returned, or the error it raised.
The process leaves by `os._exit`, because some Blenders crash or hang on their way out after work that is
well done.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NoReturn

ADDON = Path(__file__).resolve().parents[1]
PACKAGE = "tmr_addon"
SCRIPTS = ("make_mannequin", "read_motion", "render_sheet", "retarget")


def make_package() -> None:
    """Makes the add-on importable as a package without running its `__init__` (no panels are needed)."""
    package = ModuleType(PACKAGE)
    package.__path__ = [str(ADDON)]
    sys.modules[PACKAGE] = package
    if not (ADDON / "tmr_engine").is_dir():
        sys.path.insert(0, str(ADDON.parent))


def answer(asked: Path) -> dict:
    """What the result file is to hold."""
    make_package()
    job = json.loads(asked.read_text(encoding="utf-8"))
    if job["script"] not in SCRIPTS:
        raise ValueError(f"there is no script {job['script']!r}")
    errors = import_module(f"{PACKAGE}._engine").errors
    script = import_module(f"{PACKAGE}.background.{job['script']}")
    try:
        return {"result": script.run(job["request"])}
    except errors.TMRError as error:
        return {"error": error.as_message()}


def leave(status: int) -> NoReturn:
    """Ends the process at once, with everything printed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main() -> NoReturn:
    """Runs one job; without a result file the caller takes the log's last words."""
    asked, answered = (Path(text) for text in sys.argv[sys.argv.index("--") + 1 :])
    try:
        text = json.dumps(answer(asked))
        aside = answered.with_suffix(".part")
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, answered)
    except BaseException:  # the boundary of the process: whatever happened is printed, and the status says so
        traceback.print_exc()
        leave(1)
    leave(0)


if __name__ == "__main__":
    main()

"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from typing import Any


def pin_utf8() -> None:
    """Standard output and error in UTF-8 whatever the console says; what cannot be written is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def print_json(value: Mapping[str, Any]) -> None:
    """The one JSON object that a command with `--json` prints.

    ASCII only: a file name that is not valid Unicode crosses any pipe as an escape. NaN is refused, because
    JSON has none.
    """
    print(json.dumps(value, allow_nan=False, indent=2))

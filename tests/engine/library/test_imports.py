"""Opening a library to search it must not load what only indexing needs."""

from __future__ import annotations

import subprocess
import sys

NOT_FOR_SEARCHING = (
    "tmr_engine.formats",
    "tmr_engine.motion",
    "tmr_engine.library.indexing",
    "multiprocessing",
)
SOURCE = """
import sys
import numpy
before = set(sys.modules)
from tmr_engine.library import Library
library = Library.open(sys.argv[1], create=True)
library.clips(), library.gallery("m"), library.words("walk", 5)
print("\\n".join(set(sys.modules) - before))
"""


def test_reading_a_library_loads_no_reader_and_no_indexing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SOURCE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "tmr_engine.library.gallery" in loaded
    assert [name for name in loaded if name.startswith(NOT_FOR_SEARCHING)] == []

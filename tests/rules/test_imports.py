"""Who may import what: the table of docs/architecture.md, read in the source and looked at in processes."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tmr_engine import protocol
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER

ENGINE = ROOT / "tmr_engine"
HEAVY = {"torch", "transformers", "smplx", "scipy", "tokenizers", "safetensors"}
BLENDER = {"bpy", "mathutils", "bmesh", "gpu", "blf"}
NO_PART_OF_SERVING = {"training"}  # the folder that may import what serving must not
READS_BODIES = {"formats/amass.py": {"smplx"}}

# folder -> the other folders it may import; what every one may import is in EVERYWHERE
EVERYWHERE = {"errors", "atomic", "", "motion"}
ALLOWED = {
    "motion": set(),
    "formats": {"features", "blender"},  # HumanML3D arrays are features; FBX and USD are read by Blender
    "features": set(),
    "model": set(),
    "library": {"captioning", "formats", "model"},
    "search": {"canonical", "captioning", "features", "library", "model"},
    "retarget": set(),
    "canonical": {"features", "formats", "retarget"},
    "blender": {"retarget"},  # options of a retarget that a background Blender does
    "generation": {"features", "formats", "model"},
    "captioning": {"canonical", "features"},
    "serving": {"formats", "generation", "model", "library", "search", "retarget", "blender", "protocol"},
    "demo_library": {"formats", "library", "model", "retarget", "search"},
}


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ENGINE).as_posix()


def absolute(source: str) -> Iterator[str]:
    """The top-level package of every absolute import, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").split(".")[0]


def folders_imported(source: str, name: str) -> Iterator[str]:
    """The folder (or top-level module) of the engine behind every relative import of the file `name`."""
    depth = name.count("/")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == depth + 1:
            if node.module:
                yield node.module.split(".")[0]
            else:
                yield from ("" if alias.name.startswith("__") else alias.name for alias in node.names)


@pytest.mark.parametrize("path", sources(ENGINE), ids=name_of)
def test_the_engine_never_imports_blender(path):
    assert not BLENDER & set(absolute(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "path",
    [path for path in sources(ENGINE) if name_of(path).split("/")[0] not in NO_PART_OF_SERVING],
    ids=name_of,
)
def test_what_serves_imports_no_training_package_not_even_inside_a_function(path):
    found = HEAVY & set(absolute(path.read_text(encoding="utf-8")))
    assert found <= READS_BODIES.get(name_of(path), set())


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_a_folder_imports_only_what_the_architecture_allows(folder):
    for path in sources(ENGINE / folder):
        name = name_of(path)
        found = set(folders_imported(path.read_text(encoding="utf-8"), name)) - EVERYWHERE - {folder}
        assert found <= ALLOWED[folder], f"{name} imports {found - ALLOWED[folder]}"


def test_the_rules_notice_what_they_forbid():
    source = "def f():\n    import torch.nn\n    from scipy import signal\n    from ..training import x\n"
    assert set(absolute(source)) == {"torch", "scipy"}
    assert set(folders_imported(source, "serving/x.py")) == {"training"}
    assert set(folders_imported("from ... import blender", "library/captions/x.py")) == {"blender"}


SERVE_AND_TELL = """
import atexit, sys
from tmr_engine.cli import main
atexit.register(lambda: print("MODULES", *sorted(sys.modules), file=sys.stderr))
sys.exit(main(["serve"]))
"""


def test_a_started_engine_that_answered_a_query_holds_no_training_package(tmp_path):
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the model is not built; run `make model`")
    requests = [
        protocol.Request(1, "library.search", {"text": "a person walks"}),
        protocol.Request(2, "motion.fetch", {"clip": "unknown"}),
    ]
    with subprocess.Popen(
        [sys.executable, "-c", SERVE_AND_TELL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"TMR_CACHE": str(tmp_path)},
    ) as engine:
        engine.stdin.write(b"".join(map(protocol.encode, requests)))
        engine.stdin.flush()
        last = {}
        while len(last) < 2:
            message = protocol.read_message(engine.stdout)
            assert message is not None
            if isinstance(message, protocol.Result | protocol.Error):
                last[message.id] = message
        _, words = engine.communicate(timeout=60)
    assert len(last[1].values["results"]) == 20
    assert last[2].code == "library"
    line = next(line for line in words.decode().splitlines() if line.startswith("MODULES"))
    loaded = {module.split(".")[0] for module in line.split()[1:]}
    assert {"numpy", "tmr_engine"} <= loaded
    assert not loaded & (HEAVY | BLENDER)

"""Panels draw: what they may import, read in their source."""

import ast
from pathlib import Path

import pytest

ADDON = Path(__file__).resolve().parents[2] / "blender_addon"
DRAWING = sorted((ADDON / "panels").glob("*.py")) + [
    ADDON / "viewport" / name for name in ("paint.py", "ghost.py")
]
ALLOWED = {
    "typing": {"ClassVar"},
    "": {"bpy", "blf", "gpu"},
    "__future__": {"annotations"},
    "bpy.types": None,
    "collections.abc": None,
    "contextlib": None,
    "gpu_extras.batch": None,
    "characters": {"target_armature"},
    "messages": {"shortened", "wrapped"},
    "preferences": {"preferences"},
    "properties": {"state", "TMR_State", "TMR_Result", "Solving", "TMR_Mapping"},
    "search": {"TAB", "WIDE", "lines"},
    "carry": {"Target", "VIEWPORT"},
    "free_width": {"free_width"},
    "targets": {"Place", "bone_pixels"},
}


def imports(source: str) -> list[tuple[str, str]]:
    """(module, name) of every import, at any depth; a whole module has the module name ''."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [("", alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


def calls(source: str) -> set[str]:
    """Names of plain functions that are called."""
    nodes = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def strangers(source: str) -> list[tuple[str, str]]:
    return [
        (module, name)
        for module, name in imports(source)
        if module not in ALLOWED or (ALLOWED[module] is not None and name not in ALLOWED[module] | {"paint"})
    ]


@pytest.mark.parametrize("path", DRAWING, ids=lambda path: path.name)
def test_what_draws_reads_no_file_starts_no_process_and_asks_no_engine(path):
    source = path.read_text(encoding="utf-8")
    assert strangers(source) == []
    assert not {"open", "exec", "eval", "__import__"} & calls(source)


@pytest.mark.parametrize(
    "line", ["import os", "from ..session import session", "from ..engine import client"]
)
def test_the_rule_notices(line):
    assert strangers(line) != []


def test_every_class_is_registered_once_and_after_what_it_needs():
    tree = ast.parse((ADDON / "registration.py").read_text(encoding="utf-8"))
    listed = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and "TMR_" in node.attr]
    listed += [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and "TMR_" in node.id]
    defined = [
        node.name
        for path in ADDON.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name.startswith("TMR_")
    ]
    assert sorted(listed) == sorted(defined)
    assert listed.index("TMR_Result") < listed.index("TMR_State")
    assert listed.index("TMR_PT_search_view3d") < listed.index("TMR_PT_library")
    assert listed.index("TMR_GT_card") < listed.index("TMR_GGT_result_bar")

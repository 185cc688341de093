"""The zip that users get: opened, compared with itself, checked by Blender's tool, and its engine started."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import build_addon
from tests.conftest import ROOT

FORBIDDEN = {"torch", "transformers", "smplx", "scipy", "tokenizers", "safetensors"}


@pytest.fixture(scope="module")
def full_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    missing = build_addon.missing_parts("full")
    if missing:
        pytest.skip(f"the zip cannot be built here: {'; '.join(missing)}")
    out = tmp_path_factory.mktemp("zip") / "full.zip"
    build_addon.write_zip("full", out)
    return out


def test_building_twice_gives_the_same_bytes(full_zip: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    build_addon.write_zip("full", again)
    assert again.read_bytes() == full_zip.read_bytes()


def test_zip_is_under_the_size_limit(full_zip: Path) -> None:
    assert full_zip.stat().st_size < build_addon.SIZE_LIMIT


def test_zip_holds_manifest_engine_model_demo_library_and_licences(full_zip: Path) -> None:
    with zipfile.ZipFile(full_zip) as archive:
        names = set(archive.namelist())
    for wanted in (
        "blender_manifest.toml",
        "__init__.py",
        "LICENSE",
        "tmr_engine/serving/server.py",
        "bundled_models/all-MiniLM-L6-v2/weights.safetensors",
        "bundled_models/all-MiniLM-L6-v2/LICENSE",
        "bundled_models/all-MiniLM-L6-v2/MODEL_CARD.md",
        "bundled_models/tmr-open/weights.safetensors",
        "bundled_models/tmr-open/LICENSE",
        "bundled_models/tmr-open/MODEL_CARD.md",
    ):
        assert wanted in names
    packs = [name for name in names if name.endswith(".tmrpack")]
    assert len(packs) >= 3
    for pack in packs:
        folder = pack.rpartition("/")[0]
        assert {f"{folder}/LICENSE.txt", f"{folder}/CREDITS.txt"} <= names


def test_zip_holds_nothing_of_development(full_zip: Path) -> None:
    with zipfile.ZipFile(full_zip) as archive:
        for name in archive.namelist():
            parts = set(name.split("/"))
            unwanted = {"training", "evaluation", "datasets", "rebuild", "tests", "__pycache__", ".git"}
            assert not parts & unwanted, name
            assert not name.endswith((".pyc", ".whl", ".so", ".dll")), name


def test_no_module_in_the_zip_imports_a_training_package(full_zip: Path) -> None:
    with zipfile.ZipFile(full_zip) as archive:
        for name in archive.namelist():
            if not name.endswith(".py"):
                continue
            for node in ast.walk(ast.parse(archive.read(name))):
                imported = []
                if isinstance(node, ast.Import):
                    imported = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    imported = [node.module or ""]
                roots = {module.split(".")[0] for module in imported}
                allowed = {"smplx"} if name == "tmr_engine/formats/amass.py" else set()
                assert not roots & (FORBIDDEN - allowed), name


def test_every_module_of_the_engine_imports_without_what_was_left_out(full_zip: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(full_zip) as archive:
        archive.extractall(tmp_path)
        modules = [
            name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name in archive.namelist()
            if name.startswith("tmr_engine/") and name.endswith(".py") and not name.endswith("__main__.py")
        ]
    text = f"import sys, importlib; sys.path.insert(0, {str(tmp_path)!r})\n" + "\n".join(
        f"importlib.import_module({module!r})" for module in modules
    )
    done = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_own_target_leaves_out_what_is_neither_cc0_nor_ours(tmp_path: Path) -> None:
    out = tmp_path / "own.zip"
    build_addon.write_zip("own", out)
    with zipfile.ZipFile(out) as archive:
        for name in archive.namelist():
            assert not name.endswith((".tmrpack", ".safetensors")), name
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode("utf-8"))
    assert manifest["license"] == ["SPDX:GPL-3.0-or-later"]
    assert manifest["copyright"] == ["2026 TMR Motion Search contributors"]


def test_the_manifest_names_everybody_whose_work_is_in_the_zip(full_zip: Path) -> None:
    with zipfile.ZipFile(full_zip) as archive:
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode("utf-8"))
    assert {"SPDX:Apache-2.0", "SPDX:CC-BY-SA-3.0", "SPDX:MIT"} < set(manifest["license"])
    credited = " ".join(manifest["copyright"])
    for holder in ("Wildfire Games", "Xue Bin Peng", "Sentence Transformers"):
        assert holder in credited


def test_blenders_own_tool_accepts_both_targets(full_zip: Path, tmp_path: Path) -> None:
    if build_addon.find_tool() is None:
        pytest.skip("no Blender is here to ask (make blenders)")
    own = tmp_path / "own.zip"
    build_addon.write_zip("own", own)
    assert build_addon.validate(full_zip)
    assert build_addon.validate(own)


def test_engine_of_the_unpacked_zip_finds_a_clip(full_zip: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(full_zip) as archive:
        archive.extractall(tmp_path / "addon")
    done = subprocess.run(
        [sys.executable, "-m", "tmr_engine", "search", "a person walks", "--top", "3", "--json"],
        cwd=tmp_path / "addon",
        env={**os.environ, "PYTHONPATH": str(tmp_path / "addon"), "TMR_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert len(results) == 3
    assert str(ROOT) not in results[0]["path"], "the clips must come from the unpacked zip"

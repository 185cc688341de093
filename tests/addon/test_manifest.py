"""The manifest against the platform's rules and the engine's version."""

import tomllib
from pathlib import Path

import pytest

import tmr_engine

ADDON = Path(__file__).resolve().parents[2] / "blender_addon"


@pytest.fixture(scope="module")
def manifest() -> dict:
    return tomllib.loads((ADDON / "blender_manifest.toml").read_text(encoding="utf-8"))


def test_add_on_and_engine_have_one_version(manifest):
    assert manifest["version"] == tmr_engine.__version__


def test_the_manifest_keeps_the_rules_of_the_platform(manifest):
    assert manifest["blender_version_min"] == "4.2.0"
    assert manifest["license"][0] == "SPDX:GPL-3.0-or-later"
    assert set(manifest["license"][1:]) == {"SPDX:Apache-2.0", "SPDX:CC-BY-SA-3.0", "SPDX:MIT"}
    assert "blender" not in manifest["name"].lower()
    assert len(manifest["tagline"]) <= 64
    assert manifest["tagline"][-1].isalnum()
    assert set(manifest["permissions"]) == {"files"}
    assert all(len(reason) <= 64 and reason[-1].isalnum() for reason in manifest["permissions"].values())
    assert all(line[:4].isdigit() and line[4] == " " for line in manifest["copyright"])
    assert "wheels" not in manifest

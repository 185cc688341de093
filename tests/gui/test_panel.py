"""Runs run_panel.py where there is a window to run it in."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import build_addon
from tests.engine.serving.test_motion_models import bundle
from tmr_engine.model.installed import InstalledModels

pytestmark = [pytest.mark.blender, pytest.mark.slow]

SCRIPT = Path(__file__).resolve().with_name("run_panel.py")
PROGRAMS = ("blender", "xdotool", "xwininfo", "import")
TIME_LIMIT_S = 360


def test_the_panel_works_with_mouse_and_keyboard(tmp_path):
    if not os.environ.get("DISPLAY"):
        pytest.skip("there is no window system here (DISPLAY is not set)")
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    lacking += build_addon.missing_parts("full")
    if lacking:
        pytest.skip(f"missing here: {', '.join(lacking)}")
    build_addon.write_zip("full", tmp_path / "extension.zip")
    InstalledModels(tmp_path / "data" / "models").add(bundle(tmp_path / "bundle", 3), "made")
    settings = {
        "TMR_ZIP": str(tmp_path / "extension.zip"),
        "TMR_GUI_OUT": str(tmp_path),
        "TMR_DATA": str(tmp_path / "data"),
    }
    run = subprocess.run(
        ["blender", "--factory-startup", "--python", SCRIPT],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]

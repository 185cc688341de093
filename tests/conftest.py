"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of reference material; it is no part of the product."""
    if not SHARED.is_dir():
        pytest.skip("the reference material (../shared) is not here; this test compares with it")
    return SHARED

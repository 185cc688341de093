"""A folder of tiny motions and a library folder for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from .making import StandInEncoder


@pytest.fixture
def motions(tmp_path: Path) -> Path:
    """An empty folder, deep enough that caption files of other tests are not found from it."""
    folder = tmp_path / "a" / "b" / "c" / "motions"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def library_folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def encoder() -> StandInEncoder:
    return StandInEncoder()

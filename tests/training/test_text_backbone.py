"""Text backbones that the user brings: a small DistilBERT saved by transformers, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")
from tmr_engine.errors import BundleError  # noqa: E402
from tmr_engine.model.sentence_encoder import DEFAULT_FOLDER  # noqa: E402
from tmr_engine.training.text_backbone import load_text_backbone  # noqa: E402

pytestmark = pytest.mark.torch


def distilbert(folder: Path, *, safe: bool = True) -> Path:
    """A DistilBERT of 2 layers with random weights, with the vocabulary of the bundled model."""
    vocabulary = folder / "vocab.txt"
    folder.mkdir()
    vocabulary.write_bytes((DEFAULT_FOLDER / "vocab.txt").read_bytes())
    tokenizer = transformers.BertTokenizerFast(vocab=str(vocabulary), do_lower_case=True)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.DistilBertConfig(dim=32, hidden_dim=64, n_layers=2, n_heads=2)
    model = transformers.DistilBertModel(config).eval()
    if safe:
        model.save_pretrained(folder)
    else:
        config.save_pretrained(folder)
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    return folder


def test_all_tokens_of_a_distilbert_are_taken_special_ones_too(tmp_path: Path) -> None:
    folder = distilbert(tmp_path / "distilbert")
    backbone = load_text_backbone(str(folder))
    assert (backbone.width, backbone.model_id) == (32, "distilbert")
    texts = ["a person walks", "Someone KICKS, then bows"]
    found = backbone.tokens(texts)
    model = transformers.DistilBertModel.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for text, tokens in zip(texts, found, strict=True):
        inputs = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            wanted = model(inputs["input_ids"], inputs["attention_mask"]).last_hidden_state[0].numpy()
        np.testing.assert_allclose(tokens, wanted, atol=1e-5)
    assert len(found[0]) == 5  # [CLS] a person walks [SEP]


def test_weights_as_a_pickle_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        load_text_backbone(str(distilbert(tmp_path / "distilbert", safe=False)))


def test_a_folder_that_is_not_there_or_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such text model"):
        load_text_backbone(str(tmp_path / "nowhere"))
    with pytest.raises(BundleError, match="cannot be read"):
        load_text_backbone(str(tmp_path))

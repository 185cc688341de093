"""Run folders: the authors' layout as torch saves it, and pickles that hold code."""

from __future__ import annotations

import builtins
import json
import os
import pickle
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tests.training.test_networks import load  # noqa: E402
from tmr_engine.datasets.statistics import write_statistics  # noqa: E402
from tmr_engine.errors import BundleError  # noqa: E402
from tmr_engine.features import Statistics  # noqa: E402
from tmr_engine.model import load_checkpoint  # noqa: E402
from tmr_engine.training.config import config_of  # noqa: E402
from tmr_engine.training.networks import ActorStyleDecoder, ActorStyleEncoder, NetworkSize  # noqa: E402
from tmr_engine.training.run_folder import RunFolder  # noqa: E402
from tmr_engine.training.text_backbone import load_text_backbone  # noqa: E402
from tmr_engine.training.torch_file import read_state_dict, read_tensor  # noqa: E402

pytestmark = pytest.mark.torch
SIZE = NetworkSize(16, 32, 2, 2)


def save_as_the_authors_do(root: Path, modules: dict[str, torch.nn.Module], heads: int) -> Path:
    run, stats = root / "outputs" / "tmr_made_up", root / "stats" / "made_up" / "guoh3dfeats"
    (run / "last_weights").mkdir(parents=True)
    stats.mkdir(parents=True)
    settings = {
        "data": {"motion_loader": {"normalizer": {"base_dir": "stats/made_up/guoh3dfeats"}}},
        "model": {"motion_encoder": {"num_heads": heads}},
    }
    (run / "config.json").write_text(json.dumps(settings))
    for name, module in modules.items():
        torch.save(module.float().state_dict(), run / "last_weights" / f"{name}.pt")
    torch.save(torch.arange(263.0), stats / "mean.pt")
    torch.save(torch.full((263,), 2.0), stats / "std.pt")
    return run


@pytest.fixture
def modules() -> dict[str, torch.nn.Module]:
    torch.manual_seed(3)
    return {
        "motion_encoder": ActorStyleEncoder(263, SIZE),
        "text_encoder": ActorStyleEncoder(24, SIZE),
        "motion_decoder": ActorStyleDecoder(263, SIZE),
    }


def test_a_run_in_the_authors_layout_loads_as_it_is(tmp_path, modules):
    loaded = load_checkpoint(save_as_the_authors_do(tmp_path, modules, SIZE.num_heads))
    for name, module in modules.items():
        found = getattr(loaded, name).state_dict()
        assert found.keys() == module.state_dict().keys()
        assert all(torch.equal(found[key], value) for key, value in module.state_dict().items())
    np.testing.assert_array_equal(loaded.statistics.mean, np.arange(263))
    np.testing.assert_array_equal(loaded.statistics.std, np.full(263, 2))
    assert loaded.size.num_heads == 2
    assert loaded.config is None


@pytest.mark.parametrize("name", ["small_64", "full_256"])
def test_a_loaded_run_gives_the_authors_outputs(name, tmp_path, shared_dir):
    arrays = np.load(shared_dir / "reference" / "networks" / f"{name}.npz")
    loaded = load_checkpoint(save_as_the_authors_do(tmp_path, load(arrays), int(arrays["config"][3])))
    motion, text = (torch.from_numpy(arrays[part].astype(np.float32)) for part in ("motion", "text"))
    lengths = torch.from_numpy(arrays["motion_lengths"].astype(np.int64))
    found = {
        "motion": loaded.encode_motion(motion, lengths),
        "text": loaded.encode_text(text, torch.from_numpy(arrays["text_lengths"].astype(np.int64))),
    }
    for part, (mu, logvar) in found.items():
        # the reference's README gives 2e-5 for float32
        np.testing.assert_allclose(mu, arrays[f"out/{part}_mu"], atol=2e-5, rtol=0)
        np.testing.assert_allclose(logvar, arrays[f"out/{part}_logvar"], atol=2e-5, rtol=0)
        decoded = loaded.decode(mu, lengths)
        np.testing.assert_allclose(decoded, arrays[f"out/decoded_from_{part}"], atol=2e-5, rtol=0)


def test_a_run_of_ours_loads_and_encodes_sentences(tmp_path, modules):
    config = config_of({"data": {"dataset": "demo"}, "training": {"folder": "x"}, "model": asdict(SIZE)}, "")
    run = RunFolder(tmp_path)
    run.write_config(config, {})
    backbone = load_text_backbone()
    modules["text_encoder"] = ActorStyleEncoder(backbone.width, SIZE).eval()
    for name, module in modules.items():
        run.write_arrays(tmp_path / "last_weights" / f"{name}.safetensors", module.state_dict(), {})
    write_statistics(run.stats, Statistics(np.zeros(263, np.float32), np.ones(263, np.float32)))
    loaded = load_checkpoint(tmp_path)
    assert loaded.config == config
    texts = ["a person walks", "someone jumps over a fence and waves", "a person walks"]
    found = loaded.encode_sentences(texts)
    for text, row in zip(texts, found, strict=True):
        tokens = torch.from_numpy(backbone.tokens([text])[0])[None]
        mu, _ = modules["text_encoder"](tokens, torch.ones(tokens.shape[:2], dtype=torch.bool))
        torch.testing.assert_close(row, mu[0], atol=1e-5, rtol=0)
    assert torch.equal(found[0], found[2])


def test_shared_and_turned_tensors_are_read_as_torch_reads_them(tmp_path):
    base = torch.arange(24.0).reshape(4, 6)
    tensors = {"turned": base.T, "part": base[1:3, 2:5], "half": base.half(), "none": torch.zeros(0, 3)}
    torch.save(tensors, tmp_path / "tensors.pt")
    found = read_state_dict(tmp_path / "tensors.pt")
    assert all(torch.equal(found[name], value) for name, value in tensors.items())


class Runs:
    def __init__(self, what, *arguments):
        self.what, self.arguments = what, arguments

    def __reduce__(self):
        return self.what, self.arguments


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("what", [os.system, builtins.eval])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, what, nested, protocol):
    mark = tmp_path / "ran"
    words = f"touch {mark}" if what is os.system else f"open({str(mark)!r}, 'w')"
    held = {"a": [{"b": (1, Runs(what, words))}]} if nested else Runs(what, words)
    torch.save(held, tmp_path / "bad.pt", pickle_protocol=protocol)
    with pytest.raises(BundleError, match="holds code"):
        read_state_dict(tmp_path / "bad.pt")
    assert not mark.exists()


def test_weights_cut_short_and_plain_pickles_are_refused(tmp_path):
    whole, broken = tmp_path / "whole.pt", tmp_path / "broken.pt"
    torch.save(torch.arange(9.0), whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data[:-4] if name.endswith("/data/0") else data)
    with pytest.raises(BundleError, match="32 bytes in place of 36"):
        read_tensor(broken)
    broken.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(BundleError, match="no whole file"):
        read_tensor(broken)

"""A run as a bundle: what it holds, that it agrees with the run, and that nothing else is kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tests.training.made_runs import Sizes, Specified, Weights, random_weights  # noqa: E402
from tests.training.test_served_networks import LENGTHS, padded  # noqa: E402
from tmr_engine.cli import main  # noqa: E402
from tmr_engine.datasets.statistics import write_statistics  # noqa: E402
from tmr_engine.errors import BundleError  # noqa: E402
from tmr_engine.features import Statistics  # noqa: E402
from tmr_engine.model import load_checkpoint, tmr_networks  # noqa: E402
from tmr_engine.model.tmr import load_tmr  # noqa: E402
from tmr_engine.training.config import config_of  # noqa: E402
from tmr_engine.training.export import export_run  # noqa: E402
from tmr_engine.training.run_folder import RunFolder  # noqa: E402
from tmr_engine.training.text_backbone import load_text_backbone  # noqa: E402

pytestmark = pytest.mark.torch
SIZES = Sizes(latent=32, ff=48, text=384)
SENTENCES = ["a person walks", "someone jumps over a fence and waves with both hands", "a person walks"]


def run_of(folder: Path, weights: Weights, sizes: Sizes = SIZES, *, tune: bool = False) -> Path:
    """A run folder of ours with these weights."""
    model = {
        "latent_dim": sizes.latent,
        "ff_size": sizes.ff,
        "num_layers": sizes.layers,
        "num_heads": sizes.heads,
    }
    text = {"backbone": "bundled", "tune": tune}
    table = {"data": {"dataset": "demo"}, "training": {"folder": "x"}, "model": model, "text": text}
    run = RunFolder(folder)
    run.write_config(config_of(table, ""), {"text_model_id": load_text_backbone().model_id, "fps": 12.5})
    for module in ("motion_encoder", "text_encoder", "motion_decoder"):
        own = {
            name.removeprefix(f"{module}."): torch.from_numpy(values)
            for name, values in weights.items()
            if name.startswith(f"{module}.")
        }
        run.write_arrays(folder / "last_weights" / f"{module}.safetensors", own, {})
    draw = np.random.default_rng(6)
    mean, std = draw.standard_normal(sizes.motion), draw.uniform(0.1, 2, sizes.motion)
    write_statistics(run.stats, Statistics(mean.astype(np.float32), std.astype(np.float32)))
    return folder


@pytest.fixture
def weights() -> Weights:
    """Numbers that half precision has to round."""
    return {name: values * np.float32(1.0003) for name, values in random_weights(SIZES, 7).items()}


@pytest.fixture
def run(tmp_path: Path, weights: Weights) -> Path:
    return run_of(tmp_path / "run", weights)


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_exported_model_gives_what_its_run_gives(tmp_path, run):
    exported = export_run(run, tmp_path / "bundle")
    checkpoint, served = load_checkpoint(run), load_tmr(tmp_path / "bundle")
    lengths = torch.tensor(LENGTHS)
    x, tokens = padded(LENGTHS, SIZES.motion), padded(LENGTHS, SIZES.text)
    mu, logvar = checkpoint.encode_motion(torch.from_numpy(x), lengths)
    text, _ = checkpoint.encode_text(torch.from_numpy(tokens), lengths)
    # outputs of a normalisation are about 1; half precision keeps 3 digits of each weight
    np.testing.assert_allclose(served.encode_motion(x, LENGTHS), (mu, logvar), atol=0.01, rtol=0)
    np.testing.assert_allclose(served.encode_text(tokens, LENGTHS)[0], text, atol=0.01, rtol=0)
    frames = served.decode(mu.numpy(), LENGTHS)
    np.testing.assert_allclose(frames, checkpoint.decode(mu, lengths), atol=0.01, rtol=0)
    assert 0 < exported.agreement.same_weights < 5e-5
    assert 1e-5 < exported.agreement.half_precision < 0.01


def test_weights_that_half_precision_holds_are_served_as_they_are(tmp_path):
    weights = random_weights(SIZES, 8)
    export_run(run_of(tmp_path / "run", weights), tmp_path / "bundle")
    served, specified = load_tmr(tmp_path / "bundle"), Specified(SIZES, weights)
    x = padded(LENGTHS, SIZES.motion)
    mu, logvar = served.encode_motion(x, LENGTHS)
    for row, length in enumerate(LENGTHS):
        expected = specified.encode("motion_encoder", x[row, :length].astype(np.float64))
        np.testing.assert_allclose((mu[row], logvar[row]), expected, atol=2e-5, rtol=0)


def test_sentences_get_the_means_that_the_run_gives_them(tmp_path, run):
    export_run(run, tmp_path / "bundle")
    found = load_tmr(tmp_path / "bundle").encode_sentences(SENTENCES)
    np.testing.assert_allclose(found, load_checkpoint(run).encode_sentences(SENTENCES), atol=0.01, rtol=0)
    np.testing.assert_array_equal(found[0], found[2])


def test_a_text_model_that_was_tuned_is_served_tuned(tmp_path):
    run = run_of(tmp_path / "run", random_weights(SIZES, 9), tune=True)
    network = load_text_backbone().network
    with torch.no_grad():
        for values in network.parameters():
            values.mul_(1.1)
    tuned = run / "last_weights" / "text_backbone.safetensors"
    RunFolder(run).write_arrays(tuned, network.state_dict(), {})
    export_run(run, tmp_path / "bundle")
    found = load_tmr(tmp_path / "bundle").encode_sentences(SENTENCES)
    expected = load_checkpoint(run).encode_sentences(SENTENCES)
    np.testing.assert_allclose(found, expected, atol=0.02, rtol=0)
    export_run(run_of(tmp_path / "plain", random_weights(SIZES, 9)), tmp_path / "untuned")
    assert np.abs(load_tmr(tmp_path / "untuned").encode_sentences(SENTENCES) - found).max() > 0.1


def test_the_manifest_says_what_the_bundle_is_and_where_it_comes_from(tmp_path, run):
    export_run(run, tmp_path / "walker", licence="CC0-1.0", credits=("somebody",))
    manifest = json.loads((tmp_path / "walker" / "manifest.json").read_text())
    served, statistics = load_tmr(tmp_path / "walker"), load_checkpoint(run).statistics
    assert (manifest["name"], manifest["kind"], manifest["licence"]) == ("walker", "tmr", "CC0-1.0")
    assert manifest["credits"] == ["TMR, by Petrovich, Black and Varol (ICCV 2023)", "somebody"]
    assert manifest["source"]["run"] == "run"
    for name, digest in manifest["source"]["files"].items():
        assert hashlib.sha256((run / "last_weights" / name).read_bytes()).hexdigest() == digest
    assert manifest["settings"] == {
        "latent_dim": 32,
        "ff_size": 48,
        "num_layers": 2,
        "num_heads": 2,
        "motion_width": 11,
        "text_width": 384,
        "fps": 12.5,
        "text_model": load_text_backbone().model_id,
    }
    assert served.fps == 12.5
    np.testing.assert_array_equal(served.mean, statistics.mean)
    np.testing.assert_array_equal(served.std, statistics.std)
    assert left_in(tmp_path / "walker") == {"manifest.json", "weights.safetensors"}
    assert str(tmp_path) not in json.dumps(manifest)


def test_a_changed_weight_is_refused(tmp_path, run):
    export_run(run, tmp_path / "bundle")
    path = tmp_path / "bundle" / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match="checksum"):
        load_tmr(tmp_path / "bundle")
    path.write_bytes(data[:-1])
    with pytest.raises(BundleError, match="bytes in place of"):
        load_tmr(tmp_path / "bundle")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"num_layers": 3}, r"layers\.2"),
        ({"num_heads": 3}, "3 heads do not divide"),
        ({"num_heads": True}, "no usable 'num_heads'"),
        ({"motion_width": 263}, "the model needs"),
        ({"latent_dim": 10**9}, "no usable 'latent_dim'"),
        ({"fps": 0}, "no usable 'fps'"),
    ],
)
def test_settings_that_do_not_fit_the_weights_are_refused(tmp_path, run, change, reason):
    export_run(run, tmp_path / "bundle")
    path = tmp_path / "bundle" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["settings"] |= change
    path.write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=reason):
        load_tmr(tmp_path / "bundle")


def test_sentences_for_another_text_model_are_refused(tmp_path, run):
    export_run(run, tmp_path / "bundle")
    path = tmp_path / "bundle" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["settings"]["text_model"] = "distilbert-base-uncased"
    path.write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="reads texts through distilbert-base-uncased"):
        load_tmr(tmp_path / "bundle").encode_sentences(["a person walks"])


@pytest.mark.parametrize(
    ("name", "factor", "reason"),
    [
        ("text_encoder.projection.weight", 1e6, "do not fit half precision"),
        ("motion_encoder.tokens", np.nan, "do not fit half precision"),
        ("motion_encoder.seqTransEncoder.layers.1.norm2.weight", 1e-8, "half precision changes"),
    ],
)
def test_a_run_that_half_precision_would_change_is_refused(tmp_path, weights, name, factor, reason):
    weights[name] = weights[name] * np.float32(factor)
    if name.endswith("norm2.weight"):
        weights[name.replace("weight", "bias")] *= np.float32(factor)
    run = run_of(tmp_path / "run", weights)
    with pytest.raises(BundleError, match=reason):
        export_run(run, tmp_path / "bundle")
    assert left_in(tmp_path) == {"run"}


def test_a_served_network_that_computes_something_else_is_refused(tmp_path, run, monkeypatch):
    def other_gelu(x):
        return x / (1 + np.exp(-1.702 * x))

    monkeypatch.setattr(tmr_networks, "gelu", other_gelu)
    with pytest.raises(BundleError, match="motion_encoder and torch's differ"):
        export_run(run, tmp_path / "bundle")
    assert left_in(tmp_path) == {"run"}


def test_what_already_has_the_name_is_kept(tmp_path, run):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "mine.txt").write_text("mine")
    with pytest.raises(BundleError, match="something under this name"):
        export_run(run, tmp_path / "bundle")
    assert left_in(tmp_path / "bundle") == {"mine.txt"}


def test_the_command_exports_a_run_that_was_just_trained(tmp_path, made_set, capsys):
    settings = {
        "data.dataset": str(made_set),
        "training.folder": str(tmp_path / "run"),
        "training.epochs": 1,
        "training.device": "cpu",
        "model.latent_dim": 16,
        "model.ff_size": 16,
    }
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    assert main(["train", "demo", *words]) == 0
    capsys.readouterr()
    out = tmp_path / "bundle"
    assert main(["export-model", str(tmp_path / "run"), str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    served = load_tmr(out)
    assert report["folder"] == str(out)
    assert report["model_id"] == served.model_id
    assert served.fps == 20
    assert served.encode_sentences(["a person walks"]).shape == (1, 16)
    assert main(["export-model", str(tmp_path / "run"), str(out), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bundle"


@pytest.mark.parametrize("sizes", [SIZES, replace(SIZES, layers=1, heads=4)])
def test_onnx_files_compute_what_is_specified(tmp_path, sizes):
    runtime = pytest.importorskip(
        "onnxruntime", reason="onnxruntime is not installed; it runs the ONNX files"
    )
    pytest.importorskip("onnx", reason="onnx is not installed; torch writes ONNX files with it")
    weights = random_weights(sizes, 10)
    exported = export_run(run_of(tmp_path / "run", weights, sizes), tmp_path / "bundle", onnx=True)
    specified = Specified(sizes, weights)
    assert {"motion_encoder.onnx", "text_encoder.onnx", "motion_decoder.onnx"} < set(exported.files)
    sessions = {
        name: runtime.InferenceSession(tmp_path / "bundle" / f"{name}.onnx")
        for name in ("motion_encoder", "text_encoder", "motion_decoder")
    }
    # lengths that were not there when the files were written
    for lengths in ((1,), (3, 9, 1), (61, 17)):
        mask = np.arange(max(lengths)) < np.array(lengths)[:, None]
        z = np.random.default_rng(1).standard_normal((len(lengths), sizes.latent)).astype(np.float32)
        for name, taken, width in (
            ("motion_encoder", "x", sizes.motion),
            ("text_encoder", "tokens", sizes.text),
        ):
            x = padded(lengths, width)
            mu, logvar = sessions[name].run(["mu", "logvar"], {taken: x, "mask": mask})
            for row, length in enumerate(lengths):
                expected = specified.encode(name, x[row, :length].astype(np.float64))
                np.testing.assert_allclose((mu[row], logvar[row]), expected, atol=2e-5, rtol=0)
        (features,) = sessions["motion_decoder"].run(["features"], {"z": z, "mask": mask})
        for row, length in enumerate(lengths):
            expected = specified.decode(z[row].astype(np.float64), length)
            np.testing.assert_allclose(features[row, :length], expected, atol=2e-5, rtol=0)
            assert not features[row, length:].any()


def test_without_onnx_nothing_is_left(tmp_path, run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BundleError, match="need the package onnxruntime"):
        export_run(run, tmp_path / "bundle", onnx=True)
    assert left_in(tmp_path) == {"run"}


def test_a_run_is_added_to_the_installed_models_as_a_bundle(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TMR_DATA", str(tmp_path / "data"))
    assert main(["models", "add", str(run), "--name", "mine", "--licence", "CC0-1.0", "--json"]) == 0
    added = json.loads(capsys.readouterr().out)["added"]
    assert (added["name"], added["licence"], added["reads_text"]) == ("mine", "CC0-1.0", True)
    assert load_tmr(tmp_path / "data" / "models" / "mine").model_id == added["model_id"]
    assert main(["models", "add", str(run), "--name", "mine"]) == 2
    assert left_in(tmp_path / "data" / "models") == {"mine"}

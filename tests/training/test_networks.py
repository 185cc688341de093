"""Encoders and decoder against the authors' modules run in float64 (../shared/reference/README.md)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tmr_engine.training.networks import (  # noqa: E402
    ActorStyleDecoder,
    ActorStyleEncoder,
    NetworkSize,
    PositionalEncoding,
    mask_of,
)

pytestmark = pytest.mark.torch
MODULES = ("motion_encoder", "text_encoder", "motion_decoder")


def build(config: np.ndarray) -> dict[str, torch.nn.Module]:
    latent, ff, layers, heads, motion_width, text_width = (int(value) for value in config)
    size = NetworkSize(latent, ff, layers, heads)
    built = {
        "motion_encoder": ActorStyleEncoder(motion_width, size),
        "text_encoder": ActorStyleEncoder(text_width, size),
        "motion_decoder": ActorStyleDecoder(motion_width, size),
    }
    return {name: module.double().eval() for name, module in built.items()}


def recipe(module: str, name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """The weights of `full_256`, by the integer recipe of the reference's README."""
    key = 0xCBF29CE484222325
    for byte in f"{module}.{name}".encode():
        key = ((key ^ byte) * 0x100000001B3) % 2**64
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64((key + seed) % 2**64) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(
            0x9E3779B97F4A7C15
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    u = (z >> np.uint64(40)).astype(np.float64) / 2**24 * 2 - 1
    if "norm" in name and name.endswith("weight"):
        values = 1 + 0.25 * u
    elif name == "tokens":
        values = u
    elif len(shape) == 1:
        values = 0.1 * u
    else:
        values = u * np.sqrt(3 / shape[1])
    return values.astype(np.float32).reshape(shape)


def load(arrays: np.lib.npyio.NpzFile) -> dict[str, torch.nn.Module]:
    modules = build(arrays["config"])
    for name, module in modules.items():
        weights = {}
        for key, tensor in module.state_dict().items():
            stored = f"weights/{name}.{key}"
            values = (
                arrays[stored]
                if stored in arrays.files
                else recipe(name, key, tuple(tensor.shape), int(arrays["seed"]))
            )
            weights[key] = torch.from_numpy(values.astype(np.float64))
        module.load_state_dict(weights)
    return modules


@pytest.fixture(params=["small_64", "full_256"])
def reference(request: pytest.FixtureRequest, shared_dir: Path) -> np.lib.npyio.NpzFile:
    return np.load(shared_dir / "reference" / "networks" / f"{request.param}.npz")


def inputs(arrays: np.lib.npyio.NpzFile, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.from_numpy(arrays[f"{name}_lengths"].astype(np.int64))
    x = torch.from_numpy(arrays[name].astype(np.float64))
    return x, mask_of(lengths, x.shape[1])


def test_outputs_equal_the_authors_modules(reference: np.lib.npyio.NpzFile) -> None:
    modules = load(reference)
    means = {}
    with torch.no_grad():
        for name in ("motion", "text"):
            mu, logvar = modules[f"{name}_encoder"](*inputs(reference, name))
            np.testing.assert_allclose(mu.numpy(), reference[f"out/{name}_mu"], atol=1e-6, rtol=0)
            np.testing.assert_allclose(logvar.numpy(), reference[f"out/{name}_logvar"], atol=1e-6, rtol=0)
            means[name] = mu
        _, mask = inputs(reference, "motion")
        for name, mu in means.items():
            decoded = modules["motion_decoder"](mu, mask).numpy()
            np.testing.assert_allclose(decoded, reference[f"out/decoded_from_{name}"], atol=1e-6, rtol=0)


def test_rubbish_in_the_padding_changes_nothing(reference: np.lib.npyio.NpzFile) -> None:
    encoder = load(reference)["motion_encoder"]
    x, mask = inputs(reference, "motion")
    dirty = torch.where(mask[..., None], x, torch.full_like(x, 1e4))
    with torch.no_grad():
        np.testing.assert_array_equal(encoder(dirty, mask)[0].numpy(), encoder(x, mask)[0].numpy())


def test_parameter_names_and_shapes_are_the_authors(shared_dir: Path) -> None:
    expected = json.loads((shared_dir / "reference" / "networks" / "state_dict_keys.json").read_text())
    modules = {
        "motion_encoder": ActorStyleEncoder(263),
        "text_encoder": ActorStyleEncoder(768),
        "motion_decoder": ActorStyleDecoder(263),
    }
    for name in MODULES:
        shapes = {key: list(tensor.shape) for key, tensor in modules[name].state_dict().items()}
        assert shapes == expected[name]


def test_positional_table_equals_the_authors(shared_dir: Path) -> None:
    with np.load(shared_dir / "reference" / "networks" / "positional_encoding.npz") as arrays:
        table = PositionalEncoding(256, 0.0).table.numpy()
        # float32 arguments lose digits far out: the exact sines are 1.6e-5 off the stored rows there
        np.testing.assert_allclose(table[:200], arrays["pe256_first300"][:200], atol=1e-5)
        np.testing.assert_allclose(table[200:300], arrays["pe256_first300"][200:], atol=2e-5)
        np.testing.assert_allclose(table[[1000, 4999]], arrays["pe256_rows_1000_4999"], atol=3e-4)
        np.testing.assert_allclose(
            PositionalEncoding(64, 0.0).table.numpy()[:100], arrays["pe64_first100"], atol=1e-5
        )


def test_a_batch_of_mixed_lengths_equals_one_clip_at_a_time() -> None:
    torch.manual_seed(0)
    size = NetworkSize(32, 64, 2, 4, dropout=0.0)
    encoder, decoder = ActorStyleEncoder(11, size).double(), ActorStyleDecoder(11, size).double()
    lengths = torch.tensor([1, 7, 4])
    x = torch.randn(3, 7, 11, dtype=torch.float64)
    mu, _ = encoder(x, mask_of(lengths))
    decoded = decoder(mu, mask_of(lengths))
    for row, length in enumerate(lengths.tolist()):
        alone = torch.ones(1, length, dtype=torch.bool)
        torch.testing.assert_close(encoder(x[row : row + 1, :length], alone)[0][0], mu[row])
        torch.testing.assert_close(decoder(mu[row : row + 1], alone)[0], decoded[row, :length])
        assert torch.all(decoded[row, length:] == 0)

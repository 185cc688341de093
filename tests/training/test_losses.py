"""Losses and their gradients against the authors' code, one whole training step included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; this test needs the training packages")
from tests.training.test_networks import inputs, load  # noqa: E402
from tmr_engine.training.config import LossConfig, TrainingConfig  # noqa: E402
from tmr_engine.training.losses import (  # noqa: E402
    four_kl,
    info_nce,
    kl_divergence,
    reconstruction,
)
from tmr_engine.training.networks import sample  # noqa: E402

pytestmark = pytest.mark.torch
THRESHOLDS = {"None": None, "0.8": 0.8, "0.95": 0.95}


def tensor(values: np.ndarray, *, grad: bool = False) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float64)).requires_grad_(grad)


@pytest.fixture
def parts(shared_dir: Path) -> np.lib.npyio.NpzFile:
    return np.load(shared_dir / "reference" / "losses" / "parts.npz")


@pytest.mark.parametrize("group", ["a", "b"])
@pytest.mark.parametrize("temperature", [0.1, 0.7])
@pytest.mark.parametrize("filtered", list(THRESHOLDS))
def test_info_nce_equals_the_authors(
    parts: np.lib.npyio.NpzFile, group: str, temperature: float, filtered: str
) -> None:
    text, motion = tensor(parts[f"{group}/x"], grad=True), tensor(parts[f"{group}/y"], grad=True)
    loss = info_nce(
        text,
        motion,
        temperature=temperature,
        sentence_embeddings=tensor(parts[f"{group}/sent_emb"]),
        threshold=THRESHOLDS[filtered],
    )
    loss.backward()
    name = f"{group}/infonce_tau{temperature}_filter{filtered}"
    assert loss.item() == pytest.approx(float(parts[name]), abs=1e-9)
    np.testing.assert_allclose(text.grad.numpy(), parts[f"{name}/grad_x"], atol=1e-9)
    np.testing.assert_allclose(motion.grad.numpy(), parts[f"{name}/grad_y"], atol=1e-9)


@pytest.mark.parametrize("group", ["a", "b"])
def test_kl_and_reconstruction_equal_the_authors(parts: np.lib.npyio.NpzFile, group: str) -> None:
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    values = {name: tensor(parts[f"{group}/kl/{name}"], grad=True) for name in names}
    loss = kl_divergence(*values.values())
    loss.backward()
    assert loss.item() == pytest.approx(float(parts[f"{group}/kl/value"]), abs=1e-9)
    for name in names:
        np.testing.assert_allclose(values[name].grad.numpy(), parts[f"{group}/kl/grad_{name}"], atol=1e-9)
    normal = kl_divergence(values["mu_q"], values["logvar_q"])
    assert normal.item() == pytest.approx(float(parts[f"{group}/kl/to_standard_normal"]), abs=1e-9)

    predicted = tensor(parts[f"{group}/recons/pred"], grad=True)
    loss = reconstruction(predicted, tensor(parts[f"{group}/recons/ref"]))
    loss.backward()
    assert loss.item() == pytest.approx(float(parts[f"{group}/recons/value"]), abs=1e-9)
    np.testing.assert_allclose(predicted.grad.numpy(), parts[f"{group}/recons/grad_pred"], atol=1e-9)


def test_one_training_step_equals_the_authors(shared_dir: Path) -> None:
    arrays = np.load(shared_dir / "reference" / "losses" / "training_step.npz")
    modules = load(arrays)
    motion, motion_mask = inputs(arrays, "motion")
    text_stats = modules["text_encoder"](*inputs(arrays, "text"))
    motion_stats = modules["motion_encoder"](motion, motion_mask)
    text_latent = sample(*text_stats, tensor(arrays["eps_text"]))
    motion_latent = sample(*motion_stats, tensor(arrays["eps_motion"]))
    decoder = modules["motion_decoder"]
    found = {
        "recons": reconstruction(decoder(text_latent, motion_mask), motion)
        + reconstruction(decoder(motion_latent, motion_mask), motion),
        "kl": four_kl(text_stats, motion_stats),
        "latent": reconstruction(text_latent, motion_latent),
        "contrastive": info_nce(
            text_latent,
            motion_latent,
            temperature=0.1,
            sentence_embeddings=tensor(arrays["sent_emb"]),
            threshold=0.8,
        ),
    }
    for name, latent in (("text", text_latent), ("motion", motion_latent)):
        np.testing.assert_allclose(latent.detach().numpy(), arrays[f"{name}_latent"], atol=1e-6, rtol=0)
    weights = LossConfig()
    total = (
        weights.reconstruction * found["recons"]
        + weights.kl * found["kl"]
        + weights.latent * found["latent"]
        + weights.contrastive * found["contrastive"]
    )
    for name, value in {**found, "loss": total}.items():
        assert value.item() == pytest.approx(float(arrays[f"loss/{name}"]), abs=1e-6), name
    total.backward()
    for name, module in modules.items():
        for key, parameter in module.named_parameters():
            wanted = arrays[f"grad/{name}.{key}"]
            gradient = np.zeros_like(wanted) if parameter.grad is None else parameter.grad.numpy()
            np.testing.assert_allclose(gradient, wanted, atol=1e-6 * max(1e-3, np.abs(wanted).max()))

    rates = TrainingConfig(folder="")
    parameters = {
        f"{name}.{key}": parameter
        for name, module in modules.items()
        for key, parameter in module.named_parameters()
    }
    torch.optim.AdamW(parameters.values(), lr=rates.learning_rate, weight_decay=rates.weight_decay).step()
    stepped = [name for name in arrays.files if name.startswith("after_adamw_step/")]
    assert len(stepped) == 3
    for name in stepped:
        found = parameters[name.removeprefix("after_adamw_step/")].detach().numpy()
        np.testing.assert_allclose(found, arrays[name], atol=1e-6, rtol=0)


@pytest.mark.parametrize("group", ["a", "b"])
def test_captions_above_the_threshold_are_as_many_as_the_authors_mask(
    parts: np.lib.npyio.NpzFile, group: str
) -> None:
    """Two captions that are no negatives of each other leave a batch of two without a loss."""
    sentences = tensor(parts[f"{group}/sent_emb"])
    count = len(sentences)
    flat = torch.ones(count, 1, dtype=torch.float64)
    losses = [
        info_nce(
            flat[:2], flat[:2], temperature=0.1, sentence_embeddings=sentences[[row, other]], threshold=0.8
        ).item()
        for row in range(count)
        for other in range(count)
        if other != row
    ]
    masked = sum(loss == pytest.approx(0.0, abs=1e-12) for loss in losses)
    assert masked == int(parts[f"{group}/n_masked_pairs_0.8"])


def test_info_nce_of_matched_and_orthogonal_pairs_has_its_closed_form() -> None:
    loss = info_nce(torch.eye(4), torch.eye(4), temperature=1.0)
    assert loss.item() == pytest.approx(-np.log(np.e / (np.e + 3)), abs=1e-6)


def test_captions_that_mean_the_same_are_no_negatives() -> None:
    text, motion = torch.eye(2), torch.ones(2, 2)
    alike = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    kept = info_nce(text, motion, temperature=0.1)
    left_out = info_nce(text, motion, temperature=0.1, sentence_embeddings=alike, threshold=0.8)
    assert kept.item() == pytest.approx(np.log(2), abs=1e-6)
    assert left_out.item() == pytest.approx(0.0, abs=1e-6)


def test_a_threshold_without_captions_is_refused() -> None:
    with pytest.raises(ValueError, match="sentence_embeddings"):
        info_nce(torch.eye(2), torch.eye(2), temperature=0.1, threshold=0.8)


def test_reconstruction_with_a_mask_ignores_padding() -> None:
    mask = torch.tensor([[True, False]])
    predicted = torch.tensor([[[2.0], [0.0]]])
    wanted = torch.zeros(1, 2, 1)
    assert reconstruction(predicted, wanted).item() == pytest.approx(0.75)
    assert reconstruction(predicted, wanted, mask).item() == pytest.approx(1.5)

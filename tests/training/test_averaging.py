"""The running mean of weights against its closed form."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from tmr_engine.training.averaging import RunningMean  # noqa: E402
from tmr_engine.training.networks import NetworkSize  # noqa: E402
from tmr_engine.training.tmr import TMR  # noqa: E402

pytestmark = pytest.mark.torch
SIZE = NetworkSize(latent_dim=4, ff_size=4, num_layers=1, num_heads=1, dropout=0.0)


def filled(model: TMR, value: float) -> TMR:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    return model


def test_each_step_keeps_a_share_of_the_mean_and_early_steps_keep_less():
    model = filled(TMR(3, 5, SIZE), 0.0)
    mean = RunningMean(model, 0.9)
    expected = 0.0
    for step in range(1, 301):
        filled(model, float(step % 7))
        mean.update(model, step)
        keep = min(0.9, (step + 1) / (step + 10))
        expected = keep * expected + (1 - keep) * (step % 7)
    for parameter in mean.model.parameters():
        assert torch.allclose(parameter, torch.full_like(parameter, expected), atol=1e-5)


def test_the_mean_has_weights_of_its_own():
    model = filled(TMR(3, 5, SIZE), 1.0)
    mean = RunningMean(model, 0.5)
    filled(model, 9.0)
    assert all((parameter == 1.0).all() for parameter in mean.model.parameters())
    assert not any(parameter.requires_grad for parameter in mean.model.parameters())

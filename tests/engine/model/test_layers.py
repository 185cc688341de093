"""Layers against scipy and torch in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from tmr_engine.model import layers


def test_gelu_is_the_exact_one_within_float32():
    x = np.linspace(-12, 12, 200_001, dtype=np.float32)
    exact = x.astype(np.float64) * special.ndtr(x.astype(np.float64))
    assert np.abs(layers.gelu(x[:, None])[:, 0] - exact).max() < 1.5e-6  # one step of float32 at 12


def test_gelu_of_extreme_numbers_is_the_number_or_nothing():
    x = np.array([[0.0, 1e-30, 1e4, -1e4, 1e15, -1e15]], dtype=np.float32)
    assert layers.gelu(x)[0].tolist() == [0, x[0, 1] / 2, 1e4, 0, x[0, 4], 0]


def test_gelu_does_not_depend_on_how_many_rows_come_at_once():
    x = np.random.default_rng(0).standard_normal((200, 7)).astype(np.float32)
    assert np.array_equal(layers.gelu(x), np.concatenate([layers.gelu(row[None]) for row in x]))


def test_widening_is_exact_for_every_finite_half():
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    wide = layers.widen(halves)
    assert np.array_equal(wide.view(np.uint32), halves.astype(np.float32).view(np.uint32))
    assert np.array_equal(layers.widen(halves[::-2]), halves[::-2].astype(np.float32))


def test_softmax_holds_for_large_scores():
    scores = np.array([[1e4, 1e4 + 1, -1e9], [0, 0, 0]], dtype=np.float32)
    assert np.allclose(layers.softmax(scores.copy()), special.softmax(scores.astype(np.float64), axis=-1))


@pytest.mark.torch
def test_attention_is_torchs():
    import torch

    chance = np.random.default_rng(1)
    x = chance.standard_normal((3, 5, 3 * 24)).astype(np.float32)
    present = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]], dtype=bool)
    mask = np.where(present, np.float32(0), np.float32(-1e9))
    ours = layers.attention(x, 4, mask)
    query, key, value = (
        torch.from_numpy(part.astype(np.float64)).reshape(3, 5, 4, 6).transpose(1, 2)
        for part in np.split(x, 3, axis=-1)
    )
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=torch.from_numpy(present)[:, None, None, :]
    )
    assert np.abs(ours - expected.transpose(1, 2).reshape(3, 5, 24).numpy()).max() < 1e-5


@pytest.mark.torch
def test_layer_norm_is_torchs():
    import torch

    chance = np.random.default_rng(2)
    x, scale, shift = (chance.standard_normal(shape).astype(np.float32) for shape in ((4, 9), 9, 9))
    expected = torch.nn.functional.layer_norm(
        torch.from_numpy(x).double(),
        (9,),
        torch.from_numpy(scale).double(),
        torch.from_numpy(shift).double(),
        1e-12,
    )
    assert np.abs(layers.LayerNorm(scale, shift, 1e-12)(x) - expected.numpy()).max() < 1e-5


@pytest.mark.parametrize(("into", "out"), [(384, 1152), (1536, 384), (5, 7), (384, 383)])
@pytest.mark.parametrize("rows", [1, 9, 300])
def test_a_linear_layer_is_the_product_however_its_weight_lies(into, out, rows):
    chance = np.random.default_rng(3)
    weight, bias, x = (
        chance.standard_normal(shape).astype(np.float32) for shape in ((into, out), out, (2, rows, into))
    )
    expected = x.astype(np.float64) @ weight + bias
    plain = layers.Linear.of(weight, bias)
    for linear in (plain, plain.for_few_rows(), plain.for_few_rows().for_many_rows()):
        assert linear(x).shape == (2, rows, out)
        assert np.abs(linear(x) - expected).max() < 1e-6 * into
    assert np.array_equal(plain.for_few_rows().for_many_rows().strips, plain.strips)
    assert plain.for_few_rows().strips.nbytes == weight.nbytes

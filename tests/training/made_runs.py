"""Run folders with random weights, and TMR's forward pass written down once more from the specification.

The forward pass is float64 NumPy, one clip at a time, in the plainest form: sections 5 and 13 of
tmr-specification.md. It shares nothing with the engine, so that a mistake cannot hide in both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Sizes:
    latent: int = 16
    ff: int = 24
    layers: int = 2
    heads: int = 2
    motion: int = 11
    text: int = 13


def random_weights(sizes: Sizes, seed: int) -> Weights:
    """`<module>.<name>` -> float32 values that half precision holds; no bias and no scale is trivial."""
    draw = np.random.default_rng(seed)
    weights = {}
    for name, shape in shapes(sizes).items():
        values = draw.standard_normal(shape)
        if "norm" in name and name.endswith("weight"):
            values = 1 + 0.25 * values
        elif len(shape) == 1:
            values *= 0.1
        elif not name.endswith("tokens"):
            values /= math.sqrt(shape[1])
        weights[name] = values.astype(np.float16).astype(np.float32)
    return weights


def shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    d, found = sizes.latent, {}
    for module, width in (("motion_encoder", sizes.motion), ("text_encoder", sizes.text)):
        found[f"{module}.tokens"] = (2, d)
        found[f"{module}.projection.weight"], found[f"{module}.projection.bias"] = (d, width), (d,)
        for layer in range(sizes.layers):
            found |= layer_shapes(f"{module}.seqTransEncoder.layers.{layer}", sizes, ("self_attn",))
    for layer in range(sizes.layers):
        name = f"motion_decoder.seqTransDecoder.layers.{layer}"
        found |= layer_shapes(name, sizes, ("self_attn", "multihead_attn"))
    found["motion_decoder.final_layer.weight"] = (sizes.motion, d)
    found["motion_decoder.final_layer.bias"] = (sizes.motion,)
    return found


def layer_shapes(layer: str, sizes: Sizes, attentions: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    d, ff = sizes.latent, sizes.ff
    found: dict[str, tuple[int, ...]] = {}
    for name in attentions:
        found[f"{layer}.{name}.in_proj_weight"], found[f"{layer}.{name}.in_proj_bias"] = (3 * d, d), (3 * d,)
        found[f"{layer}.{name}.out_proj.weight"], found[f"{layer}.{name}.out_proj.bias"] = (d, d), (d,)
    found[f"{layer}.linear1.weight"], found[f"{layer}.linear1.bias"] = (ff, d), (ff,)
    found[f"{layer}.linear2.weight"], found[f"{layer}.linear2.bias"] = (d, ff), (d,)
    for norm in range(1, len(attentions) + 2):
        found[f"{layer}.norm{norm}.weight"] = found[f"{layer}.norm{norm}.bias"] = (d,)
    return found


class Specified:
    """The three networks as specified."""

    def __init__(self, sizes: Sizes, weights: Weights) -> None:
        self.sizes = sizes
        self.weights = {name: values.astype(np.float64) for name, values in weights.items()}

    def encode(self, module: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(mu, logvar) of one clip (T, F)."""
        rows = np.vstack([self.weights[f"{module}.tokens"], self.linear(x, f"{module}.projection")])
        rows = rows + self.positions(len(rows))
        for number in range(self.sizes.layers):
            layer = f"{module}.seqTransEncoder.layers.{number}"
            rows = self.norm(rows + self.attend(rows, rows, f"{layer}.self_attn"), f"{layer}.norm1")
            rows = self.norm(rows + self.feed_forward(rows, layer), f"{layer}.norm2")
        return rows[0], rows[1]

    def decode(self, z: np.ndarray, frames: int) -> np.ndarray:
        """(T, F) of one latent (D,)."""
        rows = self.positions(frames)
        for number in range(self.sizes.layers):
            layer = f"motion_decoder.seqTransDecoder.layers.{number}"
            rows = self.norm(rows + self.attend(rows, rows, f"{layer}.self_attn"), f"{layer}.norm1")
            seen = self.attend(rows, z[None], f"{layer}.multihead_attn")
            rows = self.norm(rows + seen, f"{layer}.norm2")
            rows = self.norm(rows + self.feed_forward(rows, layer), f"{layer}.norm3")
        return self.linear(rows, "motion_decoder.final_layer")

    def positions(self, count: int) -> np.ndarray:
        table = np.zeros((count, self.sizes.latent))
        for place in range(count):
            for pair in range(0, self.sizes.latent, 2):
                angle = place * math.exp(-pair * math.log(10_000) / self.sizes.latent)
                table[place, pair], table[place, pair + 1] = math.sin(angle), math.cos(angle)
        return table

    def linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, x: np.ndarray, name: str) -> np.ndarray:
        normal = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return normal * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def feed_forward(self, x: np.ndarray, layer: str) -> np.ndarray:
        inner = self.linear(x, f"{layer}.linear1")
        return self.linear(inner * (1 + erf(inner / math.sqrt(2))) / 2, f"{layer}.linear2")

    def attend(self, queries: np.ndarray, memory: np.ndarray, name: str) -> np.ndarray:
        d = self.sizes.latent
        weight, bias = self.weights[f"{name}.in_proj_weight"], self.weights[f"{name}.in_proj_bias"]
        q = queries @ weight[:d].T + bias[:d]
        k = memory @ weight[d : 2 * d].T + bias[d : 2 * d]
        v = memory @ weight[2 * d :].T + bias[2 * d :]
        heads = []
        for columns in np.split(np.arange(d), self.sizes.heads):
            scores = q[:, columns] @ k[:, columns].T / math.sqrt(len(columns))
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(shares / shares.sum(axis=1, keepdims=True) @ v[:, columns])
        return self.linear(np.hstack(heads), f"{name}.out_proj")

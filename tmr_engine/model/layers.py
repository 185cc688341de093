"""Layers of a transformer encoder in NumPy, float32.

Letters in shapes: N texts, T tokens, H heads, D width, K = D / H width of a head.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# rows at a time through gelu: its scratch arrays then stay in the processor's cache
_GELU_ROWS = 64
# of a weight in one strip: with 40 rows, those of a long sentence, still below 1e6 multiplications
_STRIP_NUMBERS = 24_576
_ERFC_P = np.float32(0.3275911)
_ERFC = tuple(map(np.float32, (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)))


def widen(array: NDArray[Any]) -> Floats:
    """A float32 copy of an array of finite numbers.

    Half precision is widened through its bits, which takes a third of the time of `astype`: in float32 the
    same exponent and mantissa stand for a number 2^112 times smaller.
    """
    if array.dtype != np.float16:
        return array.astype(np.float32)
    bits = np.ascontiguousarray(array).view(np.uint16).astype(np.uint32)
    sign = bits & np.uint32(0x8000)
    sign <<= np.uint32(16)
    bits &= np.uint32(0x7FFF)
    bits <<= np.uint32(13)
    wide: Floats = bits.view(np.float32)
    wide *= np.float32(2.0**112)
    bits |= sign
    return wide


class Linear(NamedTuple):
    """weight (in, out) and bias (out,) of a layer, the weight cut into S strips of n columns, S n = out.

    (in, out), because for the few rows of a query that is twice as fast as torch's (out, in).
    """

    strips: Floats
    bias: Floats

    @classmethod
    def of(cls, weight: Floats, bias: Floats) -> Linear:
        """The layer of a weight (in, out), in one piece: for hundreds of rows."""
        return cls(np.ascontiguousarray(weight[None]), bias)

    def for_few_rows(self) -> Linear:
        """The same layer for some ten rows, those of a query.

        BLAS copies a weight before it multiplies, which for ten rows takes longer than to multiply. OpenBLAS
        leaves it out below 1e6 multiplications where the processor has AVX-512: there strips that small take
        less than half the time, and elsewhere about the same.
        """
        (weight,) = self.strips
        into, out = weight.shape
        wanted = min(out, max(1, _STRIP_NUMBERS // into))
        width = next(width for width in range(wanted, 0, -1) if out % width == 0)
        strips = weight.reshape(into, out // width, width).swapaxes(0, 1)
        return Linear(np.ascontiguousarray(strips), self.bias)

    def for_many_rows(self) -> Linear:
        """What `for_few_rows` was made of."""
        into = self.strips.shape[1]
        return Linear(self.strips.swapaxes(0, 1).reshape(1, into, len(self.bias)), self.bias)

    def __call__(self, x: Floats) -> Floats:
        """(..., in) -> (..., out)."""
        rows = x.reshape(-1, x.shape[-1])
        y: Floats = (rows @ self.strips).swapaxes(0, 1).reshape(len(rows), len(self.bias))
        y += self.bias
        return y.reshape(*x.shape[:-1], len(self.bias))


class LayerNorm(NamedTuple):
    """scale and shift (D,) after normalising each row to mean 0 and variance 1."""

    scale: Floats
    shift: Floats
    epsilon: float

    def __call__(self, x: Floats) -> Floats:
        """(..., D) -> (..., D)."""
        # sums, because `mean` takes longer for the few rows of a query than all the rest
        share = np.float32(1 / x.shape[-1])
        mean: Floats = np.add.reduce(x, axis=-1, keepdims=True)
        mean *= share
        y: Floats = x - mean
        variance: Floats = np.add.reduce(np.square(y), axis=-1, keepdims=True)
        variance *= share
        variance += np.float32(self.epsilon)
        y /= np.sqrt(variance)
        y *= self.scale
        y += self.shift
        return y


def gelu(x: Floats) -> Floats:
    """Gaussian error linear unit, x (1 + erf(x / sqrt 2)) / 2, of an array (R, D).

    For |x| the tail erfc is Abramowitz and Stegun 7.1.26 (error below 1.5e-7), and
    gelu(x) = max(x, 0) - |x| erfc(|x| / sqrt 2) / 2 holds on both sides of 0.
    """
    out = np.empty_like(x)
    for start in range(0, len(x), _GELU_ROWS):
        rows = x[start : start + _GELU_ROWS]
        size = np.abs(rows)
        z = size * np.float32(np.sqrt(0.5))
        t = 1 / (1 + _ERFC_P * z)
        tail = t * _ERFC[0]
        for coefficient in _ERFC[1:]:
            tail += coefficient
            tail *= t
        z *= z
        np.negative(z, out=z)
        tail *= np.exp(z, out=z)
        size *= np.float32(0.5)
        tail *= size
        np.subtract(np.maximum(rows, 0), tail, out=out[start : start + _GELU_ROWS])
    return out


def softmax(scores: Floats) -> Floats:
    """Softmax along the last axis, in place."""
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores


def attention(query_key_value: Floats, heads: int, mask: Floats | None) -> Floats:
    """Multi-head self-attention, before its output layer.

    Args:
        query_key_value: (N, T, 3 D), the three side by side.
        heads: H.
        mask: (N, T), added to the score of every key: 0, or a large negative number where a token is
            padding; None where none is.

    Returns:
        (N, T, D).
    """
    texts, tokens, width = query_key_value.shape
    split = query_key_value.reshape(texts, tokens, 3, heads, width // 3 // heads)
    query, key, value = split.transpose(2, 0, 3, 1, 4)  # (N, H, T, K) each
    scores = query @ key.swapaxes(-1, -2)
    scores *= np.float32(1 / np.sqrt(query.shape[-1]))
    if mask is not None:
        scores += mask[:, None, None, :]
    mixed: Floats = softmax(scores) @ value
    return mixed.transpose(0, 2, 1, 3).reshape(texts, tokens, width // 3)

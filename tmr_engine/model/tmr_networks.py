"""The networks of TMR in NumPy: two post-norm transformer encoders and a decoder (Petrovich et al. 2023).

Letters in shapes: B clips or texts, L frames or tokens of the longest, F width of a frame, D of a latent, R
rows of all clips of a group, one behind the other. Rows of padding are left out before anything is computed,
so nothing that stands there, not even NaN, can reach a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import BundleError
from .layers import Floats, LayerNorm, Linear, attention, gelu, widen

MAX_POSITIONS = 5000  # rows of the authors' table of positions
DISTRIBUTION_TOKENS = 2  # one becomes the mean, one the log-variance
STATISTICS = ("statistics.mean", "statistics.std")

_EPSILON = 1e-5
_LARGEST_SIZE = 1 << 16
# rows that go through a layer together: enough for the matrix products, few enough for the processor's cache
_ROWS_AT_ONCE = 1024

Ints = NDArray[np.int64]
Arrays = Mapping[str, NDArray[Any]]
_Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class TMRSize:
    """Sizes of the three networks, called as in the manifest's settings.

    Args:
        latent_dim, ff_size, num_layers, num_heads: of each network.
        motion_width, text_width: numbers of a frame and of a token.
    """

    latent_dim: int
    ff_size: int
    num_layers: int
    num_heads: int
    motion_width: int
    text_width: int

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> TMRSize:
        """Reads the sizes from a bundle's settings.

        Raises:
            BundleError: one is missing or no usable number, or the heads do not divide the width.
        """
        values: dict[str, Any] = {name: settings.get(name) for name in (field.name for field in fields(cls))}
        for name, value in values.items():
            if type(value) is not int or not 0 < value <= _LARGEST_SIZE:
                raise BundleError(f"the model's settings have no usable '{name}' ({value!r})")
        size = cls(**values)
        if size.latent_dim % size.num_heads or size.latent_dim % 2:
            raise BundleError(f"{size.num_heads} heads do not divide a width of {size.latent_dim}")
        return size

    def shapes(self) -> _Shapes:
        """The shape of every array of a bundle: weights as torch keeps them, (out, in), and statistics."""
        shapes: _Shapes = dict.fromkeys(STATISTICS, (self.motion_width,))
        for module, width in (("motion_encoder", self.motion_width), ("text_encoder", self.text_width)):
            shapes[f"{module}.tokens"] = (DISTRIBUTION_TOKENS, self.latent_dim)
            shapes |= _linear_shapes(f"{module}.projection", self.latent_dim, width)
            shapes |= self._stack_shapes(f"{module}.seqTransEncoder", ("self_attn",))
        shapes |= self._stack_shapes("motion_decoder.seqTransDecoder", ("self_attn", "multihead_attn"))
        return shapes | _linear_shapes("motion_decoder.final_layer", self.motion_width, self.latent_dim)

    def check(self, arrays: Arrays) -> None:
        """Compares arrays with `shapes`.

        Raises:
            BundleError: one is missing, of another shape, or holds no floats.
        """
        for name, shape in self.shapes().items():
            array = arrays.get(name)
            if array is None or array.shape != shape or array.dtype.kind != "f":
                found = "not there" if array is None else f"{array.dtype} {array.shape}"
                raise BundleError(f"the weights '{name}' are {found}, the model needs floats {shape}")

    def _stack_shapes(self, stack: str, attentions: tuple[str, ...]) -> _Shapes:
        wide = self.latent_dim
        shapes: _Shapes = {}
        for number in range(self.num_layers):
            layer = f"{stack}.layers.{number}"
            for name in attentions:
                shapes[f"{layer}.{name}.in_proj_weight"] = (3 * wide, wide)
                shapes[f"{layer}.{name}.in_proj_bias"] = (3 * wide,)
                shapes |= _linear_shapes(f"{layer}.{name}.out_proj", wide, wide)
            shapes |= _linear_shapes(f"{layer}.linear1", self.ff_size, wide)
            shapes |= _linear_shapes(f"{layer}.linear2", wide, self.ff_size)
            for norm in range(1, len(attentions) + 2):
                shapes[f"{layer}.norm{norm}.weight"] = shapes[f"{layer}.norm{norm}.bias"] = (wide,)
        return shapes


def _linear_shapes(name: str, out: int, into: int) -> _Shapes:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


class _Block(NamedTuple):
    """What a layer of an encoder and one of a decoder have in common."""

    query_key_value: Linear
    mixed: Linear
    attention_norm: LayerNorm
    inner: Linear
    outer: Linear
    output_norm: LayerNorm

    def for_few_rows(self) -> _Block:
        linear = {name: part for name, part in self._asdict().items() if isinstance(part, Linear)}
        changed: dict[str, Any] = {name: part.for_few_rows() for name, part in linear.items()}
        return self._replace(**changed)

    def attend(self, x: Floats, spans: Ints, heads: int) -> Floats:
        """(R, D): every row has looked at the rows of its own clip; `spans` (B + 1,) bounds the clips."""
        projected = self.query_key_value(x)
        mixed = np.empty_like(x)
        for start, stop in pairwise(spans.tolist()):
            mixed[start:stop] = attention(projected[None, start:stop], heads, None)[0]
        return self.attention_norm(x + self.mixed(mixed))

    def feed_forward(self, x: Floats) -> Floats:
        """(R, D) -> (R, D)."""
        return self.output_norm(x + self.outer(gelu(self.inner(x))))


class _Cross(NamedTuple):
    """Attention to a memory of one token: its weight is 1, so every frame gets Wo (Wv z + bv) + bo."""

    value: Linear
    mixed: Linear
    norm: LayerNorm

    def __call__(self, x: Floats, z: Floats, owners: Ints) -> Floats:
        """(R, D) of rows (R, D), latents (B, D) and the (R,) latent of each row."""
        return self.norm(x + self.mixed(self.value(z))[owners])


class Encoder:
    """Two learned tokens, then the projected sequence, through post-norm layers.

    Args:
        size, arrays: of the bundle.
        module: "motion_encoder" or "text_encoder".
        for_few_rows: its weights lie as it suits sentences and not motions (`Linear.for_few_rows`).
    """

    def __init__(self, size: TMRSize, arrays: Arrays, module: str, *, for_few_rows: bool) -> None:
        self._heads = size.num_heads
        self._projection = _linear(arrays, f"{module}.projection")
        self._table = position_table(size.latent_dim)
        self._tokens = widen(arrays[f"{module}.tokens"]) + self._table[:DISTRIBUTION_TOKENS]
        stack = f"{module}.seqTransEncoder.layers"
        self._blocks = [_block(arrays, f"{stack}.{number}", "norm2") for number in range(size.num_layers)]
        if for_few_rows:
            self._projection = self._projection.for_few_rows()
            self._blocks = [block.for_few_rows() for block in self._blocks]

    def __call__(self, x: Floats, lengths: Ints) -> tuple[Floats, Floats]:
        """(mu, logvar), each (B, D), of vectors (B, L, width) with (B,) valid ones, at least one each."""
        found = np.empty((len(lengths), DISTRIBUTION_TOKENS, self._tokens.shape[1]), np.float32)
        for group in _groups(lengths + DISTRIBUTION_TOKENS):
            found[group] = self._encode(x[group], lengths[group])
        return found[:, 0], found[:, 1]

    def _encode(self, x: Floats, lengths: Ints) -> Floats:
        """(B, 2, D) final rows of the two tokens."""
        clips, frames = np.nonzero(_mask(lengths))
        projected = self._projection(x[clips, frames].astype(np.float32, copy=False))
        projected += self._table[frames + DISTRIBUTION_TOKENS]
        spans = _bounds(lengths + DISTRIBUTION_TOKENS)
        tokens = spans[:-1, None] + np.arange(DISTRIBUTION_TOKENS)
        rows = np.empty((spans[-1], self._tokens.shape[1]), np.float32)
        rows[tokens] = self._tokens
        is_frame = np.ones(len(rows), bool)
        is_frame[tokens] = False
        rows[is_frame] = projected
        for block in self._blocks[:-1]:
            rows = block.feed_forward(block.attend(rows, spans, self._heads))
        # only the tokens' rows leave the stack: the last layer feeds nothing else forward
        last = self._blocks[-1]
        final = last.attend(rows, spans, self._heads)[tokens]
        return last.feed_forward(final.reshape(-1, final.shape[-1])).reshape(final.shape)


class Decoder:
    """Frames of a latent: positions alone go in, the latent comes by cross-attention."""

    def __init__(self, size: TMRSize, arrays: Arrays) -> None:
        self._heads = size.num_heads
        self._table = position_table(size.latent_dim)
        self._final = _linear(arrays, "motion_decoder.final_layer")
        layers = [f"motion_decoder.seqTransDecoder.layers.{number}" for number in range(size.num_layers)]
        self._layers = [(_block(arrays, name, "norm3"), _cross(arrays, name)) for name in layers]

    def __call__(self, z: Floats, lengths: Ints) -> Floats:
        """(B, L, F), zero behind the (B,) wanted frames, of latents (B, D)."""
        longest = int(lengths.max(initial=0))
        found = np.zeros((len(lengths), longest, len(self._final.bias)), np.float32)
        for group in _groups(lengths):
            found[group][_mask(lengths[group], longest)] = self._decode(z[group], lengths[group])
        return found

    def _decode(self, z: Floats, lengths: Ints) -> Floats:
        """(R, F) frames of all clips."""
        latents = z.astype(np.float32, copy=False)
        clips, frames = np.nonzero(_mask(lengths))
        rows: Floats = self._table[frames]
        spans = _bounds(lengths)
        for block, cross in self._layers:
            rows = cross(block.attend(rows, spans, self._heads), latents, clips)
            rows = block.feed_forward(rows)
        return self._final(rows)


def _block(arrays: Arrays, layer: str, output_norm: str) -> _Block:
    return _Block(
        _attention_input(arrays, f"{layer}.self_attn", slice(None)),
        _linear(arrays, f"{layer}.self_attn.out_proj"),
        _layer_norm(arrays, f"{layer}.norm1"),
        _linear(arrays, f"{layer}.linear1"),
        _linear(arrays, f"{layer}.linear2"),
        _layer_norm(arrays, f"{layer}.{output_norm}"),
    )


def _cross(arrays: Arrays, layer: str) -> _Cross:
    width = len(arrays[f"{layer}.norm2.bias"])
    return _Cross(
        _attention_input(arrays, f"{layer}.multihead_attn", slice(2 * width, None)),
        _linear(arrays, f"{layer}.multihead_attn.out_proj"),
        _layer_norm(arrays, f"{layer}.norm2"),
    )


def _linear(arrays: Arrays, name: str) -> Linear:
    return Linear.of(widen(arrays[f"{name}.weight"].T), widen(arrays[f"{name}.bias"]))


def _attention_input(arrays: Arrays, name: str, rows: slice) -> Linear:
    """Of the packed rows: query, then key, then value."""
    weight, bias = arrays[f"{name}.in_proj_weight"][rows], arrays[f"{name}.in_proj_bias"][rows]
    return Linear.of(widen(weight.T), widen(bias))


def _layer_norm(arrays: Arrays, name: str) -> LayerNorm:
    return LayerNorm(widen(arrays[f"{name}.weight"]), widen(arrays[f"{name}.bias"]), _EPSILON)


@lru_cache(maxsize=4)
def position_table(width: int) -> Floats:
    """(5000, width) standard sinusoids (Vaswani et al. 2017), read-only.

    In float32 from its arguments on: exact sines differ by 1e-4 from what the authors' weights were trained
    with, where the positions are far out. The rates alone are rounded from float64, because the float32 `exp`
    of one machine differs from another's in the last place, which 300 positions make 3e-5.
    """
    exponents = np.arange(0, width, 2, dtype=np.float32) * np.float32(-np.log(10_000.0) / width)
    rates = np.exp(exponents.astype(np.float64)).astype(np.float32)
    angles = np.arange(MAX_POSITIONS, dtype=np.float32)[:, None] * rates
    table = np.empty((MAX_POSITIONS, width), np.float32)
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    table.setflags(write=False)
    return table


def _groups(rows: Ints) -> Iterator[slice]:
    """Neighbouring clips with about `_ROWS_AT_ONCE` rows together, at least one clip each."""
    start, held = 0, 0
    for place, count in enumerate(rows.tolist()):
        if held and held + count > _ROWS_AT_ONCE:
            yield slice(start, place)
            start, held = place, 0
        held += count
    if held:
        yield slice(start, len(rows))


def _bounds(counts: Ints) -> Ints:
    """(B + 1,) where each clip begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(counts)])


def _mask(lengths: Ints, longest: int | None = None) -> NDArray[np.bool_]:
    """(B, longest) True for the first `lengths[b]` positions of row b."""
    reach = lengths.max() if longest is None else longest
    return np.arange(reach) < lengths[:, None]

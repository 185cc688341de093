"""BERT's encoder in NumPy: token ids to token vectors (Devlin et al. 2019; post-norm layers, erf GELU).

Arrays are named as in the authors' release, without the pooling layer on top; the weights of linear layers
lie (in, out), see `transposed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import BundleError
from .layers import Floats, LayerNorm, Linear, attention, gelu, widen

_MASKED = np.float32(-1e9)


@dataclass(frozen=True)
class BertSize:
    """Sizes of the network.

    Args:
        layers, heads, width, inner_width: of the encoder.
        vocabulary, positions: rows of the two embedding tables.
        layer_norm_epsilon: added to the variance.
    """

    layers: int
    heads: int
    width: int
    inner_width: int
    vocabulary: int
    positions: int
    layer_norm_epsilon: float

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> BertSize:
        """Reads the sizes from a bundle's settings.

        Raises:
            BundleError: one is missing or no positive number, or the heads do not divide the width.
        """
        values: dict[str, Any] = {field.name: settings.get(field.name) for field in fields(cls)}
        for name, value in values.items():
            kind = float if name == "layer_norm_epsilon" else int
            if type(value) is not kind or not value > 0:
                raise BundleError(f"the model's settings have no usable '{name}' ({value!r})")
        size = cls(**values)
        if size.width % size.heads:
            raise BundleError(f"{size.heads} heads do not divide a width of {size.width}")
        return size

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array of the network."""
        wide, inner = self.width, self.inner_width
        shapes: dict[str, tuple[int, ...]] = {
            "embeddings.word_embeddings.weight": (self.vocabulary, wide),
            "embeddings.position_embeddings.weight": (self.positions, wide),
            "embeddings.token_type_embeddings.weight": (2, wide),
            "embeddings.LayerNorm.weight": (wide,),
            "embeddings.LayerNorm.bias": (wide,),
        }
        for layer in range(self.layers):
            for part, (out, into) in {
                "attention.self.query": (wide, wide),
                "attention.self.key": (wide, wide),
                "attention.self.value": (wide, wide),
                "attention.output.dense": (wide, wide),
                "intermediate.dense": (inner, wide),
                "output.dense": (wide, inner),
            }.items():
                shapes[f"encoder.layer.{layer}.{part}.weight"] = (into, out)
                shapes[f"encoder.layer.{layer}.{part}.bias"] = (out,)
            for norm in ("attention.output.LayerNorm", "output.LayerNorm"):
                shapes[f"encoder.layer.{layer}.{norm}.weight"] = (wide,)
                shapes[f"encoder.layer.{layer}.{norm}.bias"] = (wide,)
        return shapes

    def check(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Compares arrays with `shapes`.

        Raises:
            BundleError: one is missing or of another shape.
        """
        for name, shape in self.shapes().items():
            if name not in arrays or arrays[name].shape != shape:
                found = arrays[name].shape if name in arrays else "not there"
                raise BundleError(f"the weights '{name}' are {found}, the model needs {shape}")


def transposed(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Arrays as the authors (and torch) keep them, linear layers (out, in), made ours, or the way back."""
    return {
        name: array.T if array.ndim == 2 and name.startswith("encoder.layer.") else array
        for name, array in arrays.items()
    }


class _Layer(NamedTuple):
    query_key_value: Linear
    attention_output: Linear
    attention_norm: LayerNorm
    inner: Linear
    output: Linear
    output_norm: LayerNorm

    def for_many_rows(self) -> _Layer:
        linear = {name: part for name, part in self._asdict().items() if isinstance(part, Linear)}
        changed: dict[str, Any] = {name: part.for_many_rows() for name, part in linear.items()}
        return self._replace(**changed)


class Bert:
    """The network, ready to run.

    Args:
        size: what it is made of.
        arrays: as `BertSize.shapes` names them, of any float type; widened to float32 here, once. Only the
            word table, half of all weights, stays as it is: a text touches a few of its rows.

    Raises:
        BundleError: an array is missing or of another shape.
    """

    def __init__(self, size: BertSize, arrays: Mapping[str, NDArray[Any]]) -> None:
        size.check(arrays)
        self.size = size
        self._arrays = arrays
        self._words = arrays["embeddings.word_embeddings.weight"]
        # every text is of type 0 here (type 1 is the second one of a pair)
        self._positions = self._float("embeddings.position_embeddings.weight")
        self._positions += self._float("embeddings.token_type_embeddings.weight")[0]
        self._norm = self._layer_norm("embeddings.LayerNorm")
        self._layers = [self._layer(f"encoder.layer.{number}.") for number in range(size.layers)]
        del self._arrays

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.bool_]) -> Floats:
        """Token vectors.

        Args:
            ids: (N, T) token ids, T at most `size.positions`.
            mask: (N, T) True for tokens, False for padding, which no token looks at.

        Returns:
            (N, T, width); rows of padding hold numbers without meaning.
        """
        x = self._words[ids].astype(np.float32)
        x += self._positions[: ids.shape[1]]
        x = self._norm(x)
        bias = None if mask.all() else np.where(mask, np.float32(0), _MASKED)
        for layer in self._layers:
            mixed = attention(layer.query_key_value(x), self.size.heads, bias)
            x = layer.attention_norm(x + layer.attention_output(mixed))
            inner = layer.inner(x)
            inner = gelu(inner.reshape(-1, inner.shape[-1])).reshape(inner.shape)
            x = layer.output_norm(x + layer.output(inner))
        return x

    def for_many_texts(self) -> Bert:
        """The same network with its weights in another order, which are a copy: faster for tens of texts.

        Not to be kept: this one is for a query (`Linear.for_few_rows`).
        """
        other = copy(self)
        other._layers = [layer.for_many_rows() for layer in self._layers]
        return other

    def _float(self, name: str) -> Floats:
        return widen(self._arrays[name])

    def _linear(self, *names: str) -> Linear:
        """One linear layer from one or several with the same input."""
        weights = [self._float(f"{name}.weight") for name in names]
        biases = [self._float(f"{name}.bias") for name in names]
        return Linear.of(np.concatenate(weights, axis=1), np.concatenate(biases)).for_few_rows()

    def _layer_norm(self, name: str) -> LayerNorm:
        return LayerNorm(
            self._float(f"{name}.weight"), self._float(f"{name}.bias"), self.size.layer_norm_epsilon
        )

    def _layer(self, place: str) -> _Layer:
        return _Layer(
            self._linear(*(f"{place}attention.self.{part}" for part in ("query", "key", "value"))),
            self._linear(f"{place}attention.output.dense"),
            self._layer_norm(f"{place}attention.output.LayerNorm"),
            self._linear(f"{place}intermediate.dense"),
            self._linear(f"{place}output.dense"),
            self._layer_norm(f"{place}output.LayerNorm"),
        )

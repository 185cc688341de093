"""Whether an exported model computes what its run computes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import BundleError
from ..model.tmr import TMR
from ..motion.rotation import FloatArray
from .batches import pad_vectors
from .checkpoint import Checkpoint
from .run_folder import as_array

# between two programs with the same weights, as a share of the output's largest number (or of 1): float32
# of torch itself differs from float64 by 5e-6
SAME_WEIGHTS = 5e-5
# between the run and its weights in half precision, as a share of the output's length
HALF_PRECISION = 0.02

MOTION_LENGTHS = (40, 1, 200, 2, 7)
TEXT_LENGTHS = (12, 1, 30, 3)
_Network = TypeVar("_Network", bound=nn.Module)
_SEED = 20230516
_RUBBISH = 1e3  # stands in the padding, where it must change nothing


@dataclass(frozen=True)
class Probe:
    """A padded batch of random inputs.

    Args:
        module: the network it is for.
        inputs: (B, L, W) vectors for an encoder, (B, D) latents for the decoder.
        lengths: (B,).
    """

    module: str
    inputs: Tensor
    lengths: Tensor


@dataclass(frozen=True)
class Agreement:
    """The largest differences that were found.

    Args:
        same_weights: to be held against `SAME_WEIGHTS`.
        half_precision: to be held against `HALF_PRECISION`.
    """

    same_weights: float
    half_precision: float


def probes(checkpoint: Checkpoint) -> Iterator[Probe]:
    """A batch for each network, standard normal as normalised features are, one of its rows of length 1."""
    draw = np.random.default_rng(_SEED)
    for module, lengths in (("motion_encoder", MOTION_LENGTHS), ("text_encoder", TEXT_LENGTHS)):
        width = getattr(checkpoint, module).projection.in_features
        rows = [draw.standard_normal((length, width)).astype(np.float32) for length in lengths]
        vectors, mask = pad_vectors(rows)
        yield Probe(module, vectors.masked_fill(~mask[..., None], _RUBBISH), torch.tensor(lengths))
    latents = draw.standard_normal((len(MOTION_LENGTHS), checkpoint.size.latent_dim)).astype(np.float32)
    yield Probe("motion_decoder", torch.from_numpy(latents), torch.tensor(MOTION_LENGTHS))


def outputs_of(checkpoint: Checkpoint, probe: Probe) -> tuple[FloatArray, ...]:
    """What the run's network gives: (mu, logvar) of an encoder, (features,) of the decoder."""
    if probe.module == "motion_decoder":
        return (as_array(checkpoint.decode(probe.inputs, probe.lengths)),)
    encode = checkpoint.encode_text if probe.module == "text_encoder" else checkpoint.encode_motion
    mu, logvar = encode(probe.inputs, probe.lengths)
    return as_array(mu), as_array(logvar)


def compare(checkpoint: Checkpoint, served: TMR) -> Agreement:
    """Runs the served networks and those of the run on random inputs.

    Raises:
        BundleError: they differ by more than `SAME_WEIGHTS` where torch computes with the bundle's rounded
            weights, or by more than `HALF_PRECISION` where it computes with the run's own.
    """
    rounded = _rounded(checkpoint)
    same, half = 0.0, 0.0
    for probe in probes(checkpoint):
        found = _served_outputs(served, probe)
        for ours, theirs in zip(found, outputs_of(rounded, probe), strict=True):
            same = max(same, difference(probe.module, ours, theirs))
        for ours, theirs in zip(found, outputs_of(checkpoint, probe), strict=True):
            half = max(half, _rounding(probe.module, ours, theirs))
    return Agreement(same, half)


def difference(module: str, found: FloatArray, expected: FloatArray) -> float:
    """The largest difference as a share of the largest number, or of 1.

    Raises:
        BundleError: it is above `SAME_WEIGHTS`, or no number.
    """
    apart = float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))
    return _within(SAME_WEIGHTS, apart, f"the exported {module} and torch's differ")


def _rounding(module: str, found: FloatArray, expected: FloatArray) -> float:
    length = max(float(np.linalg.norm(expected)), float(np.finfo(np.float32).tiny))
    apart = float(np.linalg.norm(found - expected)) / length
    return _within(HALF_PRECISION, apart, f"half precision changes what the {module} gives")


def _within(tolerance: float, apart: float, what: str) -> float:
    if not apart <= tolerance:  # NaN is refused too
        raise BundleError(f"{what} by {apart:.2g}, {tolerance:g} is allowed")
    return apart


def _served_outputs(served: TMR, probe: Probe) -> tuple[FloatArray, ...]:
    inputs, lengths = as_array(probe.inputs), as_array(probe.lengths)
    if probe.module == "motion_decoder":
        return (served.decode(inputs, lengths),)
    encode = served.encode_text if probe.module == "text_encoder" else served.encode_motion
    return encode(inputs, lengths)


def _rounded(checkpoint: Checkpoint) -> Checkpoint:
    """The run with its weights as a bundle keeps them."""
    return replace(
        checkpoint,
        motion_encoder=_half(checkpoint.motion_encoder),
        text_encoder=_half(checkpoint.text_encoder),
        motion_decoder=_half(checkpoint.motion_decoder),
    )


def _half(module: _Network) -> _Network:
    rounded = copy.deepcopy(module)
    with torch.no_grad():
        for weights in rounded.parameters():
            weights.copy_(weights.half())
    return rounded

"""The networks as ONNX files, for other programs: any batch, any length."""

from __future__ import annotations

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import BundleError
from .agreement import Probe, difference, outputs_of, probes
from .checkpoint import Checkpoint
from .networks import ActorStyleDecoder, ActorStyleEncoder, mask_of
from .run_folder import as_array

_OPSET = 17
# network -> name of its input, names of its outputs; `mask` (batch, length) is True where valid
_NAMES = {
    "motion_encoder": ("x", ("mu", "logvar")),
    "text_encoder": ("tokens", ("mu", "logvar")),
    "motion_decoder": ("z", ("features",)),
}


class _Encoder(nn.Module):
    """An encoder in operations of any length: torch writes its own attention down for one length only."""

    def __init__(self, encoder: ActorStyleEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.encoder.tokens.expand(x.shape[0], -1, -1)
        rows = torch.cat([tokens, self.encoder.projection(x)], dim=1)
        valid = torch.cat([torch.ones_like(tokens[..., 0], dtype=torch.bool), mask], dim=1)
        rows = self.encoder.sequence_pos_encoding(rows)
        for layer in self.encoder.seqTransEncoder.layers:
            rows = layer.norm1(rows + _attend(layer.self_attn, rows, valid))
            rows = layer.norm2(rows + layer.linear2(functional.gelu(layer.linear1(rows))))
        return rows[:, 0], rows[:, 1]


class _Decoder(nn.Module):
    """The decoder likewise; attention to the one latent is a sum."""

    def __init__(self, decoder: ActorStyleDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, z: Tensor, mask: Tensor) -> Tensor:
        table = self.decoder.sequence_pos_encoding.table[: mask.shape[1]]
        rows = table.expand(z.shape[0], -1, -1)
        for layer in self.decoder.seqTransDecoder.layers:
            rows = layer.norm1(rows + _attend(layer.self_attn, rows, mask))
            cross, value = layer.multihead_attn, slice(2 * z.shape[1], None)
            seen = functional.linear(z, cross.in_proj_weight[value], cross.in_proj_bias[value])
            rows = layer.norm2(rows + cross.out_proj(seen)[:, None])
            rows = layer.norm3(rows + layer.linear2(functional.gelu(layer.linear1(rows))))
        features: Tensor = self.decoder.final_layer(rows)
        return features * mask[..., None]


def _attend(attention: Any, rows: Tensor, valid: Tensor) -> Tensor:
    """Self-attention (B, L, D); keys count where `valid` (B, L)."""
    projected = functional.linear(rows, attention.in_proj_weight, attention.in_proj_bias)
    shape = (*rows.shape[:2], 3, attention.num_heads, attention.head_dim)
    query, key, value = projected.reshape(shape).permute(2, 0, 3, 1, 4).unbind()
    scores = query @ key.transpose(-1, -2) * attention.head_dim**-0.5
    shares = scores.masked_fill(~valid[:, None, None], -torch.inf).softmax(dim=-1)
    mixed: Tensor = attention.out_proj((shares @ value).transpose(1, 2).flatten(2))
    return mixed


def write_onnx(checkpoint: Checkpoint, folder: Path) -> tuple[str, ...]:
    """Writes `<network>.onnx`, float32, for each network, each run by onnxruntime first.

    Returns:
        the names of the files.

    Raises:
        BundleError: onnx or onnxruntime is not installed, or what onnxruntime computes differs.
        OSError: the folder cannot be written.
    """
    runtime = _needed("onnxruntime")
    _needed("onnx")
    names = []
    for probe in probes(checkpoint):
        path = folder / f"{probe.module}.onnx"
        _write(checkpoint, probe, path)
        _check(runtime, path, checkpoint, probe)
        names.append(path.name)
    return tuple(names)


def _write(checkpoint: Checkpoint, probe: Probe, path: Path) -> None:
    network = getattr(checkpoint, probe.module)
    restated = (_Decoder if probe.module == "motion_decoder" else _Encoder)(network).eval()
    taken, given = _NAMES[probe.module]
    axes = {name: {0: "batch"} for name in (taken, *given)} | {"mask": {0: "batch", 1: "length"}}
    axes["features" if probe.module == "motion_decoder" else taken][1] = "length"
    with warnings.catch_warnings():
        # the newer exporter of torch needs packages beside onnx
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            restated,
            (probe.inputs, mask_of(probe.lengths)),
            path,
            dynamo=False,
            opset_version=_OPSET,
            input_names=[taken, "mask"],
            output_names=list(given),
            dynamic_axes=axes,
        )


def _check(runtime: Any, path: Path, checkpoint: Checkpoint, probe: Probe) -> None:
    """Runs the batch that the model was written down with, and each of its rows alone."""
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    taken, _ = _NAMES[probe.module]
    rows = range(len(probe.lengths))
    for chosen in (list(rows), *([row] for row in rows)):
        lengths, inputs = probe.lengths[chosen], probe.inputs[chosen]
        if inputs.ndim == 3:
            inputs = inputs[:, : int(lengths.max())]
        found = session.run(None, {taken: as_array(inputs), "mask": as_array(mask_of(lengths))})
        expected = outputs_of(checkpoint, Probe(probe.module, inputs, lengths))
        for ours, theirs in zip(found, expected, strict=True):
            difference(path.name, ours, theirs)


def _needed(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError as error:
        raise BundleError(
            f"ONNX files need the package {package}", fix=f"pip install {package}, or leave ONNX out"
        ) from error

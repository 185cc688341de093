"""A run becomes a bundle, which the engine serves without torch."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..atomic import replacing
from ..errors import BundleError
from ..model.bert import transposed
from ..model.bundle import FORMAT, MANIFEST, WEIGHTS, sha256_of
from ..model.safetensors import write_safetensors
from ..model.tmr import KIND, TUNED_TEXT_MODEL, load_tmr
from ..model.tmr_networks import STATISTICS
from .agreement import Agreement, compare
from .checkpoint import Checkpoint, load_checkpoint
from .run_folder import WEIGHTS as RUN_WEIGHTS
from .run_folder import as_array
from .text_backbone import BUNDLED

MODULES = ("motion_encoder", "text_encoder", "motion_decoder")
_PUBLISHED_FPS = 20.0
_CREDIT = "TMR, by Petrovich, Black and Varol (ICCV 2023)"


@dataclass(frozen=True)
class Exported:
    """A bundle that was written.

    Args:
        folder: where.
        model_id: names its weights.
        files: its files and their lengths in bytes.
        agreement: how far it is from its run.
    """

    folder: Path
    model_id: str
    files: Mapping[str, int]
    agreement: Agreement


def export_run(
    run: Path,
    out: Path,
    *,
    licence: str = "not stated",
    credits: Sequence[str] = (),
    onnx: bool = False,
) -> Exported:
    """Writes a run's networks as a bundle and compares it with the run before it appears under its name.

    Args:
        run: a run folder of ours, or of the authors' release.
        out: the bundle's folder, which must not exist yet; its name becomes the model's.
        licence: of the weights, for the manifest.
        credits: whom the weights owe their data to, for the manifest and for every take they synthesise.
        onnx: also write the networks as ONNX files, for other programs.

    Raises:
        BundleError: the run cannot be read, its weights do not fit half precision, the bundle does not
            agree with the run, or it cannot be written. Nothing is left behind then.
    """
    checkpoint = load_checkpoint(run)
    if out.exists():
        raise BundleError("there is something under this name", where=str(out), fix="Name a new folder")
    aside = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        aside.mkdir(parents=True)
        names = _write_weights(checkpoint, aside)
        if onnx:
            names += _write_onnx(checkpoint, aside)
        manifest = _manifest(checkpoint, aside, names)
        manifest |= {"name": out.name, "licence": licence, "credits": [_CREDIT, *credits]}
        with replacing(aside / MANIFEST) as file:
            file.write(json.dumps(manifest, indent=1, allow_nan=False).encode("ascii") + b"\n")
        served = load_tmr(aside)
        agreement = compare(checkpoint, served)
        aside.rename(out)
    except OSError as error:
        raise BundleError(
            "the bundle cannot be written", where=str(out), why=error.strerror or str(error)
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)  # it is no longer there where all went well
    sizes = {name: entry.bytes for name, entry in served.bundle.files.items()}
    return Exported(out, served.model_id, sizes, agreement)


def _write_weights(checkpoint: Checkpoint, folder: Path) -> tuple[str, ...]:
    """The weights' files, in half precision; the statistics, which every feature passes, stay float32."""
    arrays: dict[str, NDArray[Any]] = {}
    for module in MODULES:
        for name, tensor in getattr(checkpoint, module).state_dict().items():
            arrays[f"{module}.{name}"] = _half(f"{module}.{name}", as_array(tensor))
    statistics = (checkpoint.statistics.mean, checkpoint.statistics.std)
    arrays |= {name: rows.astype(np.float32) for name, rows in zip(STATISTICS, statistics, strict=True)}
    _write(folder / WEIGHTS, arrays)
    if checkpoint.config is None or not checkpoint.config.text.tune:
        return (WEIGHTS,)
    if checkpoint.text_backbone_name != BUNDLED:
        raise BundleError(
            "the run tuned a text model that does not come with the engine, which has no network for it",
            where=str(checkpoint.folder),
        )
    tuned = {name: as_array(tensor) for name, tensor in checkpoint.text_backbone.network.state_dict().items()}
    _write(folder / TUNED_TEXT_MODEL, {name: _half(name, rows) for name, rows in transposed(tuned).items()})
    return (WEIGHTS, TUNED_TEXT_MODEL)


def _half(name: str, array: NDArray[Any]) -> NDArray[np.float16]:
    if not np.all(np.abs(array) <= np.finfo(np.float16).max):  # NaN is refused too
        raise BundleError(f"the weights '{name}' do not fit half precision", why="The training diverged")
    return array.astype(np.float16)


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with replacing(path) as file:
        write_safetensors(file, arrays, {"kind": KIND})


def _write_onnx(checkpoint: Checkpoint, folder: Path) -> tuple[str, ...]:
    # onnx and onnxruntime are needed for this alone
    from .onnx_export import write_onnx  # noqa: PLC0415

    return write_onnx(checkpoint, folder)


def _manifest(checkpoint: Checkpoint, folder: Path, files: tuple[str, ...]) -> dict[str, Any]:
    size, table = checkpoint.size, checkpoint.table
    weights = sorted((checkpoint.folder / RUN_WEIGHTS).iterdir())
    return {
        "format": FORMAT,
        "kind": KIND,
        "source": {
            "run": checkpoint.folder.resolve().name,
            "engine": __version__,
            "files": {path.name: sha256_of(path) for path in weights},
            "change": "weights rounded to half precision",
        },
        "files": {
            file: {"bytes": (folder / file).stat().st_size, "sha256": sha256_of(folder / file)}
            for file in files
        },
        "settings": {
            "latent_dim": size.latent_dim,
            "ff_size": size.ff_size,
            "num_layers": size.num_layers,
            "num_heads": size.num_heads,
            "motion_width": checkpoint.motion_encoder.projection.in_features,
            "text_width": checkpoint.text_encoder.projection.in_features,
            "fps": float(table.get("fps", _PUBLISHED_FPS)),
            "text_model": table.get("text_model_id"),
        },
    }

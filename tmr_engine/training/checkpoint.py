"""A trained model, from a run folder of ours or of the authors, ready to encode and decode."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..datasets import read_statistics
from ..errors import BundleError
from ..features import Statistics
from .batches import pad_vectors
from .config import RunConfig
from .networks import PUBLISHED_SIZE, ActorStyleDecoder, ActorStyleEncoder, NetworkSize, mask_of
from .run_folder import CONFIG, FORMAT, WEIGHTS, RunFolder, as_array, load_exactly
from .text_backbone import TextBackbone, load_text_backbone
from .torch_file import read_state_dict, read_tensor

_MODULES = ("motion_encoder", "text_encoder", "motion_decoder")
_MAX_CONFIG_BYTES = 4 << 20
_TEXTS_AT_ONCE = 256


@dataclass(frozen=True)
class Checkpoint:
    """The networks of a run, in evaluation mode; nothing here computes gradients.

    Args:
        folder: the run.
        config: the run's configuration; None for a run of the authors' program.
        table: config.json as it stands.
        statistics: of the features; the networks take and give normalised ones.
        size: of each network.
        text_backbone_name: what `load_text_backbone` takes; None where the run does not say where it lies.
    """

    folder: Path
    config: RunConfig | None
    table: dict[str, Any]
    statistics: Statistics
    size: NetworkSize
    text_backbone_name: str | None
    motion_encoder: ActorStyleEncoder
    text_encoder: ActorStyleEncoder
    motion_decoder: ActorStyleDecoder

    @torch.no_grad()
    def encode_motion(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(mu, logvar), each (B, D), of normalised features (B, L, F) with (B,) valid frames."""
        found: tuple[Tensor, Tensor] = self.motion_encoder(x, mask_of(lengths, x.shape[1]))
        return found

    @torch.no_grad()
    def encode_text(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(mu, logvar), each (B, D), of token vectors (B, S, W) with (B,) valid tokens."""
        found: tuple[Tensor, Tensor] = self.text_encoder(tokens, mask_of(lengths, tokens.shape[1]))
        return found

    @torch.no_grad()
    def decode(self, z: Tensor, lengths: Tensor) -> Tensor:
        """(B, L, F) normalised features of latents (B, D), zero behind the (B,) wanted frames."""
        decoded: Tensor = self.motion_decoder(z, mask_of(lengths))
        return decoded

    @cached_property
    def text_backbone(self) -> TextBackbone:
        """The run's text backbone, its weights tuned where the run tuned them.

        Raises:
            BundleError: it is missing, or of another width than the text encoder reads.
        """
        if self.text_backbone_name is None:
            raise BundleError(
                "the run does not say where its text model lies",
                where=str(self.folder),
                fix="Name a folder with distilbert-base-uncased as transformers saves it",
            )
        backbone = load_text_backbone(self.text_backbone_name)
        if backbone.width != self.text_encoder.projection.in_features:
            raise BundleError(
                f"the text model gives {backbone.width} numbers a token, "
                f"the run needs {self.text_encoder.projection.in_features}",
                where=self.text_backbone_name,
            )
        tuned = self.folder / WEIGHTS / "text_backbone.safetensors"
        if self.config is not None and self.config.text.tune:
            load_exactly(backbone.network, RunFolder(self.folder).read_arrays(tuned), tuned)
        return backbone.eval()

    def encode_sentences(self, texts: Sequence[str]) -> Tensor:
        """(N, D) means of sentences. Equal sentences are encoded once, so that their ties stay ties.

        Raises:
            BundleError: as `text_backbone`.
        """
        distinct = list(dict.fromkeys(texts))
        if not distinct:
            return torch.zeros(0, self.size.latent_dim)
        rows = []
        for start in range(0, len(distinct), _TEXTS_AT_ONCE):
            vectors, mask = pad_vectors(self.text_backbone.tokens(distinct[start : start + _TEXTS_AT_ONCE]))
            rows.append(self.encode_text(vectors, mask.sum(dim=1))[0])
        places = {text: place for place, text in enumerate(distinct)}
        return torch.cat(rows)[[places[text] for text in texts]]


def load_checkpoint(folder: Path | str, *, text_backbone: str | None = None) -> Checkpoint:
    """A run folder of ours, or of the authors' release as it is.

    Args:
        folder: the one with config.json and last_weights.
        text_backbone: a folder with the text model, in place of the one that the run names.

    Raises:
        BundleError: a file is missing, damaged or holds code, or the weights fit no network of TMR.
        ConfigError: config.json of a run of ours is damaged.
    """
    folder = Path(folder)
    table = _table(folder / CONFIG)
    if table.get("format") == FORMAT:
        run = RunFolder(folder)
        config, table = run.read_config()
        weights = {name: run.read_arrays(folder / WEIGHTS / f"{name}.safetensors") for name in _MODULES}
        statistics = read_statistics(run.stats)
        return _built(
            folder, config, table, statistics, weights, backbone=text_backbone or config.text.backbone
        )
    weights = {name: read_state_dict(folder / WEIGHTS / f"{name}.pt") for name in _MODULES}
    return _built(folder, None, table, _published_statistics(folder, table), weights, backbone=text_backbone)


def _table(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            table = json.loads(file.read(_MAX_CONFIG_BYTES))
    except OSError as error:
        raise BundleError("the run cannot be read", where=str(path), why=error.strerror or "") from error
    except (ValueError, RecursionError) as error:
        raise BundleError("the run's configuration is not JSON", where=str(path)) from error
    if not isinstance(table, dict):
        raise BundleError("the run's configuration is no table", where=str(path))
    return table


def _built(
    folder: Path,
    config: RunConfig | None,
    table: dict[str, Any],
    statistics: Statistics,
    weights: dict[str, dict[str, Tensor]],
    *,
    backbone: str | None,
) -> Checkpoint:
    heads = config.model.num_heads if config else _setting(table, "num_heads")
    try:
        encoder = weights["motion_encoder"]
        width = {name: weights[name]["projection.weight"].shape[1] for name in _MODULES[:2]}
        size = NetworkSize(
            latent_dim=encoder["tokens"].shape[1],
            ff_size=encoder["seqTransEncoder.layers.0.linear1.weight"].shape[0],
            num_layers=sum(name.endswith(".linear1.weight") for name in encoder),
            num_heads=heads if type(heads) is int and heads > 0 else PUBLISHED_SIZE.num_heads,
        )
    except (KeyError, IndexError) as error:
        raise BundleError(f"the weights are not TMR's ({error})", where=str(folder / WEIGHTS)) from error
    if size.latent_dim % size.num_heads:
        raise BundleError(
            f"{size.num_heads} heads do not divide a width of {size.latent_dim}", where=str(folder / CONFIG)
        )
    if statistics.mean.shape != (width["motion_encoder"],):
        raise BundleError("the statistics do not fit the motion encoder", where=str(folder))
    motion = ActorStyleEncoder(width["motion_encoder"], size)
    text = ActorStyleEncoder(width["text_encoder"], size)
    decoder = ActorStyleDecoder(width["motion_encoder"], size)
    for name, module in zip(_MODULES, (motion, text, decoder), strict=True):
        load_exactly(module, weights[name], folder / WEIGHTS)
        module.eval().requires_grad_(False)
    return Checkpoint(folder, config, table, statistics, size, backbone, motion, text, decoder)


def _setting(table: Any, key: str) -> Any:
    """The first value called `key` at any depth of a configuration; None where there is none."""
    found = [table]
    for rows in found:
        if isinstance(rows, dict):
            if key in rows:
                return rows[key]
            found.extend(rows.values())
    return None


def _published_statistics(folder: Path, table: dict[str, Any]) -> Statistics:
    """The authors' mean.pt and std.pt lie outside of the run, at a path seen from their working directory."""
    named = _setting(table, "base_dir")
    places = [folder / "stats"]
    if isinstance(named, str):
        places += [place / named for place in (folder.resolve(), *folder.resolve().parents, Path.cwd())]
    for place in places:
        if (place / "mean.pt").is_file():
            mean, std = (as_array(read_tensor(place / f"{name}.pt").float()) for name in ("mean", "std"))
            return Statistics(mean, std)
    raise BundleError(
        "the run's statistics, mean.pt and std.pt, are not found",
        where=str(folder),
        fix=f"Put them into {folder / 'stats'}",
    )

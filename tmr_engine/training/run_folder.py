"""The files of a run (docs/training.md): every one appears whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import __version__
from ..atomic import replacing
from ..errors import BundleError
from ..model.safetensors import read_safetensors, write_safetensors
from .config import ConfigError, RunConfig, config_of

FORMAT, VERSION = "tmr-run", 1
CONFIG, CURVES, STEPS, STATS = "config.json", "curves.csv", "steps.csv", "stats"
WEIGHTS = "last_weights"
_CHECKPOINT = Path("checkpoints") / "last.safetensors"
_MAX_CONFIG = 1 << 20


@dataclass(frozen=True)
class RunFolder:
    """A run on disk."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        """Everything needed to go on."""
        return self.path / _CHECKPOINT

    @property
    def stats(self) -> Path:
        """The folder of the statistics."""
        return self.path / STATS

    def write_config(self, config: RunConfig, facts: Mapping[str, Any]) -> None:
        """Writes config.json: the whole configuration and what was found out about data and machine."""
        self.path.mkdir(parents=True, exist_ok=True)
        table = {"format": FORMAT, "version": VERSION, "engine": __version__, **facts}
        text = json.dumps({**table, "config": config.as_table()}, indent=1, allow_nan=False)
        with replacing(self.path / CONFIG) as file:
            file.write(text.encode("utf-8") + b"\n")

    def read_config(self) -> tuple[RunConfig, dict[str, Any]]:
        """The configuration, and config.json as it stands.

        Raises:
            ConfigError: there is none, or it is damaged.
        """
        path = self.path / CONFIG
        try:
            with path.open("rb") as file:
                table = json.loads(file.read(_MAX_CONFIG))
        except OSError as error:
            raise ConfigError("the run cannot be read", where=str(path), why=error.strerror or "") from error
        except (ValueError, RecursionError) as error:
            raise ConfigError("the run's configuration is not JSON", where=str(path)) from error
        if not isinstance(table, dict) or table.get("format") != FORMAT or table.get("version") != VERSION:
            raise ConfigError(f"this is no run of format {FORMAT} {VERSION}", where=str(path))
        return config_of(table.get("config", {}), str(path)), table

    def write_arrays(self, path: Path, arrays: Mapping[str, Tensor], facts: Mapping[str, str]) -> None:
        """Writes tensors as safetensors."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            write_safetensors(file, {name: as_array(tensor) for name, tensor in arrays.items()}, facts)

    def read_arrays(self, path: Path) -> dict[str, Tensor]:
        """Tensors that `write_arrays` wrote, copied out of the file.

        Raises:
            BundleError: the file is missing or damaged.
        """
        return {name: torch.from_numpy(np.array(array)) for name, array in read_safetensors(path).items()}

    def append(self, name: str, row: Mapping[str, float | int]) -> None:
        """Adds a row to a csv; its columns are those of the first row."""
        path = self.path / name
        is_new = not path.is_file()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if is_new:
                writer.writeheader()
            writer.writerow(row)

    def forget(self, name: str, column: str, last: int) -> None:
        """Drops the rows of a csv behind a step or epoch: they were written after the checkpoint."""
        path = self.path / name
        if not path.is_file():
            return
        lines = path.read_text(encoding="utf-8").splitlines()
        place = lines[0].split(",").index(column)
        kept = [lines[0]]
        for line in lines[1:]:
            cells = line.split(",")
            # a line that a kill cut short stands behind every checkpoint
            if len(cells) != len(lines[0].split(",")) or int(cells[place]) > last:
                break
            kept.append(line)
        with replacing(path) as file:
            file.write(("\n".join(kept) + "\n").encode("utf-8"))


def as_array(tensor: Tensor) -> np.ndarray:
    """A tensor of any device as an array."""
    array: np.ndarray = tensor.detach().cpu().contiguous().numpy()
    return array


def load_exactly(module: torch.nn.Module, arrays: Mapping[str, Tensor], where: Path) -> None:
    """Puts weights into a module; names and shapes must be the module's own.

    Raises:
        BundleError: they are not.
    """
    try:
        module.load_state_dict(dict(arrays))
    except RuntimeError as error:
        raise BundleError("the weights do not fit the networks", where=str(where), why=str(error)) from error

"""Several processes that train one model (torchrun sets the environment they find each other by)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, distributed

from .config import ConfigError


@dataclass(frozen=True)
class Ranks:
    """This process among all of a run.

    Args:
        rank: its number, from 0.
        world: how many there are.
        device: what it computes on.
    """

    rank: int
    world: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def own(self, count: int) -> range:
        """The rows of a batch of `count` that are this process's."""
        return range(self.rank, count, self.world)

    def gather(self, rows: Tensor, count: int) -> Tensor:
        """The rows of all processes in the order of the batch; gradients reach the own rows only.

        With the loss over all rows in every process, the gradients that processes add up are the whole ones.

        Args:
            rows: (own rows, D).
            count: rows of the whole batch.
        """
        if self.world == 1:
            return rows
        most = -(-count // self.world)
        padded = rows.new_zeros(most, *rows.shape[1:])
        padded[: len(rows)] = rows.detach()
        parts = [torch.empty_like(padded) for _ in range(self.world)]
        distributed.all_gather(parts, padded)
        gathered = torch.stack(parts, dim=1).flatten(0, 1)[:count]  # row k of rank r is row k * world + r
        own = torch.tensor(list(self.own(count)), device=rows.device)
        return gathered.index_copy(0, own, rows)

    def total(self, values: Tensor) -> Tensor:
        """The sum over processes; carries no gradient."""
        summed = values.detach().clone()
        if self.world > 1:
            distributed.all_reduce(summed)
        return summed

    def wait(self) -> None:
        """Until every process is here."""
        if self.world > 1:
            distributed.barrier()

    def leave(self) -> None:
        """Ends the group."""
        if self.world > 1:
            distributed.destroy_process_group()


def join(device: Literal["auto", "cpu", "cuda"]) -> Ranks:
    """Joins the processes of this run; alone where torchrun has started none.

    Raises:
        ConfigError: a GPU is asked for and there is none.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("training.device is cuda, and there is no GPU here", fix="Take auto or cpu")
    on_gpu = device != "cpu" and torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    place = torch.device("cuda", local) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(place)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Ranks(0, 1, place)
    distributed.init_process_group("nccl" if on_gpu else "gloo")
    return Ranks(distributed.get_rank(), distributed.get_world_size(), place)

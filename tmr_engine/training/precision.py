"""Which number type a device computes in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal

import torch

FLOAT32, BFLOAT16 = "float32", "bfloat16"


def resolve_precision(wanted: Literal["auto", "float32", "bfloat16"], device: torch.device) -> str:
    """The precision of a run: what is wanted, or bfloat16 where the device has instructions for it."""
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return BFLOAT16 if torch.cuda.is_bf16_supported() else FLOAT32
    # torch states these only in a private place; without the instructions bfloat16 is emulated, and slow
    has = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return BFLOAT16 if has else FLOAT32


def computing_in(precision: str, device: torch.device) -> AbstractContextManager[None]:
    """Within it, matrix products are taken in that precision; weights stay float32."""
    context: AbstractContextManager[None] = torch.autocast(
        device.type, dtype=torch.bfloat16, enabled=precision == BFLOAT16
    )
    return context

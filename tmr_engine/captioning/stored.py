"""Facets as a library keeps them: one line of JSON, with the biases in a byte each."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import fields

import numpy as np

from .bias_names import BIASES
from .facets import Facets

_FIELDS = {field.name for field in fields(Facets)}
_STEPS = 127  # of a bias of 1


def packed(facets: Facets) -> str:
    """The line of a clip's facets."""
    row = facets.as_row()
    numbers = np.rint(np.array([facets.biases[name] for name in BIASES]) * _STEPS).astype(np.int8)
    row["biases"] = base64.b64encode(numbers.tobytes()).decode("ascii")
    return json.dumps(row, separators=(",", ":"))


def unpacked(line: str) -> Facets | None:
    """The facets of a line; None where another version, which measured other things, wrote it."""
    row = json.loads(line)
    if row.keys() != _FIELDS or not isinstance(row["biases"], str):
        return None
    try:
        numbers = np.frombuffer(base64.b64decode(row["biases"], validate=True), dtype=np.int8)
    except binascii.Error:
        return None
    if len(numbers) != len(BIASES):
        return None
    row["biases"] = dict(zip(BIASES, (numbers / _STEPS).tolist(), strict=True))
    return Facets.from_row(row)

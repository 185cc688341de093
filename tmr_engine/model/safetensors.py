"""The safetensors file: named arrays behind a JSON header, read through a memory map.

Layout: 8 bytes little-endian length of the header, the header (JSON: name -> dtype, shape, byte range),
then the bytes of the arrays without gaps. The format carries no code, so a damaged or hostile file can
at worst be refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BundleError

Array = NDArray[Any]

_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_LENGTH_BYTES = 8
# a header of 16 MiB would describe some 100,000 arrays; anything longer is not a file of ours
_MAX_HEADER_BYTES = 16 << 20
_MAX_COUNT = 1 << 48


def read_safetensors(path: Path) -> dict[str, Array]:
    """The arrays of a file, read-only views of one memory map (nothing is read before it is touched).

    Raises:
        BundleError: the file is missing, or its header does not describe exactly the bytes that follow it.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if not 2 <= length <= min(_MAX_HEADER_BYTES, size - _LENGTH_BYTES):
                raise _damaged(path, f"its header claims {length} bytes, the file has {size}")
            text = file.read(length)
    except OSError as error:
        raise BundleError(
            "the weights cannot be read", where=str(path), why=error.strerror or str(error)
        ) from error
    header = _parse_header(path, text)
    start = _LENGTH_BYTES + length
    _check_cover(path, header, size - start)
    if size == start:
        return {name: np.empty(shape, dtype) for name, (dtype, shape, _, _) in header.items()}
    raw = np.memmap(path, dtype=np.uint8, mode="r", offset=start)
    # plain arrays over the map: a np.memmap view would pay for its subclass in every operation
    data = np.asarray(raw)
    return {
        name: data[begin:end].view(dtype).reshape(shape)
        for name, (dtype, shape, begin, end) in header.items()
    }


def write_safetensors(file: IO[bytes], arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> None:
    """Writes arrays so that the same arrays always give the same bytes.

    Args:
        file: where to; `with replacing(path) as file` makes it appear whole or not at all.
        arrays: name -> array of a little-endian number type.
        metadata: free text kept in the header.

    Raises:
        BundleError: an array has a number type that the format does not know.
    """
    # wide types first keep every array aligned to its own item size
    order = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    offset = 0
    for name in order:
        array = arrays[name]
        if array.dtype not in _NAMES:
            raise BundleError(f"array '{name}' is {array.dtype}, which safetensors does not hold")
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % _LENGTH_BYTES)
    file.write(len(text).to_bytes(_LENGTH_BYTES, "little"))
    file.write(text)
    for name in order:
        file.write(arrays[name].tobytes())


_Entry = tuple[np.dtype[Any], tuple[int, ...], int, int]


def _parse_header(path: Path, text: bytes) -> dict[str, _Entry]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "its header is not JSON") from error
    if not isinstance(header, dict):
        raise _damaged(path, "its header is not a JSON object")
    header.pop("__metadata__", None)
    return {name: _parse_entry(path, name, entry) for name, entry in header.items()}


def _parse_entry(path: Path, name: str, entry: Any) -> _Entry:
    known = entry if isinstance(entry, dict) else {}
    dtype = _DTYPES.get(str(known.get("dtype")))
    if dtype is None:
        raise _damaged(path, f"array '{name}' has no number type that is known here")
    shape, offsets = _counts(known.get("shape")), _counts(known.get("data_offsets"))
    if shape is None or offsets is None or len(offsets) != 2:
        raise _damaged(path, f"array '{name}' has no valid shape and byte range")
    begin, end = offsets
    if end - begin != math.prod(shape) * dtype.itemsize:
        raise _damaged(
            path, f"array '{name}' has {end - begin} bytes, its shape {list(shape)} needs another number"
        )
    if begin % dtype.itemsize:
        raise _damaged(path, f"array '{name}' does not start at a multiple of its item size")
    return dtype, shape, begin, end


def _counts(values: Any) -> tuple[int, ...] | None:
    """A JSON list of sizes; None where it is none."""
    if not isinstance(values, list):
        return None
    fit = all(type(value) is int and 0 <= value < _MAX_COUNT for value in values)
    return tuple(values) if fit else None


def _check_cover(path: Path, header: dict[str, _Entry], available: int) -> None:
    """The byte ranges must follow each other without gap or overlap and end where the file ends."""
    expected = 0
    for begin, end in sorted((begin, end) for _, _, begin, end in header.values()):
        if begin != expected:
            raise _damaged(path, f"byte {expected} belongs to no array or to two")
        expected = end
    if expected != available:
        raise _damaged(path, f"its arrays need {expected} bytes, {available} are there")


def _damaged(path: Path, what: str) -> BundleError:
    return BundleError(
        f"this is not a whole safetensors file: {what}",
        where=str(path),
        why="It was cut short or changed",
        fix="Install the model again",
    )

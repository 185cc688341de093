"""Weights that torch saved, read without running anything they hold.

A file of `torch.save` is a zip archive: NAME/data.pkl says which tensors there are, NAME/data/KEY holds the
bytes of each storage. A pickle is a program; this one may only name plain containers and rebuild tensors.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import BundleError

_MAX_PICKLE_BYTES = 16 << 20
_MAX_MEMO = 1 << 20
_OPCODES = frozenset(
    [
        "PROTO",
        "STOP",
        "MARK",
        "EMPTY_DICT",
        "EMPTY_TUPLE",
        "EMPTY_LIST",
        "TUPLE",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
        "SETITEM",
        "SETITEMS",
        "APPEND",
        "APPENDS",
        "BINPUT",
        "LONG_BINPUT",
        "BINGET",
        "LONG_BINGET",
        "BINUNICODE",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "BINFLOAT",
        "NEWTRUE",
        "NEWFALSE",
        "NONE",
        "GLOBAL",
        "REDUCE",
        "BUILD",
        "BINPERSID",
    ]
)
_STORAGES = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "BoolStorage": np.dtype("?"),
}
_NAMES = frozenset(
    {"collections OrderedDict", "torch._utils _rebuild_tensor_v2", *(f"torch {name}" for name in _STORAGES)}
)
_DAMAGE = (
    zipfile.BadZipFile,
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_tensor(path: Path) -> Tensor:
    """The one tensor of a file.

    Raises:
        BundleError: the file cannot be read, is damaged, holds code, or holds something else.
    """
    found = _read(path)
    if not isinstance(found, Tensor):
        raise BundleError("the file holds no single tensor", where=str(path))
    return found


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a module by name.

    Raises:
        BundleError: as `read_tensor`.
    """
    found = _read(path)
    if not isinstance(found, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in found.items()
    ):
        raise BundleError("the file holds no weights by name", where=str(path))
    return dict(found)


def _read(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            names = [name for name in entries if name.endswith("/data.pkl") and name.count("/") == 1]
            if len(names) != 1:
                raise BundleError("this is no file that torch.save wrote", where=str(path))
            prefix = names[0].removesuffix("data.pkl")
            if f"{prefix}byteorder" in entries:
                order = _stored(archive, entries[f"{prefix}byteorder"], len(b"little"))
                if order != b"little":
                    raise BundleError("the weights are not little-endian", where=str(path))
            program = _stored(archive, entries[names[0]], _MAX_PICKLE_BYTES)
            _check(program, path)
            return _Unpickler(program, archive, entries, prefix).load()
    except OSError as error:
        raise BundleError(
            "the weights cannot be read", where=str(path), why=error.strerror or str(error)
        ) from error
    except _DAMAGE as error:
        raise BundleError(
            "this is no whole file of weights that torch saved", where=str(path), why=str(error)
        ) from error


def _stored(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise ValueError(f"{entry.filename} is compressed")
    if entry.file_size > most:
        raise ValueError(f"{entry.filename} has {entry.file_size} bytes, {most} at most are read")
    return archive.read(entry)


def _check(program: bytes, path: Path) -> None:
    """Looks at every instruction before the first is run."""
    for opcode, argument, _ in pickletools.genops(program):
        if opcode.name not in _OPCODES or (opcode.name == "GLOBAL" and argument not in _NAMES):
            named = argument if opcode.name == "GLOBAL" else opcode.name
            raise BundleError(
                "the file of weights holds code, which is not run",
                where=str(path),
                why=f"It asks for '{named}'",
                fix="Use weights from a source you trust, saved as a state_dict or as safetensors",
            )
        if opcode.name.endswith("BINPUT") and argument is not None and argument > _MAX_MEMO:
            raise ValueError(f"it remembers {argument} things")


class _Unpickler(pickle.Unpickler):
    def __init__(
        self,
        program: bytes,
        archive: zipfile.ZipFile,
        entries: Mapping[str, zipfile.ZipInfo],
        prefix: str,
    ) -> None:
        super().__init__(io.BytesIO(program))
        self._archive, self._entries, self._prefix = archive, entries, prefix
        self._storages: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        # a fresh function: what a pickle sets on it stays with this file
        made: dict[str, Callable[..., Any]] = {
            "collections OrderedDict": OrderedDict,
            "torch._utils _rebuild_tensor_v2": lambda *parts: _tensor(*parts[:4]),
        }
        if f"{module} {name}" in made:
            return made[f"{module} {name}"]
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")

    def persistent_load(self, pid: Any) -> NDArray[Any]:
        kind, dtype, key, _, count = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or type(count) is not int:
            raise pickle.UnpicklingError("a storage is not described as torch does")
        if key not in self._storages:
            entry = self._entries[f"{self._prefix}data/{key}"]
            size = count * dtype.itemsize
            if entry.file_size != size:
                raise ValueError(f"{entry.filename} has {entry.file_size} bytes in place of {size}")
            self._storages[key] = np.frombuffer(_stored(self._archive, entry, size), dtype)
        if self._storages[key].dtype != dtype:
            raise ValueError(f"storage {key} has two number types")
        return self._storages[key]


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any) -> Tensor:
    """A copy of the part of a storage that a tensor shows."""
    if not isinstance(storage, np.ndarray) or not isinstance(shape, tuple) or len(shape) != len(strides):
        raise ValueError("a tensor is not described as torch does")
    if not all(type(value) is int and value >= 0 for value in (offset, *shape, *strides)):
        raise ValueError(f"a tensor has shape {shape} and strides {strides}")
    reach = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    count = math.prod(shape)
    if count > len(storage) or (count and reach >= len(storage)):
        raise ValueError(f"a tensor of shape {shape} is larger than its storage")
    if not count:
        return torch.from_numpy(np.zeros(shape, storage.dtype))
    steps = tuple(stride * storage.itemsize for stride in strides)
    return torch.from_numpy(np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).copy())

"""Arrays from untrusted .npy and .npz files: no pickle, nothing allocated on a header's word alone."""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import MotionFileError
from .reader import file_size_within

MAX_ARRAY_BYTES = 1 << 30
MAX_FILE_BYTES = 2 << 30
_MAX_MEMBERS = 256
_MAX_HEADER = 64 << 10
# Deflate reaches about 1000:1 on zeros; motion reaches 2:1 to 20:1.
_MAX_RATIO = 200
# Read by pattern, not as Python: what has another form (structures, code) is no array of numbers.
_HEADER = re.compile(
    r"\s*\{\s*'descr':\s*'(?P<descr>[<>=|]?(?:[biufcSU]\d{1,4}|O|\?))',"
    r"\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>(?:\s*\d{1,15}L?\s*,?){0,8})\s*\),?\s*\}\s*"
)


def read_npy(path: Path) -> np.ndarray:
    """The array of a .npy file.

    Raises:
        MotionFileError: it is no array of numbers, is damaged, or is larger than 1 GB.
        OSError: the file cannot be opened.
    """
    size = file_size_within(path, MAX_FILE_BYTES)
    with path.open("rb") as stream:
        return _array(stream, size)


def read_npz(path: Path, wanted: frozenset[str]) -> dict[str, np.ndarray]:
    """The wanted arrays of a .npz file that it has; others are not even opened.

    Raises:
        MotionFileError: it is no archive, a wanted array holds pickled objects, is damaged, or is too large.
        OSError: the file cannot be opened.
    """
    file_size_within(path, MAX_FILE_BYTES)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS:
                raise MotionFileError(f"the archive has {len(members):,} members")
            return {
                member.filename.removesuffix(".npy"): _member(archive, member)
                for member in members
                if member.filename.removesuffix(".npy") in wanted
            }
    except zipfile.BadZipFile as error:
        raise MotionFileError(
            "the archive is damaged or is no .npz file", why=str(error), fix="download or export it again"
        ) from error
    except (EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        # an encrypted or oddly compressed member, or a stream that ends early
        raise MotionFileError("the archive cannot be unpacked", why=str(error)) from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    name = member.filename.removesuffix(".npy")
    if member.file_size > MAX_ARRAY_BYTES:
        raise MotionFileError(f'"{name}" is {member.file_size / 2**20:,.0f} MB unpacked, which is too large')
    if member.file_size > 1 << 20 and member.file_size > _MAX_RATIO * max(member.compress_size, 1):
        raise MotionFileError(
            f'"{name}" unpacks to {member.file_size / member.compress_size:,.0f} times its size, '
            "which no motion does"
        )
    with archive.open(member) as stream:
        try:
            return _array(stream, member.file_size)
        except MotionFileError as error:
            raise error.located(f'array "{name}"') from error


def _array(stream: IO[bytes], size: int) -> np.ndarray:
    """The array in a stream of `size` bytes; its header is judged before its data are read."""
    shape, is_fortran, dtype, header = _header(stream)
    if dtype.hasobject:
        raise MotionFileError(
            "it holds pickled Python objects, which could run code and are never read",
            fix="save it again as plain numbers",
        )
    if dtype.itemsize == 0 or dtype.kind not in "biufcSU":
        raise MotionFileError(f"it holds {dtype}, which is no number or text")
    needed = math.prod(shape) * dtype.itemsize
    if needed > MAX_ARRAY_BYTES:
        raise MotionFileError(f"its header claims {needed / 2**20:,.0f} MB")
    if needed > size - header:
        raise MotionFileError(
            f"its header claims {needed:,} bytes, {max(0, size - header):,} are there", why="it was cut short"
        )
    content = bytearray()
    while len(content) < needed:
        block = stream.read(min(1 << 20, needed - len(content)))
        if not block:
            raise MotionFileError(
                f"it ends after {len(content):,} of {needed:,} bytes", why="it was cut short"
            )
        content += block
    # the rest of an archive's member, so that its checksum is verified
    if len(stream.read(_MAX_HEADER)) == _MAX_HEADER:
        raise MotionFileError("it holds more than its header states")
    array: np.ndarray = np.frombuffer(content, dtype)
    return array.reshape(shape[::-1]).T if is_fortran else array.reshape(shape)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, Fortran order, dtype and size of a .npy header."""
    head = stream.read(12)
    if not head.startswith(b"\x93NUMPY") or len(head) < 12:
        raise MotionFileError("this is no NumPy array: its first bytes are wrong")
    wide = head[6] >= 2
    length = int.from_bytes(head[8:12] if wide else head[8:10], "little")
    if length > _MAX_HEADER:
        raise MotionFileError(f"its header is {length:,} bytes long, which no array's is")
    begin = 12 if wide else 10
    text = (head[begin:] + stream.read(length - (12 - begin))).decode("latin-1")
    found = _HEADER.fullmatch(text)
    if found is None:
        raise MotionFileError("its NumPy header is damaged, or describes no plain array")
    shape = tuple(int(side) for side in re.findall(r"\d+", found["shape"]))
    try:
        dtype = np.dtype(found["descr"])
    except TypeError as error:
        raise MotionFileError(f'"{found["descr"]}" is no type of numbers') from error
    return shape, found["fortran"] == "True", dtype, begin + length


def numbers(array: np.ndarray, name: str) -> np.ndarray:
    """An array as float64, if it holds real numbers that are finite.

    Raises:
        MotionFileError: it holds something else.
    """
    if array.dtype.kind not in "biuf":
        raise MotionFileError(f'"{name}" holds {array.dtype}, not real numbers')
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        count = int((~np.isfinite(values)).sum())
        raise MotionFileError(f'"{name}" holds {count:,} numbers that are not finite (NaN or infinity)')
    return values

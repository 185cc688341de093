"""glTF 2.0 containers and accessors, read as untrusted input: GLB, JSON, buffers, arrays of numbers.

Nothing outside the file's own folder is opened, nothing is allocated on a file's word alone.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from ..errors import MotionFileError
from ..motion.rotation import FloatArray
from .reader import file_size_within

MAX_FILE_BYTES = 2 << 30
MAX_JSON_BYTES = 256 << 20
MAX_ELEMENTS = 50_000_000

_GLB = struct.Struct("<4sII")
_CHUNK = struct.Struct("<II")
_JSON_CHUNK, _BIN_CHUNK = 0x4E4F534A, 0x004E4942
_COMPONENTS: dict[int, str] = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Gltf:
    """A glTF document and its buffers.

    Args:
        path: a .glb, .vrma or .gltf file.

    Raises:
        MotionFileError: the container or its JSON is damaged.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.folder = path.resolve().parent
        file_size_within(path, MAX_FILE_BYTES)
        with path.open("rb") as stream:
            is_binary = stream.read(4) == b"glTF"
        text, self._binary = _glb_chunks(path) if is_binary else (_plain_json(path), None)
        self.json = _parsed(text)
        self._buffers: dict[int, bytes] = {}

    def items(self, name: str) -> list[dict[str, Any]]:
        """A top-level array of objects, such as "nodes"; empty where it is missing."""
        return self.listed(self.json, name)

    def listed(self, holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
        """An array of objects in an object; empty where it is missing."""
        found = holder.get(name, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise MotionFileError(f'"{name}" is no list of objects')
        return found

    def item(self, name: str, index: Any) -> dict[str, Any]:
        """One object of a top-level array, by an index that the file states."""
        return self.items(name)[self.index(name, index)]

    def index(self, name: str, value: Any) -> int:
        """An index that the file states into a top-level array, checked."""
        count = len(self.items(name))
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
            raise MotionFileError(f"{name}[{value!r}] does not exist; there are {count} {name}")
        return value

    def accessor(self, index: Any, width: int) -> FloatArray:
        """The numbers of an accessor.

        Args:
            index: as the file states it.
            width: numbers an element has to have (3 for a translation).

        Returns:
            (count, width) float64; normalised integers are brought to -1..1 or 0..1.

        Raises:
            MotionFileError: it does not exist, has another type, or points outside its buffer.
        """
        accessor = self.item("accessors", index)
        where = f"accessor {index}"
        kind = accessor.get("type")
        if _WIDTHS.get(str(kind)) != width:
            raise MotionFileError(f"its type is {kind!r}, {width} numbers an element are needed", where=where)
        code = _COMPONENTS.get(_whole(accessor.get("componentType"), where))
        if code is None:
            raise MotionFileError(f"component type {accessor.get('componentType')} is unknown", where=where)
        count = _whole(accessor.get("count"), where)
        if not 0 < count * width <= MAX_ELEMENTS:
            raise MotionFileError(f"{count:,} elements are not believable", where=where)
        dtype = np.dtype(code)
        if "bufferView" in accessor:
            offset = _whole(accessor.get("byteOffset", 0), where)
            values = self._strided(accessor["bufferView"], offset, (count, width), dtype, where)
        else:
            values = np.zeros((count, width), dtype)
        if "sparse" in accessor:
            values = self._with_sparse(values, accessor["sparse"], where)
        return _normalised(values, bool(accessor.get("normalized")))

    def _with_sparse(self, values: np.ndarray, sparse: Any, where: str) -> np.ndarray:
        try:
            count = _whole(sparse["count"], where)
            places, items = sparse["indices"], sparse["values"]
            code = _COMPONENTS[_whole(places["componentType"], where)]
            at = _whole(places.get("byteOffset", 0), where)
            offset = _whole(items.get("byteOffset", 0), where)
            views = places["bufferView"], items["bufferView"]
        except (KeyError, TypeError, AttributeError) as error:
            raise MotionFileError("its sparse part is incomplete", where=where) from error
        if not 0 < count <= len(values):
            raise MotionFileError(f"{count} sparse elements in {len(values)}", where=where)
        index = self._strided(views[0], at, (count, 1), np.dtype(code), where)[:, 0]
        if code[1] != "u" or index.max(initial=0) >= len(values):
            raise MotionFileError("a sparse index is out of range", where=where)
        values = values.copy()
        shape = (count, values.shape[1])
        values[index] = self._strided(views[1], offset, shape, values.dtype, where)
        return values

    def _strided(
        self, view_index: Any, offset: int, shape: tuple[int, int], dtype: np.dtype[Any], where: str
    ) -> np.ndarray:
        """(count, width) numbers of a buffer view, checked to lie inside it before they are touched."""
        count, width = shape
        view = self.item("bufferViews", view_index)
        begin = _whole(view.get("byteOffset", 0), where)
        length = _whole(view.get("byteLength"), where)
        buffer = self.buffer(view.get("buffer"))
        if begin + length > len(buffer):
            raise MotionFileError(
                f"buffer view {view_index} ends at byte {begin + length:,} of {len(buffer):,}",
                where=where,
                why="the file is damaged or was cut short",
            )
        packed = width * dtype.itemsize
        stride = _whole(view.get("byteStride", packed), where)
        needed = offset + (count - 1) * stride + packed
        if stride < packed or needed > length:
            raise MotionFileError(
                f"its {count:,} elements need {needed:,} bytes, buffer view {view_index} has {length:,}",
                where=where,
            )
        return np.ndarray(shape, dtype, buffer, begin + offset, (stride, dtype.itemsize))

    def buffer(self, index: Any) -> bytes:
        """The bytes of a buffer: the GLB's own chunk, a data URI, or a file beside this one."""
        buffer = self.item("buffers", index)
        if index not in self._buffers:
            where = f"buffer {index}"
            length = _whole(buffer.get("byteLength"), where)
            uri = buffer.get("uri")
            if uri is None:
                if self._binary is None or index != 0:
                    raise MotionFileError("it has neither an address nor the file's own data", where=where)
                content = self._binary
            else:
                content = self._from_uri(uri, where)
            if len(content) < length:
                raise MotionFileError(
                    f"it has {len(content):,} bytes, {length:,} are stated",
                    where=where,
                    why="it was cut short",
                )
            self._buffers[index] = content
        return self._buffers[index]

    def _from_uri(self, uri: Any, where: str) -> bytes:
        if not isinstance(uri, str):
            raise MotionFileError("its address is no text", where=where)
        if uri.startswith("data:"):
            head, _, body = uri.partition(",")
            if not head.endswith(";base64"):
                raise MotionFileError("its data is not base64", where=where)
            try:
                return base64.b64decode(body, validate=True)
            except (binascii.Error, ValueError) as error:
                raise MotionFileError("its base64 data is damaged", where=where) from error
        name = unquote(uri)
        target = (self.folder / name).resolve()
        outside = not target.is_relative_to(self.folder)
        if urlsplit(uri).scheme or name.startswith(("/", "\\")) or ":" in name or outside or "\0" in name:
            raise MotionFileError(
                f'its address "{uri[:80]}" leads out of the folder of the file and is not opened',
                where=where,
                fix="put the buffer beside the file, or export as .glb",
            )
        file_size_within(target, MAX_FILE_BYTES)
        return target.read_bytes()


def _glb_chunks(path: Path) -> tuple[bytes, bytes | None]:
    """The JSON and the binary chunk of a GLB file."""
    content = path.read_bytes()
    if len(content) < _GLB.size + _CHUNK.size:
        raise MotionFileError(f"it has {len(content)} bytes, less than a GLB header", why="it was cut short")
    _, version, length = _GLB.unpack_from(content)
    if version != 2:
        raise MotionFileError(f"GLB version {version} is not read, only 2", fix="export it as glTF 2.0")
    if length > len(content):
        raise MotionFileError(
            f"it has {len(content):,} of {length:,} bytes", why="it was cut short", fix="export it again"
        )
    chunks: dict[int, bytes] = {}
    place = _GLB.size
    while place + _CHUNK.size <= len(content):
        size, kind = _CHUNK.unpack_from(content, place)
        place += _CHUNK.size
        if size > len(content) - place:
            raise MotionFileError(
                f"a chunk says it has {size:,} bytes, {len(content) - place:,} are left", why="it is damaged"
            )
        chunks.setdefault(kind, content[place : place + size])
        place += size + (-size % 4)
    if _JSON_CHUNK not in chunks:
        raise MotionFileError("there is no JSON chunk", why="it is damaged")
    return chunks[_JSON_CHUNK], chunks.get(_BIN_CHUNK)


def _plain_json(path: Path) -> bytes:
    file_size_within(path, MAX_JSON_BYTES)
    content = path.read_bytes()
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        raise MotionFileError("this is no glTF file: it begins with neither glTF nor a JSON object")
    return content


def _parsed(text: bytes) -> dict[str, Any]:
    if len(text) > MAX_JSON_BYTES:
        raise MotionFileError(f"its JSON has {len(text):,} bytes, {MAX_JSON_BYTES:,} are read")
    try:
        document = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise MotionFileError("its JSON is not UTF-8 text", why="it is damaged") from error
    except json.JSONDecodeError as error:
        raise MotionFileError(
            f"its JSON is wrong at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise MotionFileError("its JSON is nested deeper than any document is") from error
    except ValueError as error:  # numbers of thousands of digits
        raise MotionFileError("its JSON holds a number that is too long") from error
    if not isinstance(document, dict):
        raise MotionFileError("its JSON is no object")
    return document


def _whole(value: Any, where: str) -> int:
    """A count or an offset that the file states."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise MotionFileError(f"{value!r} is no count or offset", where=where)
    return value


def _normalised(values: np.ndarray, is_normalised: bool) -> FloatArray:
    numbers = values.astype(np.float64)
    if is_normalised and values.dtype.kind in "iu":
        numbers = np.maximum(numbers / np.iinfo(values.dtype).max, -1.0)
    return numbers

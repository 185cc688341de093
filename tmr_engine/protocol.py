"""Messages between the add-on and the engine: what they hold, and how they cross the pipe (docs/protocol.md).

A message is one JSON object on one line. Where it says `"bytes": n`, exactly n raw bytes follow the line;
they hold the arrays that the line describes. Everything here is used by both sides and does no input or
output of its own beyond the stream it is given.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, BinaryIO, ClassVar, NoReturn

import numpy as np

from .errors import ProtocolError, TMRError

VERSION = 1
MAX_LINE = 16 * 2**20  # bytes; a longer line is skipped unread and refused
MAX_PAYLOAD = 2**30  # bytes of arrays; an hour of 77 joints at 120 fps is half of it
_SKIP_CHUNK = 2**16
_ALIGNMENT = 8
_DTYPES = ("<f4", "<f8", "<i4", "<i8", "|u1")

JSONObject = Mapping[str, Any]


class MessageError(ProtocolError):
    """A message cannot be understood; `id` is the request it belongs to, where that could still be read."""

    def __init__(
        self, what: str, *, where: str = "", why: str = "", fix: str = "", id: int | None = None
    ) -> None:
        super().__init__(what, where=where, why=why, fix=fix)
        self.id = id


class UnknownKind(MessageError):
    """The message is of a kind that this side does not know."""

    code = "unknown-kind"


class TooLarge(MessageError):
    """The line or its bytes are over the limit; they were skipped."""

    code = "too-large"


class UnknownMethod(ProtocolError):
    """The engine has no such method."""

    code = "unknown-method"


class BadParams(ProtocolError):
    """A parameter of a request is missing, of another type, or out of its range."""

    code = "bad-params"


class InternalError(TMRError):
    """A fault of the engine itself; its log says where."""

    code = "internal"


@dataclass(frozen=True)
class Hello:
    """The first message of the engine."""

    kind: ClassVar[str] = "hello"
    protocol: int
    engine: str
    methods: tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """Asks the engine to run a method; `id` is chosen by the asker and never used twice."""

    kind: ClassVar[str] = "request"
    id: int
    method: str
    params: JSONObject = field(default_factory=dict)


@dataclass(frozen=True)
class Cancel:
    """Asks the engine to give up a request. A request that is done, or unknown, stays so without a word."""

    kind: ClassVar[str] = "cancel"
    id: int


@dataclass(frozen=True, eq=False)
class Result:
    """The last message of a request that was done."""

    kind: ClassVar[str] = "result"
    id: int
    values: JSONObject = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far a request is; `total` is 0 while that is unknown."""

    kind: ClassVar[str] = "progress"
    id: int
    done: int
    total: int
    text: str = ""


@dataclass(frozen=True)
class Error:
    """The last message of a request that was not done; `id` is None where no request could be named."""

    kind: ClassVar[str] = "error"
    id: int | None
    code: str
    what: str
    where: str = ""
    why: str = ""
    fix: str = ""
    sentence: str = ""

    @classmethod
    def of(cls, error: TMRError, id: int | None) -> Error:
        """An engine's exception as a message."""
        return cls(id, **error.as_message())


@dataclass(frozen=True)
class Log:
    """Something the user may want to know that belongs to no request; `level` is "info" or "warning"."""

    kind: ClassVar[str] = "log"
    level: str
    text: str


Message = Hello | Request | Cancel | Result | Progress | Error | Log


def encode(message: Message) -> bytes:
    """A message as the bytes that cross the pipe.

    Raises:
        TooLarge: the line or its arrays are over the limit.
        MessageError: a value is not JSON (a NaN, an object), or an array has a type that does not cross.
    """
    header = _header(message)
    payload = b""
    if isinstance(message, Result) and message.arrays:
        header["arrays"], payload = _pack(message.arrays)
        header["bytes"] = len(payload)
    try:
        # ASCII: a path that is no valid Unicode survives as an escape
        line = json.dumps(header, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
    except (TypeError, ValueError) as error:
        raise MessageError(f"a {header['kind']} message cannot be written as JSON: {error}") from error
    if len(line) > MAX_LINE:
        raise TooLarge(
            f"the message is {len(line) / 2**20:.1f} MB, the limit is {MAX_LINE // 2**20} MB",
            fix="Ask for less at once",
        )
    return line + payload


def read_message(stream: BinaryIO, max_payload: int = MAX_PAYLOAD) -> Message | None:
    """Waits for the next message.

    Args:
        stream: buffered binary input; one thread reads it.
        max_payload: most bytes that may follow a line. More are skipped and refused.

    Returns:
        the message, or None when the stream ended (also in the middle of one).

    Raises:
        MessageError: this message cannot be understood. The stream stands at the next line: read on.
    """
    line = stream.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE and not line.endswith(b"\n"):
        while line and not line.endswith(b"\n"):
            line = stream.readline(_SKIP_CHUNK)
        raise TooLarge(f"a line is longer than {MAX_LINE // 2**20} MB", fix="Ask for less at once")
    if not line.endswith(b"\n"):
        return None
    header = _parse(line)
    count = _payload_size(header)
    if count > max_payload:
        _skip(stream, count)
        raise TooLarge(
            f"{count} bytes follow a line, the limit here is {max_payload}", id=_id_or_none(header)
        )
    payload = stream.read(count) if count else b""
    if len(payload) < count:
        return None
    return _decode(header, payload)


def _header(message: Message) -> dict[str, Any]:
    header: dict[str, Any] = {"kind": message.kind}
    header.update((item.name, getattr(message, item.name)) for item in fields(message))
    header.pop("arrays", None)  # they follow the line as bytes
    return header


def _parse(line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise MessageError(f"a line is not UTF-8 (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise MessageError(f"a line is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise MessageError("a line is JSON, but no object")
    return header


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _payload_size(header: dict[str, Any]) -> int:
    count = header.get("bytes", 0)
    if type(count) is not int or count < 0:
        raise MessageError(f'"bytes" is {count!r}, not a number of bytes', id=_id_or_none(header))
    return count


def _skip(stream: BinaryIO, count: int) -> None:
    while count > 0:
        chunk = stream.read(min(count, _SKIP_CHUNK))
        if not chunk:
            return
        count -= len(chunk)


def _decode(header: dict[str, Any], payload: bytes) -> Message:
    kind = header.get("kind")
    decoder = _DECODERS.get(kind) if isinstance(kind, str) else None
    if decoder is None:
        known = ", ".join(_DECODERS)
        raise UnknownKind(f"{kind!r} is no kind of message; known are {known}", id=_id_or_none(header))
    try:
        return decoder(header, payload)
    except MessageError as error:
        error.id = _id_or_none(header)
        raise


def _id_or_none(header: dict[str, Any]) -> int | None:
    value = header.get("id")
    return value if type(value) is int and value > 0 else None


def _take(header: JSONObject, key: str, kind: type, default: Any = None) -> Any:
    """A field of exactly one type (True is no number here)."""
    value = header.get(key, default)
    if type(value) is not kind:
        raise MessageError(f'"{key}" is {value!r}, expected {_TYPE_NAMES[kind]}')
    return value


_TYPE_NAMES = {int: "a whole number", str: "a text", dict: "an object", list: "a list"}


def _take_id(header: JSONObject) -> int:
    value: int = _take(header, "id", int)
    if value <= 0:
        raise MessageError(f'"id" is {value}, expected a whole number above 0')
    return value


def _hello(header: dict[str, Any], _: bytes) -> Hello:
    methods = _take(header, "methods", list, [])
    return Hello(
        _take(header, "protocol", int), _take(header, "engine", str), tuple(str(name) for name in methods)
    )


def _request(header: dict[str, Any], _: bytes) -> Request:
    return Request(_take_id(header), _take(header, "method", str), _take(header, "params", dict, {}))


def _cancel(header: dict[str, Any], _: bytes) -> Cancel:
    return Cancel(_take_id(header))


def _result(header: dict[str, Any], payload: bytes) -> Result:
    arrays = _unpack(_take(header, "arrays", list, []), payload)
    return Result(_take_id(header), _take(header, "values", dict, {}), arrays)


def _progress(header: dict[str, Any], _: bytes) -> Progress:
    return Progress(
        _take_id(header),
        _take(header, "done", int),
        _take(header, "total", int),
        _take(header, "text", str, ""),
    )


def _error(header: dict[str, Any], _: bytes) -> Error:
    texts = {key: _take(header, key, str, "") for key in ("what", "where", "why", "fix", "sentence")}
    return Error(_id_or_none(header), _take(header, "code", str), **texts)


def _log(header: dict[str, Any], _: bytes) -> Log:
    return Log(_take(header, "level", str), _take(header, "text", str))


_DECODERS: dict[str, Callable[[dict[str, Any], bytes], Message]] = {
    Hello.kind: _hello,
    Request.kind: _request,
    Cancel.kind: _cancel,
    Result.kind: _result,
    Progress.kind: _progress,
    Error.kind: _error,
    Log.kind: _log,
}
KINDS = tuple(_DECODERS)


def _pack(arrays: Mapping[str, np.ndarray]) -> tuple[list[dict[str, Any]], bytes]:
    """Descriptors of the arrays, and their bytes one after the other, each at a multiple of eight."""
    size = sum(array.nbytes + _ALIGNMENT for array in arrays.values())
    if size > MAX_PAYLOAD:
        raise TooLarge(f"the arrays are {size / 2**20:.0f} MB", fix="Ask for a shorter range")
    descriptors: list[dict[str, Any]] = []
    chunks: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        dtype = array.dtype.newbyteorder("<").str
        if dtype not in _DTYPES:
            raise MessageError(f"array {name} is {array.dtype}; only {', '.join(_DTYPES)} cross the pipe")
        data = np.ascontiguousarray(array, dtype=dtype).tobytes()
        descriptors.append({"name": name, "dtype": dtype, "shape": list(array.shape), "offset": offset})
        chunks += [data, bytes(-len(data) % _ALIGNMENT)]
        offset += len(data) + len(chunks[-1])
    return descriptors, b"".join(chunks)


def _unpack(descriptors: list[Any], payload: bytes) -> dict[str, np.ndarray]:
    """The arrays of a payload, as read-only views of it."""
    arrays = {}
    for descriptor in descriptors:
        if not isinstance(descriptor, dict):
            raise MessageError('"arrays" holds something that is no object')
        name, dtype = _take(descriptor, "name", str), _take(descriptor, "dtype", str)
        shape, offset = _take(descriptor, "shape", list), _take(descriptor, "offset", int)
        if dtype not in _DTYPES:
            raise MessageError(f"array {name} has the unknown type {dtype}")
        if offset < 0 or any(type(length) is not int or length < 0 for length in shape):
            raise MessageError(f"array {name} has the shape {shape} at offset {offset}")
        count = math.prod(shape)
        if offset + count * np.dtype(dtype).itemsize > len(payload):
            raise MessageError(f"array {name} ends behind the {len(payload)} bytes that came")
        flat = np.frombuffer(payload, dtype, count, offset) if count else np.empty(0, dtype)
        try:
            arrays[name] = flat.reshape(shape)
        except (ValueError, OverflowError) as error:  # lengths beyond what NumPy counts, beside a 0
            raise MessageError(f"array {name} has an impossible shape: {error}") from error
    return arrays

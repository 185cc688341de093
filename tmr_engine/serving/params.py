"""Parameters of a request, read with their types and ranges."""

from __future__ import annotations

from typing import Any

from ..protocol import BadParams, Request

_MISSING: Any = object()
_MAX_SECONDS = 1e12


class Params:
    """Reads the parameters of one request; each complaint names method and parameter.

    Args:
        request: whose parameters.
        known: every name that the method understands.

    Raises:
        BadParams: the request has a parameter of another name.
    """

    def __init__(self, request: Request, *known: str) -> None:
        self._values = request.params
        self._method = request.method
        for name in self._values:
            if name not in known:
                raise self._bad(name, f"is unknown; known are {', '.join(known) or 'none'}")

    def text(self, name: str, default: str = _MISSING) -> str:
        """A text."""
        return str(self._take(name, str, "a text", default))

    def texts(self, name: str, default: tuple[str, ...] = _MISSING) -> tuple[str, ...]:
        """A list of texts; where it may not be left out it holds at least one."""
        values = self._take(name, (list, tuple), "a list of texts", default)
        if not all(type(value) is str for value in values) or (default is _MISSING and not values):
            raise self._bad(name, "is not a list of at least one text")
        return tuple(values)

    def count(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        value = int(self._take(name, int, "a whole number", default))
        if not low <= value <= high:
            raise self._bad(name, f"is {value}, expected {low} to {high}")
        return value

    def seconds(self, name: str, default: float) -> float:
        """A time of at least 0."""
        value = self._take(name, (int, float), "a number of seconds", default)
        if name in self._values and not 0 <= value <= _MAX_SECONDS:
            raise self._bad(name, f"is {value!r:.80}, expected a number of seconds, 0 or more")
        return float(value)

    def _take(self, name: str, kind: type | tuple[type, ...], expected: str, default: Any) -> Any:
        value = self._values.get(name, default)
        if value is _MISSING:
            raise self._bad(name, "is missing")
        if isinstance(value, bool) or not isinstance(value, kind):
            raise self._bad(name, f"is {value!r:.80}, expected {expected}")
        return value

    def _bad(self, name: str, what: str) -> BadParams:
        return BadParams(f'"{name}" {what}', where=self._method)

"""How BERT's uncased text normaliser treats each character, from a measured table.

Python's `unicodedata` is not asked for categories: its tables differ from release to release, and the
reference implementation uses those of several Unicode versions at once. The table in
`bert_characters.json` says what it does; tests/engine/model/measure_characters.py makes it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("bert_characters.json")
# halves of surrogate pairs are no text; the reference cannot even be given them
_SURROGATES = (0xD800, 0xDFFF)


class _Ranges:
    """A set of code points, kept as sorted ranges."""

    def __init__(self, ranges: Sequence[Sequence[int]]) -> None:
        self._ranges = sorted((first, last) for first, last in ranges)
        self._firsts = [first for first, _ in self._ranges]

    def __contains__(self, code: int) -> bool:
        place = bisect_right(self._firsts, code) - 1
        return place >= 0 and code <= self._ranges[place][1]

    def as_pattern(self) -> str:
        """A regular expression for a run of characters of the set."""
        return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in self._ranges) + "]+"


class _Clean(dict[int, str]):
    """For `str.translate`: drops control characters, makes spaces plain, sets Chinese characters apart."""

    def __init__(self, table: dict[str, Any]) -> None:
        super().__init__()
        self._removed = _Ranges([*table["removed"], _SURROGATES])
        self._spaces, self._chinese = _Ranges(table["spaces"]), _Ranges(table["chinese"])

    def __missing__(self, code: int) -> str:
        if code in self._removed:
            result = ""
        elif code in self._spaces:
            result = " "
        else:
            result = f" {chr(code)} " if code in self._chinese else chr(code)
        self[code] = result
        return result


class _Fold(dict[int, str]):
    """For `str.translate`, on decomposed text: drops accents, lowers case, sets punctuation apart."""

    def __init__(self, table: dict[str, Any]) -> None:
        super().__init__()
        self._accents, self._punctuation = _Ranges(table["accents"]), _Ranges(table["punctuation"])
        pairs = table["lower_case"]
        self._lower = dict(zip(map(ord, pairs[::2]), pairs[1::2], strict=True))

    def __missing__(self, code: int) -> str:
        if code in self._accents:
            result = ""
        else:
            lower = self._lower.get(code, chr(code))
            result = f" {lower} " if ord(lower) in self._punctuation else lower
        self[code] = result
        return result


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return table


@cache
def _clean() -> _Clean:
    return _Clean(_table())


@cache
def _decomposed() -> re.Pattern[str]:
    return re.compile(_Ranges(_table()["decomposed"]).as_pattern())


@cache
def _fold() -> _Fold:
    return _Fold(_table())


def words_of(text: str) -> list[str]:
    """The words of a text as BERT's uncased models want them: lower case, no accents, punctuation apart.

    Any string is accepted; what is no text (control characters, lone surrogates) vanishes.
    """
    cleaned = text.translate(_clean())
    if not cleaned.isascii():
        # only what the reference decomposes or reorders; about those characters all Unicode versions agree
        cleaned = _decomposed().sub(lambda run: unicodedata.normalize("NFD", run[0]), cleaned)
    return cleaned.translate(_fold()).split()

"""Measures how the `tokenizers` package sees every Unicode character and writes it as the engine's table,
tmr_engine/model/bert_characters.json.

The package decides with the tables of several Unicode versions at once (categories of Unicode 8, normal
forms of 10, lower case of 17), and Python's own tables differ from release to release. So neither can be
derived from `unicodedata`: they are measured, character by character.

    .venv/bin/python tests/engine/model/measure_characters.py
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import normalizers, pre_tokenizers

TABLE = Path(__file__).resolve().parents[3] / "tmr_engine" / "model" / "bert_characters.json"

_CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]


def _bert(**switches: bool) -> Any:
    everything_off = dict.fromkeys(
        ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), False
    )
    return normalizers.BertNormalizer(**(everything_off | switches))


def measure() -> dict[str, Any]:
    """The table: ranges of code points (first, last, both inside), and pairs of upper and lower case."""
    clean, chinese = _bert(clean_text=True), _bert(handle_chinese_chars=True)
    strip, lower, nfd = _bert(strip_accents=True), _bert(lowercase=True), normalizers.NFD()
    words = pre_tokenizers.BertPreTokenizer()
    cleaned = {c: clean.normalize_str(f"a{c}b")[1:-1] for c in _CHARACTERS}
    decomposed = {c: nfd.normalize_str(c) for c in _CHARACTERS}
    # what is left for lower-casing once accents are stripped: characters that stand for themselves
    lowered = {c: lower.normalize_str(c) for c in _CHARACTERS if decomposed[c] == c}
    return {
        "measured_from": f"tokenizers {tokenizers.__version__}, by tests/engine/model/measure_characters.py",
        "removed": _ranges(c for c in _CHARACTERS if cleaned[c] == ""),
        "spaces": _ranges(c for c in _CHARACTERS if cleaned[c] == " "),
        "chinese": _ranges(c for c in _CHARACTERS if chinese.normalize_str(c) != c),
        "decomposed": _ranges(c for c in _CHARACTERS if decomposed[c] != c or _is_reordered(nfd, c)),
        "accents": _ranges(c for c in _CHARACTERS if decomposed[c] == c and strip.normalize_str(c) == ""),
        "punctuation": _ranges(c for c in _CHARACTERS if len(words.pre_tokenize_str(f"a{c}b")) == 3),
        "lower_case": "".join(c + low for c, low in lowered.items() if low != c),
    }


def _is_reordered(nfd: Any, c: str) -> bool:
    """Whether the character has a combining class: it changes places with one of class 1 or of class 240."""
    first, last = "\u0334", "\u0345"
    return any(nfd.normalize_str(text) != text for text in (f"a{c}{first}", f"a{last}{c}"))


def _ranges(characters: Iterable[str]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for code in map(ord, characters):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def as_text(table: dict[str, Any]) -> str:
    """The table as JSON, one entry a line."""
    lines = (f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in table.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(as_text(measure()), encoding="utf-8", newline="\n")
    print(f"wrote {TABLE}")

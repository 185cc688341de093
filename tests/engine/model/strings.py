"""Strings to try a tokenizer on: every plane of Unicode, and the corners that its rules are about."""

from __future__ import annotations

import random
from collections.abc import Iterator

CORNERS = (
    "",
    " \t\r\n\u3000",
    "a person walks forward, then turns left.",
    "Caf\u00e9-style, don't STOP! 3.5m/s  \u4e2d\u6587 na\u00efve\u200b x\u00b2",
    "\u0130stanbul \u1e9e\u00df \u03a3\u03a3 \ufb01 \u212b",
    "e\u0301\u0327 vs e\u0327\u0301 \uac00\ub098 \u0e01\u0e33",
    "a\x00b\ufffdc\x85d\u2028e\ue000f",
    "[CLS] [cls] x[MASK]y [[SEP]] [UNK][PAD] [CL\u0301S]",
    "\U0001f57a\U0001f3fd\u200d\u2642\ufe0f dance \U0001f389",
    "a" * 100,
    "a" * 101,
    "\u4e00" * 300,
    "walk " * 400,
    "##ing ##",
)

# blocks whose characters are decomposed, reordered, dropped, spaced or lower-cased
_BLOCKS = (
    (0x20, 0x7F),
    (0x80, 0x250),
    (0x2B0, 0x530),
    (0x590, 0x900),
    (0x900, 0x1100),
    (0x1AB0, 0x1B50),
    (0x1D00, 0x2070),
    (0x2C00, 0x2E80),
    (0x3000, 0x3400),
    (0xA640, 0xABF0),
    (0xAC00, 0xAD00),
    (0xF900, 0xFB50),
    (0xFE00, 0x10000),
    (0x10A00, 0x12000),
    (0x16E00, 0x17000),
    (0x1D100, 0x1D250),
    (0x1E000, 0x1E960),
    (0x2F800, 0x2FA20),
    (0xE0000, 0xE0200),
)
_PIECES = (" ", "\u0300", "\u0345", "\u0334", "\u302e", "[CLS]", "[MASK]", "walk", "ing", "E")


def random_strings(count: int, seed: int) -> Iterator[str]:
    """Strings of 0 to 60 characters: half from special blocks, a quarter ASCII, the rest from anywhere."""
    chance = random.Random(seed)
    for _ in range(count):
        yield "".join(_character(chance) for _ in range(chance.randrange(61)))


def _character(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.25:
        return chr(chance.randrange(0x20, 0x7F))
    if kind < 0.75:
        return chr(chance.randrange(*chance.choice(_BLOCKS)))
    if kind < 0.9:
        return chance.choice(_PIECES)
    code = chance.randrange(0x110000 - 0x800)
    return chr(code if code < 0xD800 else code + 0x800)  # surrogates are no characters

"""A picture in memory: lines, tiny letters, PNG. NumPy and zlib alone; only contact sheets use it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from ...motion.rotation import FloatArray

Colour = tuple[int, int, int]

_LETTER_SCALE = 2
_LETTER_GAP = 1


class Canvas:
    """A white picture of `height` x `width` pixels; points are (x, y) from the upper left."""

    def __init__(self, height: int, width: int) -> None:
        self.pixels = np.full((height, width, 3), 255.0)

    def line(self, start: FloatArray, end: FloatArray, colour: Colour, thick: float = 2.0) -> None:
        """A straight line with soft edges, `thick` pixels wide."""
        reach = thick / 2 + 1
        low = np.floor(np.minimum(start, end) - reach).astype(int)
        high = np.ceil(np.maximum(start, end) + reach).astype(int) + 1
        left, top = np.maximum(low, 0)
        right, bottom = np.minimum(high, self.pixels.shape[1::-1])
        if left >= right or top >= bottom:
            return
        y, x = np.mgrid[top:bottom, left:right]
        along = end - start
        share = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / max(float(along @ along), 1e-9)
        share = np.clip(share, 0.0, 1.0)
        away = np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])
        cover = np.clip(thick / 2 + 0.5 - away, 0.0, 1.0)[..., None]
        patch = self.pixels[top:bottom, left:right]
        patch += cover * (np.array(colour) - patch)

    def text(self, x: int, y: int, words: str, colour: Colour = (0, 0, 0)) -> None:
        """A line of small capitals; letters that the font lacks are left blank."""
        for letter in words.upper():
            glyph = _GLYPHS.get(letter, _BLANK).repeat(_LETTER_SCALE, 0).repeat(_LETTER_SCALE, 1)
            height, width = glyph.shape
            if x + width > self.pixels.shape[1]:
                return
            self.pixels[y : y + height, x : x + width][glyph] = colour
            x += width + _LETTER_GAP * _LETTER_SCALE

    def write_png(self, path: Path) -> None:
        """The picture as an 8-bit RGB PNG file."""
        rows = self.pixels.round().astype(np.uint8)
        height, width = rows.shape[:2]
        raw = np.concatenate([np.zeros((height, 1), np.uint8), rows.reshape(height, -1)], axis=1).tobytes()
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _load_glyphs() -> dict[str, np.ndarray]:
    glyphs = {}
    for line in (Path(__file__).parent / "glyphs.txt").read_text(encoding="ascii").splitlines():
        letter, *rows = line.split()
        glyphs[letter] = np.array([[mark == "#" for mark in row] for row in rows])
    return glyphs


_GLYPHS = _load_glyphs()
_BLANK = np.zeros((5, 3), dtype=bool)

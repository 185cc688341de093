"""The numbers of a BVH motion block, fast where the block is regular and patient where it is not."""

from __future__ import annotations

import io
import re

import numpy as np

from ..errors import MotionFileError
from ..motion.rotation import FloatArray

_LINE = re.compile(rb"\r\n|\r|\n")
# A broken value is mended from the frame before it; more than this share of broken frames is no motion.
_BROKEN_SHARE = 0.1


def frame_rows(block: bytes, width: int, declared: int | None, line: int, warnings: list[str]) -> FloatArray:
    """The frames of a motion block.

    Args:
        block: everything after the line of Frame Time.
        width: numbers a frame has, the count of channels.
        declared: the count of frames that the header states, None where it states no number.
        line: line number of the block's first line in the file, from 1.
        warnings: gets one sentence for each kind of defect that was mended.

    Returns:
        (T, width) finite numbers.

    Raises:
        MotionFileError: with the line of the file at which the numbers stop making sense.
    """
    if not block.strip():
        raise MotionFileError("there is no frame", why="the motion block is empty", fix="export it again")
    block = _points_for_commas(block, warnings)
    rows = _regular(block, width)
    if rows is None:
        rows = _irregular(block, width, declared, line, warnings)
    if declared is None or declared < 0:
        warnings.append(f"the frame count is no count; {len(rows)} frames are there and were read")
    elif declared != len(rows):
        warnings.append(f"the header says {declared} frames, {len(rows)} are there and were read")
    return _mended(rows, warnings)


def _regular(block: bytes, width: int) -> FloatArray | None:
    """One frame a line, as nearly every file has it; None where it is not so.

    `numpy.loadtxt` reads whole numbers four times as fast as decimal ones, so the points are taken out where
    all numbers have as many decimals; the result is the same to the last bit (docs/formats.md, Speed).
    """
    if b"\r" in block and b"\n" not in block:
        block = block.replace(b"\r", b"\n")
    if b"_" in block or b"#" in block:
        return None  # digits may not be grouped, and BVH has no comments
    decimals = _common_decimals(block)
    try:
        rows = None if decimals is None else _scaled_table(block, decimals)
        rows = _table(block, np.float64) if rows is None else rows
    except ValueError:
        return None
    return rows if rows.shape[1] == width else None


def _scaled_table(block: bytes, decimals: int) -> FloatArray | None:
    """The table read as whole numbers; None where that would not be exact."""
    try:
        whole = _table(block.replace(b".", b""), np.int64)
    except OverflowError:
        return None
    # a number without a point would be read as if it had one; beyond 2^53 the division is not exact
    if whole.size != block.count(b".") or np.abs(whole).max() > 2**53:
        return None
    scaled: FloatArray = whole / 10.0**decimals
    return scaled


def _table(block: bytes, dtype: type) -> np.ndarray:
    """(T, C) numbers; ValueError where the lines are no table of them."""
    return np.loadtxt(io.StringIO(block.decode("ascii")), dtype=dtype, comments=None, ndmin=2)


def _common_decimals(block: bytes) -> int | None:
    """How many digits stand after every point; None where that differs, or where other signs are used."""
    if block.translate(None, b"0123456789+-. \t\r\n"):
        return None
    first = re.search(rb"\.(\d{0,15})(?!\d)", block)
    if first is None:
        return None
    decimals = len(first[1])
    letters = np.frombuffer(block + b"\n" * (decimals + 1), np.uint8)
    points = np.flatnonzero(letters == ord("."))
    ends_there = (letters[points + decimals + 1] <= ord(" ")).all()
    not_before = (letters[points + decimals] > ord(" ")).all()
    return decimals if ends_there and not_before else None


def _irregular(
    block: bytes, width: int, declared: int | None, first_line: int, warnings: list[str]
) -> FloatArray:
    """Frames wrapped over lines, cut short, or followed by text: line by line, values counted."""
    frames: list[list[float]] = []
    current: list[float] = []
    seen: set[str] = set()
    begin = line = first_line
    for line, text in enumerate(_LINE.split(block), start=first_line):
        values = _numbers(text, seen)
        if values is None:
            if frames and not current and declared == len(frames):
                warnings.append(f"line {line}: text after the last frame was left out")
                break
            word = next(word for word in text.split() if not _is_number(word))
            raise MotionFileError(
                f'frame {len(frames) + 1} holds "{word[:24].decode("utf-8", "replace")}", which is no number',
                where=f"line {line}",
            )
        if values and not current:
            begin = line
        current += values
        if len(current) == width:
            frames.append(current)
            current = []
        elif len(current) > width:
            raise MotionFileError(
                f"frame {len(frames) + 1} has {len(current)} numbers, the hierarchy needs {width}",
                where=f"line {line}",
                why="numbers and channels do not belong together",
                fix="export it again",
            )
    if current:
        if not frames:
            raise MotionFileError(
                f"the only frame has {len(current)} numbers, the hierarchy needs {width}",
                where=f"line {begin}",
                why="the file was cut short",
            )
        warnings.append(f"line {begin}: the last frame is cut short and was left out")
    if "-" in seen:
        warnings.append("numbers that run into each other were split before their minus signs")
    return np.array(frames, dtype=np.float64)


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return b"_" not in word


def _numbers(text: bytes, seen: set[str]) -> list[float] | None:
    """The numbers of one line; None where it holds something else."""
    if b"_" in text:
        return None
    try:
        return [float(word) for word in text.split()]
    except ValueError:
        pass
    parted = re.sub(rb"(?<=[0-9.])-", b" -", text)
    try:
        values = [float(word) for word in parted.split()]
    except ValueError:
        return None
    seen.add("-")
    return values


def _points_for_commas(block: bytes, warnings: list[str]) -> bytes:
    """Decimal commas of some locales to points; only where no point is used."""
    if b"," not in block or b"." in block:
        return block
    warnings.append("the numbers have decimal commas; they were read as points")
    return block.replace(b",", b".")


def _mended(rows: FloatArray, warnings: list[str]) -> FloatArray:
    """Values that are not finite replaced by the same channel's value one frame earlier."""
    broken = ~np.isfinite(rows)
    if not broken.any():
        return rows
    frames = np.flatnonzero(broken.any(axis=1))
    if len(frames) > max(1.0, _BROKEN_SHARE * len(rows)) or len(frames) == len(rows):
        raise MotionFileError(
            f"{len(frames)} of {len(rows)} frames hold numbers that are not finite (NaN or infinity)",
            where=f"frame {frames[0] + 1}",
            fix="export it again",
        )
    # index of the latest good frame of each channel; channels broken from the start take their first good one
    latest = np.where(broken, -1, np.arange(len(rows))[:, None])
    latest = np.maximum.accumulate(latest, axis=0)
    first_good = np.argmin(broken, axis=0)
    latest = np.where(latest < 0, first_good, latest)
    warnings.append(
        f"{len(frames)} frames held numbers that are not finite (first in frame {frames[0] + 1}); "
        "the frame before was kept there"
    )
    return np.take_along_axis(rows, latest, axis=0)

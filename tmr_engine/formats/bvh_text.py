"""BVH text to joints, channels and numbers. Knows the grammar and its bad habits; no geometry.

The hierarchy is read statement by statement, without recursion; the numbers by `bvh_values`.
"""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import MotionFileError
from ..motion.rotation import FloatArray
from .bvh_values import frame_rows
from .reader import MAX_JOINTS, file_size_within

MAX_FILE_BYTES = 1 << 30
MAX_HEADER_BYTES = 8 << 20
MAX_NAME_LENGTH = 256

_CHANNELS = {f"{axis}{kind}".lower(): axis + kind[0] for axis in "XYZ" for kind in ("position", "rotation")}
_MOTION = re.compile(rb"(?:^|[\r\n])[ \t]*MOTION[ \t]*(?=[\r\n]|$)", re.IGNORECASE)
_STATEMENT = re.compile(r"([{}])|\s(?=(?:OFFSET|CHANNELS)\s)", re.IGNORECASE)
_LINE = re.compile(r"\r\n|\r|\n")


@dataclass
class BvhJoint:
    """A joint as the file states it.

    Args:
        name: as written.
        parent: index of the parent joint, -1 for the root.
        line: where its block begins, from 1.
        offset: its OFFSET in file units.
        channels: in written order, axis and kind: "Xp" is Xposition, "Zr" is Zrotation.
        ends: OFFSETs of its End Sites.
    """

    name: str
    parent: int
    line: int
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    channels: list[str] = field(default_factory=list)
    ends: list[tuple[float, float, float]] = field(default_factory=list)


@dataclass
class BvhFile:
    """What a BVH file says: joints, (T, C) channel values, seconds a frame, and what was mended."""

    joints: list[BvhJoint]
    values: FloatArray
    frame_time: float
    frame_time_text: str
    warnings: list[str]


def parse_bvh(path: Path) -> BvhFile:
    """Reads the text of a BVH file.

    Raises:
        MotionFileError: it is no BVH, or is damaged beyond mending; with the line where that shows.
        OSError: the file cannot be opened.
    """
    file_size_within(path, MAX_FILE_BYTES)
    content = _utf8(_content(path))
    found = _MOTION.search(content, 0, MAX_HEADER_BYTES)
    header = _text(content[: found.start()] if found else content[:MAX_HEADER_BYTES])
    if not header.lstrip().upper().startswith("HIERARCHY"):
        raise _not_a_bvh(header, found is not None)
    if found is None:
        raise MotionFileError(
            f"there is no MOTION section within the first {MAX_HEADER_BYTES >> 20} MB",
            why="the file holds a skeleton without motion or was cut short",
            fix="export it again with its animation",
        )
    warnings: list[str] = []
    joints = _Hierarchy(warnings).read(header)
    line = len(_LINE.findall(_text(content[: found.end()]))) + 1
    frames, frame_time_text, begin, line = _motion_header(content, found.end(), line)
    width = sum(len(joint.channels) for joint in joints)
    if width == 0:
        raise MotionFileError("no joint has a channel, so nothing can move")
    values = frame_rows(content[begin:], width, frames, line, warnings)
    frame_time = _frame_time(frame_time_text)
    return BvhFile(joints, values, frame_time, frame_time_text, warnings)


def _content(path: Path) -> bytes:
    """The file; only its head where that has no MOTION: no gigabyte of something else is read."""
    with path.open("rb") as stream:
        head = stream.read(MAX_HEADER_BYTES)
        is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if b"\0" in head[:4096] and not is_utf16:
            raise MotionFileError("this is not a BVH file: it holds zero bytes, so it is not text")
        if is_utf16 or _MOTION.search(head):
            return head + stream.read()
        return head


def _utf8(content: bytes) -> bytes:
    """The text without byte order mark; UTF-16 turned into UTF-8."""
    if content.startswith(codecs.BOM_UTF8):
        return content[len(codecs.BOM_UTF8) :]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16").encode("utf-8")
        except UnicodeError as error:
            raise MotionFileError("the file begins as UTF-16 text but is damaged") from error
    return content


def _text(header: bytes) -> str:
    """The header as text: UTF-8, or the Western encoding of older exporters."""
    if b"\0" in header:
        line = len(re.findall(rb"\r\n|\r|\n", header[: header.index(b"\0")])) + 1
        raise MotionFileError("zero bytes inside the hierarchy", where=f"line {line}", why="it is damaged")
    try:
        return header.decode("utf-8")
    except UnicodeDecodeError:
        return header.decode("latin-1")


def _not_a_bvh(header: str, has_motion: bool) -> MotionFileError:
    if not header.strip():
        why = "it has no hierarchy" if has_motion else "it holds nothing but blanks"
    else:
        word = header.split(maxsplit=1)[0][:24]
        why = f'it begins with "{word}"' if word.isprintable() else "it begins with binary data"
    return MotionFileError("this is not a BVH file", why=why, fix="a BVH file begins with HIERARCHY")


class _Hierarchy:
    """Reads the hierarchy statement by statement; a stack instead of recursion, since depth is the file's."""

    def __init__(self, warnings: list[str]) -> None:
        self.warnings = warnings
        self.joints: list[BvhJoint] = []
        self.open: list[int] = []  # joints whose block is open; _END for an End Site
        self.pending = _NOTHING  # what the next brace opens
        self.line = 0

    def read(self, header: str) -> list[BvhJoint]:
        for number, text in enumerate(_LINE.split(header), start=1):
            self.line = number
            for statement in _STATEMENT.split(text):
                if statement and statement.strip():
                    self.statement(statement.strip())
        if not self.joints:
            raise self.error("the hierarchy has no joint")
        if self.open or self.pending != _NOTHING:
            # where it is missing cannot be told, and joints after it would hang on the wrong parent
            raise self.error(f"{max(1, len(self.open))} closing braces are missing in the hierarchy")
        return self.joints

    def statement(self, text: str) -> None:
        word, _, rest = text.partition(" ") if "\t" not in text else re.sub(r"\s+", " ", text).partition(" ")
        word, rest = word.upper(), rest.strip()
        if word == "{":
            self.begin()
        elif word == "}":
            self.end()
        elif word in ("ROOT", "JOINT"):
            self.joint(word, rest)
        elif word == "END":
            self.inside("END SITE")
            self.pending = _END
        elif word == "OFFSET":
            self.offset(rest)
        elif word == "CHANNELS":
            self.channels(rest)
        elif word != "HIERARCHY":
            raise self.error(f'"{text[:40]}" is no statement of a BVH hierarchy')

    def begin(self) -> None:
        if self.pending == _NOTHING:
            raise self.error("an opening brace that belongs to no joint")
        self.open.append(self.pending)
        self.pending = _NOTHING

    def end(self) -> None:
        if self.open:
            self.open.pop()
        else:
            self.warnings.append(f"line {self.line}: a closing brace too many")

    def joint(self, word: str, name: str) -> None:
        parent = self.inside(word)
        if parent == _NOTHING and self.joints:
            raise MotionFileError(
                f'"{name[:40]}" is a second root',
                where=f"line {self.line}",
                why="the file holds two skeletons",
                fix="export each figure into its own file",
            )
        if parent == _NOTHING and word == "JOINT":
            self.warnings.append(f"line {self.line}: the top joint is called JOINT instead of ROOT")
        if len(name) > MAX_NAME_LENGTH:
            raise self.error(f"a joint name of {len(name):,} letters; {MAX_NAME_LENGTH} are read")
        if len(self.joints) == MAX_JOINTS:
            raise self.error(f"more than {MAX_JOINTS} joints")
        self.joints.append(BvhJoint(name or f"joint{len(self.joints)}", parent, self.line))
        self.pending = len(self.joints) - 1

    def inside(self, word: str) -> int:
        """The joint whose block is open, _NOTHING at the top."""
        if self.pending != _NOTHING:
            raise self.error(f"{word} where an opening brace is expected")
        if self.open and self.open[-1] == _END:
            raise self.error(f"{word} inside an End Site", "its closing brace is missing")
        return self.open[-1] if self.open else _NOTHING

    def offset(self, rest: str) -> None:
        try:
            numbers = [float(word) for word in rest.split()]
        except ValueError:
            raise self.error(f'"OFFSET {rest[:40]}" is not made of numbers') from None
        # six numbers: some SOMA skeletons append the rest rotation, which the channels repeat
        if len(numbers) not in (3, 6):
            raise self.error(f"OFFSET has {len(numbers)} numbers, 3 are needed")
        if not all(math.isfinite(number) and abs(number) < 1e9 for number in numbers):
            raise self.error(f'"OFFSET {rest[:40]}" is not finite')
        if not self.open:
            raise self.error("OFFSET outside of a joint")
        point = (numbers[0], numbers[1], numbers[2])
        if self.open[-1] != _END:
            self.joints[self.open[-1]].offset = point
        elif len(self.open) > 1 and self.open[-2] >= 0:
            self.joints[self.open[-2]].ends.append(point)

    def channels(self, rest: str) -> None:
        if not self.open or self.open[-1] == _END:
            raise self.error("CHANNELS outside of a joint")
        words = rest.split()
        if not words or not words[0].isdecimal() or int(words[0]) != len(words) - 1:
            raise self.error(f'"CHANNELS {rest[:60]}": the count does not fit the {len(words[1:])} names')
        joint = self.joints[self.open[-1]]
        if joint.channels:
            raise self.error(f'"{joint.name[:40]}" has CHANNELS twice')
        for word in words[1:]:
            channel = _CHANNELS.get(word.lower())
            if channel is None:
                raise self.error(f'"{word[:40]}" is no channel')
            if channel in joint.channels:
                raise self.error(f'"{joint.name[:40]}" has {word} twice')
            joint.channels.append(channel)

    def error(self, what: str, why: str = "") -> MotionFileError:
        return MotionFileError(what, where=f"line {self.line}", why=why)


_NOTHING, _END = -1, -2


def _motion_header(content: bytes, begin: int, line: int) -> tuple[int | None, str, int, int]:
    """Frame count (None if it is no number), frame time as written, and where the numbers begin."""
    frames: int | None = None
    frame_time = ""
    position = begin
    for _ in range(64):  # blank lines are allowed between the two, not an endless search
        ending = re.compile(rb"\r\n|\r|\n").search(content, position, position + 4096)
        text = content[position : ending.start() if ending else position + 4096].decode("utf-8", "replace")
        counted = re.match(r"\s*Frames\s*:?\s*(\S*)", text, re.IGNORECASE)
        timed = re.match(r"\s*Frame\s+Time\s*:?\s*(\S*)", text, re.IGNORECASE)
        if timed:
            frame_time = timed[1]
        elif counted:
            frames = int(counted[1]) if re.fullmatch(r"[+-]?\d{1,18}", counted[1]) else None
        elif text.strip():
            break
        if ending is None:
            return frames, frame_time, len(content), line
        position, line = ending.end(), line + 1
        if timed:
            break
    return frames, frame_time, position, line


def _frame_time(text: str) -> float:
    """Seconds a frame as written; NaN where no number stands."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return math.nan

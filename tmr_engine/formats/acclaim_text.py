"""The text of Acclaim files: an .asf skeleton and the values of an .amc. No geometry."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import MotionFileError
from ..motion.rotation import FloatArray
from .reader import MAX_JOINTS, file_size_within, parents_before_children

MAX_ASF_BYTES = 16 << 20
MAX_AMC_BYTES = 1 << 30

_DOF = ("tx", "ty", "tz", "rx", "ry", "rz")
_LINE = re.compile(r"\r\n|\r|\n")


@dataclass
class AsfBone:
    """A bone as the skeleton file states it.

    Args:
        name: as written; "root" for the root.
        line: where its block begins.
        direction: (3,) unit vector from its start to its end, in the world of the zero pose.
        length: in the file's unit.
        axis: (3,) angles as written, of the frame in which its rotations are measured.
        axis_order: order of those angles, for example "XYZ".
        dof: what an .amc line holds for it, in order ("tx" ... "rz"); empty for a rigid bone.
    """

    name: str
    line: int
    direction: FloatArray = field(default_factory=lambda: np.zeros(3))
    length: float = 0.0
    axis: FloatArray = field(default_factory=lambda: np.zeros(3))
    axis_order: str = "XYZ"
    dof: tuple[str, ...] = ()


@dataclass
class AsfSkeleton:
    """An .asf file: bones with the root first and parents before children; angles in degrees or radians."""

    bones: list[AsfBone]
    parents: list[int]
    root_position: FloatArray
    length_unit: float
    is_degrees: bool


def parse_asf(path: Path) -> AsfSkeleton:
    """Reads a skeleton file.

    Raises:
        MotionFileError: with the line at which it stops making sense.
        OSError: the file cannot be opened.
    """
    file_size_within(path, MAX_ASF_BYTES)
    return _Asf(_LINE.split(_text(path))).read()


def _text(path: Path) -> str:
    content = path.read_bytes()
    if b"\0" in content:
        raise MotionFileError("it holds zero bytes, so it is not text")
    return content.decode("utf-8-sig", "replace")


class _Asf:
    """Reads the sections of an .asf one after another."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.number = 0
        self.units = {"length": 1.0}
        self.is_degrees = True
        self.root = AsfBone("root", 0)
        self.root_position: FloatArray = np.zeros(3)
        self.bones: dict[str, AsfBone] = {}
        self.parent_of: dict[str, str] = {}

    def read(self) -> AsfSkeleton:
        section, bone = "", None
        found = set()
        for number, raw in enumerate(self.lines, start=1):
            self.number = number
            words = raw.partition("#")[0].split()
            if not words:
                continue
            if words[0].startswith(":"):
                section = words[0][1:].lower()
                found.add(section)
            elif section == "units":
                self.unit(words)
            elif section == "root":
                self.bone_line(self.root, words)
            elif section == "bonedata":
                bone = self.bone(bone, words)
            elif section == "hierarchy":
                self.branch(words)
        for needed in ("bonedata", "hierarchy"):
            if needed not in found:
                raise self.error(f"there is no :{needed} section", "the file was cut short")
        return self.ordered()

    def unit(self, words: list[str]) -> None:
        if words[0].lower() == "length":
            self.units["length"] = self.numbers(words[1:2], 1)[0]
        elif words[0].lower() == "angle":
            self.is_degrees = not "".join(words[1:2]).lower().startswith("rad")

    def bone(self, bone: AsfBone | None, words: list[str]) -> AsfBone | None:
        word = words[0].lower()
        if word == "begin":
            return AsfBone("", self.number)
        if bone is None:
            raise self.error(f'"{words[0][:40]}" outside of begin and end')
        if word == "end":
            if not bone.name or bone.name in self.bones or bone.name == "root":
                raise self.error(f'the bone "{bone.name[:40]}" has no name of its own')
            if len(self.bones) >= MAX_JOINTS:
                raise self.error(f"more than {MAX_JOINTS} bones")
            self.bones[bone.name] = bone
            return None
        self.bone_line(bone, words)
        return bone

    def bone_line(self, bone: AsfBone, words: list[str]) -> None:
        word = words[0].lower()
        if word == "name":
            bone.name = " ".join(words[1:])[:200]
        elif word == "direction":
            bone.direction = self.numbers(words[1:4], 3)
        elif word == "length":
            bone.length = float(self.numbers(words[1:2], 1)[0])
        elif word == "position":
            self.root_position = self.numbers(words[1:4], 3)
        elif word == "orientation":
            bone.axis = self.numbers(words[1:4], 3)
        elif word == "axis":
            self.axis(bone, words[1:])
        elif word in ("dof", "order"):
            bone.dof = tuple(name.lower() for name in words[1:] if name.lower() != "l")
            if any(name not in _DOF for name in bone.dof) or len(set(bone.dof)) != len(bone.dof):
                raise self.error(f'"{" ".join(words)[:60]}" are no degrees of freedom')

    def axis(self, bone: AsfBone, words: list[str]) -> None:
        """The root's line has the order alone, a bone's has its three angles first."""
        order = words[-1].upper() if words else ""
        if sorted(order) != ["X", "Y", "Z"]:
            raise self.error(f'"{order[:20]}" is no order of axes')
        bone.axis_order = order
        if len(words) > 1:
            bone.axis = self.numbers(words[:3], 3)

    def branch(self, words: list[str]) -> None:
        if words[0].lower() in ("begin", "end"):
            return
        for name in words:
            if name != "root" and name not in self.bones:
                raise self.error(f'the hierarchy names "{name[:40]}", which is no bone')
        for child in words[1:]:
            if child in self.parent_of or child == "root":
                raise self.error(f'"{child[:40]}" has two parents')
            self.parent_of[child] = words[0]

    def ordered(self) -> AsfSkeleton:
        orphans = [name for name in self.bones if name not in self.parent_of]
        if orphans:
            raise self.error(f'the bone "{orphans[0]}" hangs on nothing in the hierarchy')
        names = ["root", *self.bones]
        index = {name: number for number, name in enumerate(names)}
        parents = [-1] + [index[self.parent_of[name]] for name in self.bones]
        order = parents_before_children(parents)
        place = {old: new for new, old in enumerate(order)}
        bones = [self.root, *self.bones.values()]
        return AsfSkeleton(
            bones=[bones[old] for old in order],
            parents=[-1 if parents[old] < 0 else place[parents[old]] for old in order],
            root_position=self.root_position,
            length_unit=float(self.units["length"]),
            is_degrees=self.is_degrees,
        )

    def numbers(self, words: list[str], count: int) -> FloatArray:
        try:
            values = np.array([float(word) for word in words])
        except ValueError:
            raise self.error(f'"{" ".join(words)[:40]}" is not made of numbers') from None
        if len(values) != count:
            raise self.error(f"{len(values)} numbers, {count} are needed")
        if not np.isfinite(values).all():
            raise self.error(f'"{" ".join(words)[:40]}" is not finite')
        return values

    def error(self, what: str, why: str = "") -> MotionFileError:
        return MotionFileError(what, where=f"line {self.number}", why=why)


def parse_amc(path: Path, skeleton: AsfSkeleton, warnings: list[str]) -> tuple[list[FloatArray], bool]:
    """Reads the values of a motion file.

    Args:
        path: the .amc.
        skeleton: what its lines are about.
        warnings: gets a sentence for each kind of defect that was mended.

    Returns:
        for each bone of the skeleton (T, its degrees of freedom), and whether angles are in degrees.

    Raises:
        MotionFileError: with the line at which it stops making sense.
        OSError: the file cannot be opened.
    """
    file_size_within(path, MAX_AMC_BYTES)
    widths = {bone.name: len(bone.dof) for bone in skeleton.bones}
    frames: list[dict[str, list[float]]] = []
    numbers: list[int] = []
    is_degrees = skeleton.is_degrees
    lines = _LINE.split(_text(path).rstrip())
    for line, raw in enumerate(lines, start=1):
        words = raw.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith(":"):
            if words[0].lower() in (":degrees", ":radians"):
                is_degrees = words[0].lower() == ":degrees"
        elif len(words) == 1 and re.fullmatch(r"[+-]?\d{1,12}", words[0]):
            numbers.append(int(words[0]))
            frames.append({})
        elif not frames:
            raise MotionFileError(
                "values before the first frame number; this is not an AMC file", where=f"line {line}"
            )
        else:
            try:
                frames[-1][words[0]] = _values(words, widths, line)
            except MotionFileError:
                if line < len(lines) or len(frames) < 2:
                    raise
                # the file stops inside this line; its frame is dropped below as cut short
    moving = [name for name, width in widths.items() if width]
    _drop_cut_frame(frames, moving, warnings)
    if not frames:
        raise MotionFileError("there is no frame", why="the file is empty or was cut short")
    _check_order(numbers, warnings)
    return [_column(frames, bone, warnings) for bone in skeleton.bones], is_degrees


def _values(words: list[str], widths: dict[str, int], line: int) -> list[float]:
    width = widths.get(words[0])
    if width is None:
        raise MotionFileError(
            f'the skeleton has no bone "{words[0][:40]}"',
            where=f"line {line}",
            why="the .asf may be another actor's",
        )
    try:
        values = [float(word) for word in words[1:]]
    except ValueError:
        raise MotionFileError(f'"{words[0]}" has a value that is no number', where=f"line {line}") from None
    if not all(math.isfinite(value) for value in values):
        raise MotionFileError(f'"{words[0]}" has a value that is not finite', where=f"line {line}")
    if len(values) != width:
        raise MotionFileError(
            f'"{words[0]}" has {len(values)} values, the skeleton gives it {width}', where=f"line {line}"
        )
    return values


def _drop_cut_frame(frames: list[dict[str, list[float]]], moving: list[str], warnings: list[str]) -> None:
    """A last frame that ends before all bones have come is left out, where the one before was whole."""
    whole = len(frames) < 2 or all(name in frames[-2] for name in moving)
    if frames and whole and any(name not in frames[-1] for name in moving):
        frames.pop()
        warnings.append("the last frame is cut short and was left out")


def _check_order(numbers: list[int], warnings: list[str]) -> None:
    steps = np.diff(np.array(numbers, dtype=np.int64))
    if (steps != 1).any():
        at = int(np.argmax(steps != 1))
        warnings.append(
            f"frame numbers are not in order (frame {numbers[at + 1]} after {numbers[at]}); "
            "the frames were read in the order of the file"
        )


def _column(frames: list[dict[str, list[float]]], bone: AsfBone, warnings: list[str]) -> FloatArray:
    """(T, dof) values of one bone; where it is missing, the frame before holds."""
    if not bone.dof:
        return np.zeros((len(frames), 0))
    present = [number for number, frame in enumerate(frames) if bone.name in frame]
    if not present:
        warnings.append(f'"{bone.name}" never moves; the file has no values for it')
        return np.zeros((len(frames), len(bone.dof)))
    if len(present) < len(frames):
        warnings.append(
            f'"{bone.name}" is missing in {len(frames) - len(present)} frames; the one before was kept there'
        )
    known = np.array([frames[number][bone.name] for number in present])
    latest = np.searchsorted(present, np.arange(len(frames)), side="right") - 1
    column: FloatArray = known[np.maximum(latest, 0)]
    return column

"""What a reader is, and what its caller may tell it that a file cannot say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import MotionFileError
from ..motion import Motion

# No person has more; a file that claims more is damaged or hostile.
MAX_JOINTS = 1024


@dataclass(frozen=True)
class ReadOptions:
    """What the user knows better than the file.

    Args:
        fps: the true frame rate, where the file states a wrong one (CMU 60 and 61 say 120, they are 60).
        unit_m: metres per length unit, where recognising it from the body's height would be wrong.
        up: the up axis of the file's world; "" has it recognised.
        body_models: a folder with the user's own SMPL-H or SMPL-X models (.npz), for AMASS files.
        skeleton: the .asf that belongs to an .amc; found beside it when left out.
    """

    fps: float | None = None
    unit_m: float | None = None
    up: Literal["", "Y", "Z"] = ""
    body_models: Path | None = None
    skeleton: Path | None = None


@dataclass(frozen=True)
class Reader:
    """One motion format.

    Args:
        name: as a person calls it ("BVH").
        suffixes: lower case, with the dot.
        read: gives every take of a file; raises MotionFileError for bad input, located inside the file.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path, ReadOptions], list[Motion]]


def file_size_within(path: Path, limit: int) -> int:
    """The size of a file in bytes, checked before anything of it is read.

    Raises:
        MotionFileError: it is empty, larger than `limit`, or not a regular file.
        OSError: it is not there or may not be looked at.
    """
    if not path.is_file():
        path.stat()  # raises what keeps it from being one
        raise MotionFileError("this is a folder or a device, not a file")
    size = path.stat().st_size
    if size == 0:
        raise MotionFileError("the file is empty (0 bytes)", fix="export it again")
    if size > limit:
        raise MotionFileError(
            f"the file is {size / 2**20:,.0f} MB large, more than the {limit / 2**20:,.0f} MB that are read"
        )
    return size


def parents_before_children(parents: list[int]) -> list[int]:
    """An order of joints in which each parent stands before its children (siblings stay in file order).

    Args:
        parents: index of each joint's parent, -1 for roots.

    Raises:
        MotionFileError: the joints form a cycle.
    """
    children: list[list[int]] = [[] for _ in parents]
    roots: list[int] = []
    for joint, parent in enumerate(parents):
        (children[parent] if parent >= 0 else roots).append(joint)
    order: list[int] = []
    stack = roots[::-1]
    while stack:
        joint = stack.pop()
        order.append(joint)
        stack.extend(reversed(children[joint]))
    if len(order) != len(parents):
        inside = sorted(set(range(len(parents))) - set(order))
        raise MotionFileError(f"{len(inside)} joints hang on each other in a circle instead of on a root")
    return order

"""What a contact sheet draws of a skeleton: which joints are joined, and in which colour."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...motion import Motion, Skeleton
from ...motion.facts import hips_joint
from ...motion.rotation import FloatArray

LEFT, RIGHT, MIDDLE = (210, 60, 40), (40, 90, 210), (70, 70, 70)

_LEFT_NAME = re.compile(r"^[lL]eft|_L$|^L(?=[A-Z])")
_RIGHT_NAME = re.compile(r"^[rR]ight|_R$|^R(?=[A-Z])")
_HAND_NAME = re.compile(r"^hand_[LR]$|^(left|right)_wrist$|^(Left|Right)Hand$")
_THIGH_NAME = re.compile(r"^thigh_[LR]$|^(left|right)_hip$|^(Left|Right)UpLeg$")


@dataclass(frozen=True)
class Bone:
    """A line from one joint to another."""

    start: int
    end: int
    colour: tuple[int, int, int]


def side(name: str) -> str:
    """ "L", "R" or "" by a joint's name."""
    if _LEFT_NAME.search(name):
        return "L"
    return "R" if _RIGHT_NAME.search(name) else ""


def bones(skeleton: Skeleton) -> list[Bone]:
    """One line from each joint to its parent."""
    colours = {"L": LEFT, "R": RIGHT, "": MIDDLE}
    pairs = enumerate(skeleton.parents.tolist())
    return [
        Bone(parent, joint, colours[side(skeleton.names[joint])]) for joint, parent in pairs if parent >= 0
    ]


def hands(skeleton: Skeleton) -> dict[str, int]:
    """The hand or wrist joint of each side."""
    return {side(name): joint for joint, name in enumerate(skeleton.names) if _HAND_NAME.match(name)}


def hips(skeleton: Skeleton) -> int:
    """The joint that the pictures are centred on."""
    return hips_joint(skeleton)


def heading(motion: Motion, frame: int = 0) -> FloatArray:
    """(3,) unit vector along the ground: where the hips face, from the line between the thighs."""
    thighs = {
        side(name): joint for joint, name in enumerate(motion.skeleton.names) if _THIGH_NAME.match(name)
    }
    positions = motion.world[0][frame]
    left = positions[thighs["L"]] - positions[thighs["R"]]
    ahead = np.cross(left, [0.0, 1.0, 0.0])
    unit: FloatArray = ahead / np.linalg.norm(ahead)
    return unit

"""The joints that the representations are made of: HumanML3D's 22 and KIT-ML's 21 (Guo et al. 2022)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FeatureError
from ..motion.rotation import FloatArray


@dataclass(frozen=True, eq=False)
class FeatureSkeleton:
    """J joints, and the numbers by which a representation reads them.

    Args:
        chains: joints from the root or the chest outwards, in the order in which the swings are taken.
        parents: (J,) -1 for the root.
        directions: (J, 3) raw unit direction of the bone that ends in a joint.
        lengths: (J,) of those bones in the reference skeleton, in the unit of the motions.
        scale_bones: thigh and shin; their length fixes the scale between bodies.
        hips, shoulders: the right one and the left one; they say where a body faces.
        contact_joints: ankle and foot of one leg, then of the other.
        contact_step_squared: a foot that moves less in a frame is on the ground.
    """

    chains: tuple[tuple[int, ...], ...]
    parents: np.ndarray
    directions: FloatArray
    lengths: FloatArray
    scale_bones: tuple[int, int]
    hips: tuple[int, int]
    shoulders: tuple[int, int]
    contact_joints: tuple[int, ...]
    contact_step_squared: float

    def __len__(self) -> int:
        """J."""
        return len(self.parents)

    @property
    def width(self) -> int:
        """Numbers of a frame: 4 of the root, 9 a bone, a step of each joint, 4 contacts."""
        return 4 + 9 * (len(self) - 1) + 3 * len(self) + len(self.contact_joints)

    @property
    def offsets(self) -> FloatArray:
        """(J, 3) of the reference skeleton: raw direction times length."""
        return self.directions * self.lengths[:, None]


def bone_lengths(pose: FloatArray, parents: np.ndarray) -> FloatArray:
    """(J,) length of the bone that ends in each joint of a pose (J, 3); 0 for the root."""
    bones = np.linalg.norm(pose[1:] - pose[parents[1:]], axis=-1)
    return np.concatenate([[0.0], bones])


def kit_skeleton(pose: FloatArray) -> FeatureSkeleton:
    """KIT-ML's skeleton, in millimetres at 12.5 frames per second.

    Args:
        pose: (21, 3) joints of the body that every motion is brought to: frame 0 of clip 03950 as published.

    Raises:
        FeatureError: the pose has another shape, or a value is not finite.
    """
    table = _table("skeleton_kit.json")
    pose = np.asarray(pose, dtype=np.float64)
    if pose.shape != (len(table["joints"]), 3) or not np.isfinite(pose).all():
        raise FeatureError(f"a pose of KIT-ML has 21 joints with finite places, not {pose.shape}")
    return _skeleton(table, bone_lengths(pose, _parents(table)))


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return table


def _parents(table: dict[str, Any]) -> np.ndarray:
    return np.array([joint["parent"] for joint in table["joints"]])


def _skeleton(table: dict[str, Any], lengths: FloatArray) -> FeatureSkeleton:
    thigh, shin = table["scale_bones"]
    (right_hip, left_hip), (right_shoulder, left_shoulder) = table["hips"], table["shoulders"]
    return FeatureSkeleton(
        chains=tuple(tuple(chain) for chain in table["chains"]),
        parents=_parents(table),
        directions=np.array([joint["direction"] for joint in table["joints"]], dtype=np.float64),
        lengths=lengths,
        scale_bones=(thigh, shin),
        hips=(right_hip, left_hip),
        shoulders=(right_shoulder, left_shoulder),
        contact_joints=tuple(table["contact_joints"]),
        contact_step_squared=table["contact_step_squared"],
    )


_HUMANML3D = _table("skeleton_humanml3d.json")
JOINT_NAMES: tuple[str, ...] = tuple(joint["name"] for joint in _HUMANML3D["joints"])
HUMANML3D = _skeleton(_HUMANML3D, np.array([joint["length"] for joint in _HUMANML3D["joints"]]))

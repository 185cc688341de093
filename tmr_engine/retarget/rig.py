"""The armature to be animated, as arrays and plain records.

Everything is what Blender says about the armature at rest; nothing here is interpreted. Matrices act on
column vectors, so a bone's axes are the columns of its matrix and its joint is the last column. Armature
space is the space of the armature object's own data; `matrix_world` takes it to the world, where Z is up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import RetargetError
from ..motion.rotation import FloatArray

ROTATION_MODES = ("QUATERNION", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")


@dataclass(frozen=True)
class BoneConstraint:
    """A constraint that acts on a bone (switched on, influence above 0).

    Args:
        bone: the bone that carries it.
        name: the constraint's own name ("IK", "Copy Transforms").
        kind: Blender's type name ("COPY_TRANSFORMS", "COPY_ROTATION", "IK", "ARMATURE", ...).
        targets: bones of the same armature that it reads; empty when it reads another object or none.
        influence: 0 to 1.
        driven: the influence or the mute switch is driven, so it may change.
        chain: for IK, how many bones it moves, counted from its own bone up; 0 means up to the root.
        uses_tail: for IK, the chain includes the whole bone that carries it.
        pole: for IK, the pole bone; empty when there is none.
        local: it reads its target's local transform (`target_space` "LOCAL" or "LOCAL_OWNER_ORIENT"), so a
            target at rest does nothing.
    """

    bone: str
    name: str
    kind: str
    targets: tuple[str, ...] = ()
    influence: float = 1.0
    driven: bool = False
    chain: int = 0
    uses_tail: bool = True
    pole: str = ""
    local: bool = False


@dataclass(frozen=True, eq=False)
class Rig:
    """A target armature with B bones; parents stand before their children.

    Args:
        name: the armature object's name, for messages.
        names: one per bone, unique.
        parents: (B,) index of the parent, -1 where there is none.
        rest_matrices: (B, 4, 4) `bone.matrix_local`: armature space, column 1 runs from head to tail.
        tails: (B, 3) `bone.tail_local`, armature space.
        matrix_world: (4, 4) `object.matrix_world`; world Z is up, lengths in Blender units.
        inherit_rotation: (B,) bool, `bone.use_inherit_rotation`.
        inherit_scale: one per bone, `bone.inherit_scale` ("FULL", "NONE", ...).
        use_local_location: (B,) bool, `bone.use_local_location`.
        connected: (B,) bool, `bone.use_connect` (such a bone ignores its location).
        rotation_modes: one per bone, `pose_bone.rotation_mode`.
        lock_location: (B, 3) bool, `pose_bone.lock_location`.
        lock_rotation: (B, 4) bool, order w, x, y, z. The w lock counts only where `lock_rotations_4d` is on
            or the mode is axis-angle; the reader writes False otherwise.
        deform: (B,) bool, `bone.use_deform`.
        constraints: those that act on bones.
        driven: bone -> the driven transform channels ("rotation_euler[0]"), which keys cannot change.
        properties: bone -> its numeric custom properties (IK/FK switches live there).
        humanoid: VRM's table, role name of the VRM specification -> bone name; empty where there is none.
        pose_matrices: (B, 4, 4) `pose_bone.matrix` as evaluated now, armature space; None means at rest. It
            says where the character stands, and calibrates armatures whose rest pose shows no body.

    Raises:
        RetargetError: the arrays do not fit together, or parents do not come before children.
    """

    name: str
    names: tuple[str, ...]
    parents: np.ndarray
    rest_matrices: FloatArray
    tails: FloatArray
    matrix_world: FloatArray
    inherit_rotation: np.ndarray
    inherit_scale: tuple[str, ...]
    use_local_location: np.ndarray
    connected: np.ndarray
    rotation_modes: tuple[str, ...]
    lock_location: np.ndarray
    lock_rotation: np.ndarray
    deform: np.ndarray
    constraints: tuple[BoneConstraint, ...] = ()
    driven: dict[str, tuple[str, ...]] = field(default_factory=dict)
    properties: dict[str, dict[str, float]] = field(default_factory=dict)
    humanoid: dict[str, str] = field(default_factory=dict)
    pose_matrices: FloatArray | None = None

    def __post_init__(self) -> None:
        count = len(self.names)
        if count == 0:
            raise RetargetError("the armature has no bone", where=self.name)
        shapes = {
            "parents": (count,),
            "rest_matrices": (count, 4, 4),
            "tails": (count, 3),
            "matrix_world": (4, 4),
            "inherit_rotation": (count,),
            "use_local_location": (count,),
            "connected": (count,),
            "lock_location": (count, 3),
            "lock_rotation": (count, 4),
            "deform": (count,),
        }
        for label, shape in shapes.items():
            if getattr(self, label).shape != shape:
                found = getattr(self, label).shape
                raise RetargetError(f"{label} is {found}, expected {shape}", where=self.name)
        if len(self.inherit_scale) != count or len(self.rotation_modes) != count:
            raise RetargetError(f"the flags do not fit {count} bones", where=self.name)
        if self.pose_matrices is not None and self.pose_matrices.shape != (count, 4, 4):
            raise RetargetError(f"the pose does not fit {count} bones", where=self.name)
        if np.any(self.parents >= np.arange(count)):
            raise RetargetError("a bone stands before its parent", where=self.name)
        if len(set(self.names)) != count:
            raise RetargetError("two bones have the same name", where=self.name)
        if not (np.isfinite(self.rest_matrices).all() and np.isfinite(self.matrix_world).all()):
            raise RetargetError("the rest pose holds numbers that are not finite", where=self.name)

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def indices(self) -> dict[str, int]:
        """Bone name -> index."""
        return {name: bone for bone, name in enumerate(self.names)}

    @cached_property
    def calibration(self) -> FloatArray:
        """(B, 4, 4) the pose that calibrates: the rest pose, or the pose shown now where the rest lies flat.

        Some BVH files rest as a heap with every bone along one axis; their first frame is the T-pose.
        """
        if self.pose_matrices is None:
            return self.rest_matrices
        heads = self.rest_matrices[:, :3, 3], self.pose_matrices[:, :3, 3]
        rest, posed = (_uprightness(transform(self.matrix_world, points)) for points in heads)
        return self.pose_matrices if rest < 0.3 and posed > 0.5 else self.rest_matrices

    @cached_property
    def world_heads(self) -> FloatArray:
        """(B, 3) joints of the calibration pose in the world."""
        return transform(self.matrix_world, self.calibration[:, :3, 3])

    @cached_property
    def world_tails(self) -> FloatArray:
        """(B, 3) tails of the calibration pose in the world."""
        lengths = np.linalg.norm(self.tails - self.rest_matrices[:, :3, 3], axis=1, keepdims=True)
        tails = self.calibration[:, :3, 3] + self.calibration[:, :3, 1] * lengths
        return transform(self.matrix_world, tails)


def transform(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """Points (..., 3) taken through a (4, 4) matrix."""
    moved: FloatArray = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def _uprightness(points: FloatArray) -> float:
    """Height over the longest side of the box around points: 1 for a standing figure, 0 for a heap."""
    extent = np.ptp(points, axis=0)
    return float(extent[2] / max(extent.max(), 1e-12))


_ARRAYS = {
    "parents": np.int64,
    "rest_matrices": np.float64,
    "tails": np.float64,
    "matrix_world": np.float64,
    "inherit_rotation": np.bool_,
    "use_local_location": np.bool_,
    "connected": np.bool_,
    "lock_location": np.bool_,
    "lock_rotation": np.bool_,
    "deform": np.bool_,
}


def rig_to_json(rig: Rig) -> str:
    """The rig as JSON text, for tests and for a child process."""
    document: dict[str, Any] = {label: getattr(rig, label).tolist() for label in _ARRAYS}
    document |= {
        "name": rig.name,
        "names": rig.names,
        "inherit_scale": rig.inherit_scale,
        "rotation_modes": rig.rotation_modes,
        "constraints": [vars(constraint) for constraint in rig.constraints],
        "driven": rig.driven,
        "properties": rig.properties,
        "humanoid": rig.humanoid,
        "pose_matrices": None if rig.pose_matrices is None else rig.pose_matrices.tolist(),
    }
    return json.dumps(document)


def rig_from_json(text: str) -> Rig:
    """The rig that `rig_to_json` wrote.

    Raises:
        RetargetError: the arrays do not fit together.
    """
    document = json.loads(text)
    arrays: dict[str, Any] = {
        label: np.asarray(document[label], dtype=kind) for label, kind in _ARRAYS.items()
    }
    constraints = tuple(
        BoneConstraint(**(entry | {"targets": tuple(entry["targets"])})) for entry in document["constraints"]
    )
    return Rig(
        name=document["name"],
        names=tuple(document["names"]),
        inherit_scale=tuple(document["inherit_scale"]),
        rotation_modes=tuple(document["rotation_modes"]),
        constraints=constraints,
        driven={bone: tuple(channels) for bone, channels in document["driven"].items()},
        properties=document["properties"],
        humanoid=document["humanoid"],
        pose_matrices=None if document["pose_matrices"] is None else np.asarray(document["pose_matrices"]),
        **arrays,
    )

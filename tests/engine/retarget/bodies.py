"""Bodies made of numbers: the same joints as an armature and as a source skeleton, under any names.

Everything here is written from the definitions (Blender's pose rule, forward kinematics with matrices), not
with the engine's own kinematics: it is what the solver is measured against.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from tmr_engine.motion import Motion, Skeleton
from tmr_engine.retarget import Rig, Solution

SIDES = ("left", "right")
FINGERS = ("thumb", "index", "middle", "ring", "little")
ARM = ("upper_arm", "lower_arm", "hand")
# source axes (Y up, facing +Z) to the world's (Z up, facing -Y)
TO_WORLD = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])

# a role's joint on the left side or in the middle: metres, T-pose, Z up, facing -Y, left is +X
MIDDLE = {"hips": (0.0, 0.0, 0.95), "head": (0.0, 0.0, 1.57)}
TRUNK_BASE, TRUNK_TOP = np.array([0.0, 0.0, 1.02]), np.array([0.0, 0.0, 1.30])
NECK_BASE, NECK_TOP = np.array([0.0, 0.0, 1.46]), np.array([0.0, 0.0, 1.53])
LEFT = {
    "clavicle": (0.03, 0.0, 1.42),
    "upper_arm": (0.18, 0.0, 1.42),
    "lower_arm": (0.46, 0.0, 1.42),
    "hand": (0.71, 0.0, 1.42),
    "upper_leg": (0.09, 0.0, 0.92),
    "lower_leg": (0.09, 0.0, 0.50),
    "foot": (0.09, 0.01, 0.08),
    "toe": (0.09, -0.12, 0.02),
}
PARENTS = {"upper_arm": "clavicle", "lower_arm": "upper_arm", "hand": "lower_arm"}
PARENTS |= {"lower_leg": "upper_leg", "foot": "lower_leg", "toe": "foot"}
# first joint of each finger from the wrist, and the length of a phalanx
KNUCKLES = {
    "thumb": ((0.02, -0.03, -0.01), 0.035),
    "index": ((0.09, -0.03, 0.0), 0.035),
    "middle": ((0.09, -0.01, 0.0), 0.04),
    "ring": ((0.085, 0.01, 0.0), 0.035),
    "little": ((0.08, 0.03, 0.0), 0.03),
}

Names = dict[str, str | tuple[str, ...]]


@dataclass
class Joints:
    """A tree of named joints in the world, parents before children."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    heads: list[np.ndarray] = field(default_factory=list)

    def add(self, name: str, parent: str | None, head: np.ndarray) -> str:
        self.names.append(name)
        self.parents.append(-1 if parent is None else self.names.index(parent))
        self.heads.append(np.asarray(head, dtype=float))
        return name

    @property
    def places(self) -> np.ndarray:
        return np.array(self.heads)


def plain_names(fingers: bool = True) -> Names:
    """Every role under its own name."""
    names: Names = {
        "hips": "hips",
        "spine": ("spine_a", "spine_b"),
        "chest": "chest",
        "neck": ("neck",),
        "head": "head",
    }
    for side in SIDES:
        names |= {f"{side}_{part}": f"{side}_{part}" for part in LEFT}
        if fingers:
            names |= {f"{side}_{f}": tuple(f"{side}_{f}_{n}" for n in range(3)) for f in FINGERS}
    return names


def body(names: Names, *, arm_down_deg: float = 0.0, leg_scale: float = 1.0, scale: float = 1.0) -> Joints:
    """The joints of a body.

    Args:
        names: role -> name, or names outward.
        arm_down_deg: how far the arms hang at rest.
        leg_scale: of the legs alone; the body stands on the ground nonetheless.
        scale: of everything.
    """
    joints = Joints()
    lift = np.array([0.0, 0.0, (leg_scale - 1.0) * LEFT["upper_leg"][2]])
    above = None
    for role in ("root", "mover", "hips"):
        if role in names:
            place = np.array(MIDDLE["hips"]) + lift if role == "hips" else np.zeros(3)
            above = joints.add(str(names[role]), above, place)
    hips = str(names["hips"])
    legs_on = joints.add(str(names["pelvis"]), hips, MIDDLE["hips"] + lift) if "pelvis" in names else hips
    trunk = [*_listed(names, "spine"), *_listed(names, "chest")]
    chest = _chain(joints, trunk, hips, TRUNK_BASE + lift, TRUNK_TOP + lift)
    neck = _chain(joints, _listed(names, "neck"), chest, NECK_BASE + lift, NECK_TOP + lift)
    joints.add(str(names["head"]), neck, MIDDLE["head"] + lift)
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        mirror = np.array([sign, 1.0, 1.0])
        for part, place in LEFT.items():
            if f"{side}_{part}" not in names:
                continue
            parent = PARENTS.get(part)
            if parent is not None and f"{side}_{parent}" not in names:
                parent = PARENTS.get(parent)
            on = legs_on if part == "upper_leg" else chest
            if parent is not None and f"{side}_{parent}" in names:
                on = str(names[f"{side}_{parent}"])
            is_leg = part in ("upper_leg", "lower_leg", "foot", "toe")
            head = np.array(place) * leg_scale if is_leg else np.array(place) + lift
            if is_leg:
                head[0] = place[0]
            joints.add(str(names[f"{side}_{part}"]), on, _lowered(head, part, arm_down_deg, lift) * mirror)
        for finger, (knuckle, length) in KNUCKLES.items():
            above = names.get(f"{side}_hand")
            for number, name in enumerate(_listed(names, f"{side}_{finger}")):
                head = np.array(LEFT["hand"]) + lift + knuckle + np.array([number * length, 0.0, 0.0])
                joints.add(name, str(above), _lowered(head, "hand", arm_down_deg, lift) * mirror)
                above = name
    joints.heads = [head * scale for head in joints.heads]
    return joints


def _listed(names: Names, role: str) -> list[str]:
    found = names.get(role, ())
    return [found] if isinstance(found, str) else list(found)


def _chain(joints: Joints, names: list[str], above: str, start: np.ndarray, end: np.ndarray) -> str:
    for number, name in enumerate(names):
        above = joints.add(name, above, start + (end - start) * number / max(len(names) - 1, 1))
    return above


def _lowered(head: np.ndarray, part: str, degrees: float, lift: np.ndarray) -> np.ndarray:
    if part not in ARM:
        return head
    pivot = np.array(LEFT["upper_arm"]) + lift
    turn = Rotation.from_euler("y", degrees, degrees=True).as_matrix()
    return pivot + turn @ (head - pivot)


def rig_of(
    joints: Joints,
    *,
    axes: np.ndarray | None = None,
    seed: int | None = None,
    matrix_world: np.ndarray | None = None,
    modes: tuple[str, ...] = ("QUATERNION",),
    **changes,
) -> Rig:
    """An armature with these joints in the world.

    Args:
        joints: the body.
        axes: (3, 3) rest axes of every bone in armature space; the identity when left out.
        seed: every bone gets rest axes of its own at random instead.
        matrix_world: of the object; the joints stay where they are in the world.
        modes: rotation modes, taken in turn.
        changes: other fields of the rig.
    """
    count = len(joints.names)
    world = np.eye(4) if matrix_world is None else matrix_world
    rest = np.tile(np.eye(4), (count, 1, 1))
    rest[:, :3, :3] = np.eye(3) if axes is None else axes
    if seed is not None:
        rest[:, :3, :3] = Rotation.random(count, random_state=seed).as_matrix()
    inverse = np.linalg.inv(world)
    rest[:, :3, 3] = joints.places @ inverse[:3, :3].T + inverse[:3, 3]
    fields = {
        "name": "Character",
        "names": tuple(joints.names),
        "parents": np.array(joints.parents),
        "rest_matrices": rest,
        "tails": rest[:, :3, 3] + 0.01 * rest[:, :3, 1],
        "matrix_world": world,
        "inherit_rotation": np.ones(count, dtype=bool),
        "inherit_scale": ("FULL",) * count,
        "use_local_location": np.ones(count, dtype=bool),
        "connected": np.zeros(count, dtype=bool),
        "rotation_modes": tuple(modes[bone % len(modes)] for bone in range(count)),
        "lock_location": np.zeros((count, 3), dtype=bool),
        "lock_rotation": np.zeros((count, 4), dtype=bool),
        "deform": np.ones(count, dtype=bool),
    }
    return Rig(**(fields | changes))


def skeleton_of(joints: Joints) -> Skeleton:
    """The same joints as a source: Y up, facing +Z, every joint's axes those of the world at rest."""
    heads = joints.places @ TO_WORLD
    parents = np.array(joints.parents)
    offsets = np.where(parents[:, None] >= 0, heads - heads[parents], heads)
    rest = np.tile([1.0, 0.0, 0.0, 0.0], (len(heads), 1))
    return Skeleton(tuple(joints.names), parents, offsets, rest)


def at_rest(skeleton: Skeleton) -> Motion:
    """One frame of the rest pose."""
    return Motion(skeleton, skeleton.offsets[None, 0], skeleton.rest_rotations[None], 30.0)


def dance(skeleton: Skeleton, *, seconds: float = 1.0, fps: int = 60, turns: float = 2.0) -> Motion:
    """Every joint swings about its own axis; the body turns around and walks 1.5 m a second."""
    times = np.arange(round(seconds * fps) + 1) / fps
    generator = np.random.default_rng(5)
    count = len(skeleton)
    axes = generator.normal(size=(count, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    angles = 0.6 * np.sin(2 * np.pi * np.outer(times, generator.uniform(0.5, 1.5, count)))
    local = Rotation.from_rotvec((angles[..., None] * axes).reshape(-1, 3)).as_matrix()
    local = local.reshape(len(times), count, 3, 3)
    around = Rotation.from_rotvec(np.outer(2 * np.pi * turns * times / seconds, [0, 1, 0])).as_matrix()
    local[:, 0] = around @ local[:, 0]
    path = skeleton.offsets[0] + np.outer(times, [0.5, 0.0, 1.5])
    return Motion(skeleton, path, wxyz(local), float(fps))


def wxyz(matrices: np.ndarray) -> np.ndarray:
    """Rotation matrices as quaternions, w first."""
    flat = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat()
    return np.roll(flat, 1, axis=1).reshape(*matrices.shape[:-2], 4)


def matrices_of(quats: np.ndarray) -> np.ndarray:
    """Quaternions, w first, as rotation matrices."""
    flat = Rotation.from_quat(np.roll(quats.reshape(-1, 4), -1, axis=1)).as_matrix()
    return flat.reshape(*quats.shape[:-1], 3, 3)


def source_places(motion: Motion) -> np.ndarray:
    """(T, J, 3) joints in the world (Z up), by forward kinematics with matrices."""
    skeleton = motion.skeleton
    local = matrices_of(motion.rotations)
    turned, places = np.empty_like(local), np.empty((*local.shape[:2], 3))
    turned[:, 0], places[:, 0] = local[:, 0], motion.root_translation
    for joint in range(1, len(skeleton)):
        above = skeleton.parents[joint]
        turned[:, joint] = turned[:, above] @ local[:, joint]
        places[:, joint] = places[:, above] + turned[:, above] @ skeleton.offsets[joint]
    return places @ TO_WORLD.T


def basis_of(rig: Rig, solution: Solution) -> np.ndarray:
    """(T, B, 4, 4) what the curves say of each bone, in its own rotation mode, as Blender reads them."""
    basis = np.tile(np.eye(4), (solution.frames, len(rig), 1, 1))
    values: dict[tuple[str, str], dict[int, np.ndarray]] = {}
    for curve in solution.curves():
        values.setdefault((curve.bone, curve.property), {})[curve.index] = curve.values
    for (name, kind), channels in values.items():
        bone = rig.indices[name]
        rows = np.stack([channels[index] for index in sorted(channels)], axis=1)
        if kind == "location":
            basis[:, bone, :3, 3] = rows
        elif kind == "rotation_quaternion":
            basis[:, bone, :3, :3] = matrices_of(rows)
        elif kind == "rotation_axis_angle":
            basis[:, bone, :3, :3] = Rotation.from_rotvec(rows[:, :1] * rows[:, 1:]).as_matrix()
        else:
            order = rig.rotation_modes[bone]  # Blender's "XYZ" turns about X first, about the fixed axes
            turned = rows[:, ["XYZ".index(letter) for letter in order]]
            basis[:, bone, :3, :3] = Rotation.from_euler(order.lower(), turned).as_matrix()
    return basis


def posed(rig: Rig, solution: Solution) -> np.ndarray:
    """(T, B, 4, 4) world matrices of the bones: parent's pose, the rest offset, the bone's own channels."""
    basis, pose = basis_of(rig, solution), np.empty((solution.frames, len(rig), 4, 4))
    for bone, parent in enumerate(rig.parents):
        rest = rig.rest_matrices[bone]
        if parent < 0:
            pose[:, bone] = rest @ basis[:, bone]
        else:
            offset = np.linalg.inv(rig.rest_matrices[parent]) @ rest
            pose[:, bone] = pose[:, parent] @ offset @ basis[:, bone]
    return rig.matrix_world @ pose


def rig_places(rig: Rig, solution: Solution) -> np.ndarray:
    """(T, B, 3) joints of the posed armature in the world."""
    return posed(rig, solution)[..., :3, 3]


def directions(places: np.ndarray, names: tuple[str, ...], pairs: list[tuple[str, str]]) -> np.ndarray:
    """(T, pairs, 3) unit vectors from joint to joint."""
    index = {name: place for place, name in enumerate(names)}
    ways = np.stack([places[:, index[b]] - places[:, index[a]] for a, b in pairs], axis=1)
    return ways / np.linalg.norm(ways, axis=-1, keepdims=True)


def degrees_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles between unit vectors, exact also where they are small."""
    return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2, 0, 1)))


LIMBS = [
    (f"{side}_{upper}", f"{side}_{lower}")
    for side in SIDES
    for upper, lower in (
        ("upper_arm", "lower_arm"),
        ("lower_arm", "hand"),
        ("upper_leg", "lower_leg"),
        ("lower_leg", "foot"),
    )
]

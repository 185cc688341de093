"""IK controls that show what the FK controls show: keys for hand, foot, toe and pole controls.

The pose is Blender's own, evaluated frame by frame: what an IK control hangs on is a matter of the rig's
constraints and drivers, which only Blender knows. The playhead is put back, and no key is written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from .._engine import errors, families, poles, retarget, rotation

_CHECKED_FRAMES = 7
_POLE_TURNS = 2
_TOLERANCE = 0.01  # of the armature's height: farther off, the user is told


@dataclass(frozen=True)
class Snapped:
    """The IK controls' motion, and what the FK controls showed.

    Args:
        solution: keys and switches for the IK controls.
        shown: scene frame -> (D, 3) joints of the deforming bones under FK, armature space.
    """

    solution: retarget.Solution
    shown: dict[int, np.ndarray]


def ik_limbs(rig: retarget.Rig, mapping: retarget.Mapping) -> list[families.IkLimb]:
    """The limbs whose IK controls the rig has and whose bones are mapped."""
    family = next((known for known in families.families() if known.name == mapping.family), None)
    return [
        limb
        for limb in (family.ik if family else ())
        if limb.controls[0][0] in rig.indices and all(role in mapping.roles for role in limb.joints)
    ]


def snap_ik(
    context: bpy.types.Context,
    armature: bpy.types.Object,
    rig: retarget.Rig,
    mapping: retarget.Mapping,
    frames: range,
) -> Snapped:
    """Solves the IK controls for a range in which the FK controls show.

    Args:
        context: gives the scene and its evaluation.
        armature: the armature object.
        rig: it, as arrays.
        mapping: its map; the family says which controls there are.
        frames: scene frames.

    Raises:
        RetargetError: no IK controls of this rig are known.
    """
    limbs = ik_limbs(rig, mapping)
    if not limbs:
        raise errors.RetargetError(
            f"no IK controls are known for rigs of the family {mapping.family}",
            where=armature.name,
            fix="Key its IK controls by hand, or add them to the family's file",
        )
    controls = _Controls(armature, rig, mapping, limbs, len(frames))
    shown: dict[int, np.ndarray] = {}
    checked = {
        frames[place] for place in np.linspace(0, len(frames) - 1, _CHECKED_FRAMES).round().astype(int)
    }
    aiming = _aiming_switches(rig, mapping, limbs)
    with _kept(context.scene, armature, controls.names, aiming):
        for number, frame in enumerate(frames):
            context.scene.frame_set(frame)
            if frame in checked:
                shown[frame] = _deforming(context, armature, rig)
            _set(context, armature, aiming)
            controls.record(context, number)
    fps = context.scene.render.fps / context.scene.render.fps_base
    switches = _switches(rig, limbs)
    solution = retarget.Solution(fps, len(frames), controls.motions(), switches)
    return Snapped(solution, shown)


def largest_error(
    context: bpy.types.Context, armature: bpy.types.Object, rig: retarget.Rig, snapped: Snapped
) -> tuple[float, str]:
    """How far joints are from where FK had them, once the keys are written: Blender units, and the bone."""
    names = [name for name, deforms in zip(rig.names, rig.deform, strict=True) if deforms]
    worst, bone = 0.0, ""
    with _kept(context.scene, armature):
        for frame, wanted in snapped.shown.items():
            context.scene.frame_set(frame)
            off = np.linalg.norm(_deforming(context, armature, rig) - wanted, axis=1)
            if len(off) and off.max() > worst:
                worst, bone = float(off.max()), names[int(off.argmax())]
    return worst * float(np.cbrt(np.linalg.det(rig.matrix_world[:3, :3]))), bone


def error_warning(rig: retarget.Rig, off: float, bone: str) -> list[str]:
    """What to tell the user where IK cannot show what FK showed."""
    heights = rig.world_heads[:, 2]
    if off <= _TOLERANCE * float(np.ptp(heights)):
        return []
    return [
        f"the IK controls bring {bone} up to {off * 100:.1f} cm away from where the FK controls had it: "
        f"the rig's IK cannot take this pose"
    ]


class _Pole:
    """A pole control, and how far beside the limb's plane the rig's own angles put it.

    Args:
        name: the control.
        joints: the bones whose heads are the limb's root, middle and end.
        bent: the bone that IK bends, whose head is the middle joint under IK; empty where none was found.
    """

    def __init__(self, name: str, joints: tuple[str, ...], bent: str) -> None:
        self.name, self.joints, self.bent = name, joints, bent
        self._turn = 0.0

    def corrected(self, place: np.ndarray, joints: np.ndarray) -> np.ndarray:
        """The place turned by what was found so far: a straight limb tells nothing of its own."""
        return poles.turned_about(place[None], joints[None], np.array([self._turn]))[0]

    def turned(self, place: np.ndarray, joints: np.ndarray, middle: np.ndarray) -> np.ndarray:
        """The place turned so that IK brings the middle joint to where it should be."""
        turn, told = poles.turn_about_limb(joints[None], middle[None])
        if not told[0]:
            return place
        self._turn += float(turn[0])
        return poles.turned_about(place[None], joints[None], turn)[0]


def _bent_by(rig: retarget.Rig, pole: str) -> str:
    """The bone that holds the IK constraint of a pole control."""
    return next((c.bone for c in rig.constraints if c.kind == "IK" and c.pole == pole), "")


class _Controls:
    """The IK controls of a rig, their wanted poses and the channels that give these."""

    def __init__(
        self,
        armature: bpy.types.Object,
        rig: retarget.Rig,
        mapping: retarget.Mapping,
        limbs: list[families.IkLimb],
        count: int,
    ) -> None:
        self._armature, self._rig, self._count = armature, rig, count
        follows = [
            [(name, mapping.bone(role)) for name, role in limb.controls if name in rig.indices]
            for limb in limbs
        ]
        # a toe control or a pole may hang on the foot control, so the limbs' ends are posed first
        self._ends = [pairs[0] for pairs in follows]
        self._others = [pair for pairs in follows for pair in pairs[1:] if pair[1] is not None]
        self._poles = [
            _Pole(limb.pole, tuple(str(mapping.bone(role)) for role in limb.joints), _bent_by(rig, limb.pole))
            for limb in limbs
            if limb.pole in rig.indices
        ]
        self.names = [name for name, _ in (*self._ends, *self._others)] + [pole.name for pole in self._poles]
        self._basis: dict[str, np.ndarray] = {}

    def record(self, context: bpy.types.Context, number: int) -> None:
        """Takes the controls' channels from the pose shown, as row `number`."""
        pose = self._evaluated(context)
        wanted = {name: self._carried(pose, name, leader) for name, leader in (*self._ends, *self._others)}
        joints = {pole.name: np.array([pose[joint].head for joint in pole.joints]) for pole in self._poles}
        places = {pole.name: self._aimed(pose, pole, joints[pole.name]) for pole in self._poles}
        for stage in (self._ends, self._others):
            for name, _ in stage:
                self._pose(pose[name], wanted[name], number)
            context.view_layer.update()
            pose = self._evaluated(context)
        self._pose_poles(context, places, number)
        # where a pole has to stand is also a matter of the rig's pole angles: look, and turn it
        for _ in range(_POLE_TURNS):
            pose = self._evaluated(context)
            for pole in self._poles:
                if pole.bent:
                    middle = np.array(pose[pole.bent].head)
                    places[pole.name] = pole.turned(places[pole.name], joints[pole.name], middle)
            self._pose_poles(context, places, number)

    def _pose_poles(self, context: bpy.types.Context, places: dict[str, np.ndarray], number: int) -> None:
        pose = self._evaluated(context)
        for name, place in places.items():
            self._pose(pose[name], Matrix.Translation(place) @ self._rest(name).to_3x3().to_4x4(), number)
        context.view_layer.update()

    def _pose(self, shown: bpy.types.PoseBone, wanted: Matrix, number: int) -> None:
        basis = self._basis_for(shown, wanted)
        self._armature.pose.bones[shown.name].matrix_basis = basis
        self._basis.setdefault(shown.name, np.empty((self._count, 4, 4)))[number] = basis

    def motions(self) -> tuple[retarget.BoneMotion, ...]:
        """The recorded channels; poles are keyed by place alone."""
        aimed = {pole.name for pole in self._poles}
        return tuple(self._motion(name, basis, name not in aimed) for name, basis in self._basis.items())

    def _motion(self, name: str, basis: np.ndarray, turns: bool) -> retarget.BoneMotion:
        bone = self._rig.indices[name]
        quats = rotation.continuous(rotation.from_matrix(basis[:, :3, :3])) if turns else None
        return retarget.BoneMotion(
            bone=name,
            rotation_mode=self._rig.rotation_modes[bone],
            rotation=quats,
            location=basis[:, :3, 3],
            lock_rotation=self._rig.lock_rotation[bone],
            lock_location=self._rig.lock_location[bone],
        )

    def _evaluated(self, context: bpy.types.Context) -> bpy.types.bpy_prop_collection:
        return self._armature.evaluated_get(context.evaluated_depsgraph_get()).pose.bones

    def _rest(self, name: str) -> Matrix:
        return self._armature.data.bones[name].matrix_local

    def _carried(self, pose: bpy.types.bpy_prop_collection, name: str, leader: str) -> Matrix:
        """The control goes with the bone as if it were fixed to it at rest."""
        return pose[leader].matrix @ self._rest(leader).inverted() @ self._rest(name)

    def _aimed(self, pose: bpy.types.bpy_prop_collection, pole: _Pole, joints: np.ndarray) -> np.ndarray:
        upper = np.array(pose[pole.joints[0]].matrix @ self._rest(pole.joints[0]).inverted())
        at_rest = np.array(self._rest(pole.name).translation)
        return pole.corrected(poles.pole_positions(joints[None], upper[None], at_rest)[0], joints)

    def _basis_for(self, shown: bpy.types.PoseBone, wanted: Matrix) -> Matrix:
        """The channels that bring a bone to a pose, by Blender's own rules of inheritance."""
        bone, above = self._armature.data.bones[shown.name], shown.parent
        inherited = (
            {}
            if above is None
            else {
                "parent_matrix": above.matrix,
                "parent_matrix_local": self._rest(above.name),
            }
        )
        return bone.convert_local_to_pose(wanted, bone.matrix_local, invert=True, **inherited)


def _switches(rig: retarget.Rig, limbs: list[families.IkLimb]) -> tuple[retarget.Switch, ...]:
    found = []
    for switch in dict.fromkeys(switch for limb in limbs for switch in limb.switches):
        value = rig.properties.get(switch.bone, {}).get(switch.property)
        if value is not None:
            found.append(retarget.Switch(switch.bone, f'["{switch.property}"]', switch.value, value))
    return tuple(found)


def _aiming_switches(
    rig: retarget.Rig, mapping: retarget.Mapping, limbs: list[families.IkLimb]
) -> list[families.FamilySwitch]:
    """Switches that make the IK mechanism heed its poles; those between FK and IK stay on FK for now."""
    family = next(known for known in families.families() if known.name == mapping.family)
    between = {(switch.bone, switch.property) for switch in family.switches}
    return [
        switch
        for limb in limbs
        for switch in limb.switches
        if (switch.bone, switch.property) not in between
        and switch.property in rig.properties.get(switch.bone, {})
    ]


def _set(
    context: bpy.types.Context, armature: bpy.types.Object, switches: list[families.FamilySwitch]
) -> None:
    """Sets custom properties, where they are not set already."""
    changed = False
    for switch in switches:
        bone = armature.pose.bones[switch.bone]
        if bone[switch.property] != switch.value:
            bone[switch.property] = type(bone[switch.property])(switch.value)
            changed = True
    if changed:
        armature.update_tag()
        context.view_layer.update()


def _deforming(context: bpy.types.Context, armature: bpy.types.Object, rig: retarget.Rig) -> np.ndarray:
    """(D, 3) joints of the deforming bones as shown, armature space."""
    pose = armature.evaluated_get(context.evaluated_depsgraph_get()).pose.bones
    names = [name for name, deforms in zip(rig.names, rig.deform, strict=True) if deforms]
    return np.array([pose[name].head for name in names]).reshape(-1, 3)


@contextmanager
def _kept(
    scene: bpy.types.Scene,
    armature: bpy.types.Object,
    names: Sequence[str] = (),
    switches: Sequence[families.FamilySwitch] = (),
) -> Iterator[None]:
    """The playhead, the bones' channels and the switches are what they were, whatever happens in between."""
    frame, part = scene.frame_current, scene.frame_subframe
    bones = armature.pose.bones
    basis = {name: bones[name].matrix_basis.copy() for name in names}
    values = [(switch, bones[switch.bone][switch.property]) for switch in switches]
    try:
        yield
    finally:
        for name, matrix in basis.items():
            bones[name].matrix_basis = matrix
        for switch, value in values:
            bones[switch.bone][switch.property] = value
        scene.frame_set(frame, subframe=part)

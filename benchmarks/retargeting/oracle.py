"""Forward kinematics from F-curve values by Blender's rules, written apart from the solver's own.

The values are rounded to float32 first, because that is what Blender keeps of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from benchmarks.retargeting.rigs import Character, rotation_channel
from tmr_engine.motion.rotation import FloatArray
from tmr_engine.retarget import Curve, Rig


def pose(character: Character, curves: Iterable[Curve], frames: int) -> FloatArray:
    """(T, B, 4, 4) pose matrices in armature space that the keys give where no constraint interferes.

    Channels without keys keep the values that the rig was found with.
    """
    rig = character.rig
    basis = basis_of(character, curves, frames)
    posed = np.zeros((frames, len(rig), 4, 4))
    posed[..., 3, 3] = 1.0
    for bone in range(len(rig)):
        posed[:, bone] = _child(rig, bone, posed, basis[:, bone])
    return posed


def basis_of(character: Character, curves: Iterable[Curve], frames: int) -> FloatArray:
    """(T, B, 4, 4) what each bone's own channels do to it, in its rest axes."""
    rig = character.rig
    keyed: dict[str, dict[str, FloatArray]] = {}
    for curve in curves:
        channels = keyed.setdefault(curve.bone, {})
        if curve.property not in channels:
            channels[curve.property] = np.tile(character.standing[curve.bone][curve.property], (frames, 1))
        channels[curve.property][:, curve.index] = curve.values.astype(np.float32)
    basis = np.zeros((frames, len(rig), 4, 4))
    basis[..., 3, 3] = 1.0
    for bone, name in enumerate(rig.names):
        mode = rig.rotation_modes[bone]
        channels = {label: np.array([values]) for label, values in character.standing[name].items()}
        channels |= keyed.get(name, {})
        basis[:, bone, :3, :3] = rotation_matrix(mode, channels[rotation_channel(mode)])
        if not rig.connected[bone]:
            basis[:, bone, :3, 3] = channels["location"]
    return basis


def _child(rig: Rig, bone: int, posed: FloatArray, basis: FloatArray) -> FloatArray:
    """(T, 4, 4) a bone's pose, its parent being posed already."""
    rest, parent = rig.rest_matrices[bone], int(rig.parents[bone])
    if parent < 0:
        frame = np.broadcast_to(rest, basis.shape)
        above: FloatArray = np.broadcast_to(np.eye(4), basis.shape)
    else:
        offset = np.linalg.solve(rig.rest_matrices[parent], rest)
        above = posed[:, parent]
        frame = above @ offset
    whole = frame @ basis
    if parent >= 0 and not rig.inherit_rotation[bone]:
        whole[:, :3, :3] = rest[:3, :3] @ basis[:, :3, :3]
    if not rig.use_local_location[bone]:
        whole[:, :3, 3] = frame[:, :3, 3] + np.einsum("tij,tj->ti", above[:, :3, :3], basis[:, :3, 3])
    return whole


def rotation_matrix(mode: str, values: FloatArray) -> FloatArray:
    """(T, 3, 3) the rotation that the channels of a rotation mode stand for."""
    if mode == "QUATERNION":
        return _turned(values[:, 0], values[:, 1:])
    if mode == "AXIS_ANGLE":
        axes = values[:, 1:] / np.maximum(np.linalg.norm(values[:, 1:], axis=1, keepdims=True), 1e-12)
        half = 0.5 * values[:, :1]
        return _turned(np.cos(half[:, 0]), np.sin(half) * axes)
    turn: FloatArray = np.broadcast_to(np.eye(3), (len(values), 3, 3))
    for letter in mode:  # "XYZ" turns about X first
        axis = "XYZ".index(letter)
        half = 0.5 * values[:, axis]
        turn = _turned(np.cos(half), np.sin(half)[:, None] * np.eye(3)[axis]) @ turn
    return turn


def _turned(w: FloatArray, v: FloatArray) -> FloatArray:
    """(T, 3, 3) of quaternions of any length: (w^2 - v.v) 1 + 2 v v^T + 2 w [v]x, over the squared length."""
    cross = np.zeros((len(w), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -v[:, 2], v[:, 1], -v[:, 0]
    cross -= cross.transpose(0, 2, 1)
    squared = np.sum(v * v, axis=1)
    whole = (w * w - squared)[:, None, None] * np.eye(3)
    whole = whole + 2.0 * v[:, :, None] * v[:, None, :] + 2.0 * w[:, None, None] * cross
    turned: FloatArray = whole / np.maximum(w * w + squared, 1e-24)[:, None, None]
    return turned

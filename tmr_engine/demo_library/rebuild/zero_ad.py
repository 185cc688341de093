"""The biped animations of 0 A.D. (Debian package 0ad-data): binary caches of hand-keyed animation.

The caches stand in a left-handed space: the game's converter swaps Y and Z of the Z-up originals. It is
swapped back here, in the world and in each bone's own axes, which makes the bones run along their own Y as
they did in the originals; then the world is turned from Z up to Y up. Figures face +Z, left on +X.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ...errors import MotionFileError
from ...motion import Motion, Skeleton, Source, rotation
from ...motion.rotation import FloatArray
from .clip import SourceClip
from .packages import deb_zip_members

PUBLIC_ZIP = "usr/share/games/0ad/mods/public/public.zip"
ANIMATIONS = "art/animation/biped/"
LICENCE = "art/LICENSE.txt"
_SUFFIX = ".dae.cached.psa"
_BIND_POSE = "art/meshes/skeletal/new/m_naked.dae.cached.pmd"
_SKIPPED = tuple(ANIMATIONS + folder for folder in ("rider/", "chariot/", "infantry/siege_operators/"))

# metres a unit: the bind pose then has the hip height, knee height and foot length of a 1.75 m adult
SCALE = 0.41

# file_order: the bones of a cache (art/skeletons/biped.xml); parents: the bones kept, each with its parent;
# ends: joints that the caches lack, so that head and feet have a direction: parent, and units along its own Y
# to the crown of a 1.75 m figure and to the ball of the foot of the mesh
_BONES = json.loads(Path(__file__).with_name("zero_ad_bones.json").read_text(encoding="utf-8"))
_KEPT = list(_BONES["parents"])
_ROWS = [_BONES["file_order"].index(name) for name in _KEPT]
_PARENT_ROWS = np.array([_KEPT.index(parent) if parent else -1 for parent in _BONES["parents"].values()])
_ENDS: dict[str, tuple[str, float]] = _BONES["ends"]

_Z_UP_TO_Y_UP = np.array([np.sqrt(0.5), -np.sqrt(0.5), 0.0, 0.0])


def clips(package: Path) -> Iterator[SourceClip]:
    """All biped clips on foot, by take name.

    Args:
        package: the Debian package file.
    """
    members = dict(deb_zip_members(package, PUBLIC_ZIP, _wanted))
    skeleton = bind_skeleton(members.pop(_BIND_POSE))
    for name, data in sorted(members.items()):
        take = name.removeprefix(ANIMATIONS).removesuffix(_SUFFIX)
        yield SourceClip(take, read_animation(data, skeleton), f"public.zip/{name}")


def _wanted(name: str) -> bool:
    animation = name.startswith(ANIMATIONS) and name.endswith(_SUFFIX) and not name.startswith(_SKIPPED)
    return animation or name == _BIND_POSE


def bind_skeleton(mesh: bytes) -> Skeleton:
    """The skeleton in the bind pose of a skinned mesh cache (a person standing, arms hanging apart).

    Layout: "PSMD", version 4, size, vertices, texture coordinates a vertex; then 44 + 8 n bytes a vertex,
    faces of three uint16, bones of 7 float32 (position xyz, quaternion xyzw), all in object space.
    """
    if mesh[:4] != b"PSMD" or struct.unpack_from("<I", mesh, 4)[0] != 4:
        raise MotionFileError("not a mesh cache of version 4", where=_BIND_POSE)
    vertices, maps = struct.unpack_from("<II", mesh, 12)
    at = 20 + vertices * (44 + 8 * maps)
    at += 4 + 6 * struct.unpack_from("<I", mesh, at)[0]
    bones = struct.unpack_from("<I", mesh, at)[0]
    states = np.frombuffer(mesh, "<f4", bones * 7, at + 4).reshape(1, bones, 7)
    positions, local = _to_canonical(states)

    world = _world(local)[0]
    offsets = positions[0].copy()
    for joint, parent in enumerate(_PARENT_ROWS[1:], start=1):
        back = rotation.conjugate(world[parent])
        offsets[joint] = rotation.rotate(back, positions[0, joint] - positions[0, parent])
    ends = [[0.0, length * SCALE, 0.0] for _, length in _ENDS.values()]
    return Skeleton(
        names=(*_KEPT, *_ENDS),
        parents=np.concatenate([_PARENT_ROWS, [_KEPT.index(bone) for bone, _ in _ENDS.values()]]),
        offsets=np.concatenate([offsets, ends]),
        rest_rotations=_with_ends(local)[0],
    )


def read_animation(data: bytes, skeleton: Skeleton) -> Motion:
    """One animation cache as a motion on the bind pose's rigid bones.

    Layout: "PSSA", version, size, name length, name, float32 milliseconds a frame, bones, frames, then
    frames x bones x 7 float32 (position xyz, quaternion xyzw) in object space. Where an animator stretched
    a limb (a few attacks), the rotations are kept and the stretch is lost.
    """
    if data[:4] != b"PSSA":
        raise MotionFileError("not an animation cache")
    at = 16 + struct.unpack_from("<I", data, 12)[0]
    frame_ms, bones, frames = struct.unpack_from("<fII", data, at)
    if bones != len(_BONES["file_order"]) or len(data) != at + 12 + frames * bones * 28:
        raise MotionFileError(f"{bones} bones and {frames} frames do not fit {len(data)} bytes")
    states = np.frombuffer(data, "<f4", offset=at + 12).reshape(frames, bones, 7)
    positions, local = _to_canonical(states)
    fps = round(1000.0 / frame_ms, 3)
    source = Source(end_s=(frames - 1) / fps)
    return Motion(skeleton, positions[:, 0], _with_ends(rotation.continuous(local)), fps, source)


def _to_canonical(states: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Object-space states (T, 46, 7) to world positions in metres and local rotations of the kept bones."""
    kept = states[:, _ROWS].astype(np.float64)
    positions = kept[..., :3] * [SCALE, SCALE, -SCALE]
    # a swap of two axes mirrors: the turn's axis is swapped and its sense reversed
    swapped = rotation.normalize(kept[..., [6, 3, 5, 4]] * [1.0, -1.0, -1.0, -1.0])
    world = rotation.multiply(_Z_UP_TO_Y_UP, swapped)
    local = world.copy()
    local[:, 1:] = rotation.multiply(rotation.conjugate(world[:, _PARENT_ROWS[1:]]), world[:, 1:])
    return positions, local


def _world(local: FloatArray) -> FloatArray:
    world = local.copy()
    for joint, parent in enumerate(_PARENT_ROWS[1:], start=1):
        world[:, joint] = rotation.multiply(world[:, parent], local[:, joint])
    return world


def _with_ends(local: FloatArray) -> FloatArray:
    return np.concatenate([local, rotation.identity(len(local), len(_ENDS))], axis=1)

"""Acclaim ASF and AMC (CMU, HDM05) to `Motion`.

A joint stands at the start of its bone: "lfemur" is at the hip. Rotation of a bone against its parent is
C R C^-1, C from the bone's `axis`, R from the dof of the .amc; angles turn about fixed axes in their written
order (Lander 1998, "Working with motion capture file formats").
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import MotionFileError
from ..motion import Motion, Skeleton, Source, rotation
from ..motion.rotation import FloatArray
from ..motion.skeleton import identity_rest
from .acclaim_text import AsfBone, AsfSkeleton, parse_amc, parse_asf
from .body import stature
from .conventions import recognised_unit
from .reader import Reader, ReadOptions
from .rest_frame import standing

# An .amc states no rate. CMU and HDM05 have 120; some CMU takes have 60 (docs/formats.md).
DEFAULT_FPS = 120.0
_INCH_M = 0.0254
_BELIEVABLE_M = (0.3, 3.5)  # what is stated is believed where it makes such a body


def read(path: Path, options: ReadOptions) -> list[Motion]:
    """The one take of an .amc, on the skeleton of its .asf.

    Raises:
        MotionFileError: located inside the .amc or the .asf.
        OSError: the .amc cannot be opened.
    """
    warnings: list[str] = []
    asf_path = options.skeleton or _asf_beside(path, warnings)
    try:
        asf = parse_asf(asf_path)
    except MotionFileError as error:
        raise error.located(f"skeleton {asf_path.name}") from error
    unit_m = options.unit_m or length_unit(asf, warnings)
    skeleton = skeleton_of(asf, unit_m)
    columns, is_degrees = parse_amc(path, asf, warnings)
    frames = len(columns[0])
    rotations = rotation.identity(frames, len(skeleton))
    for joint, (bone, values) in enumerate(zip(asf.bones, columns, strict=True)):
        rotations[:, joint] = _turns(bone, values, is_degrees, asf.is_degrees)
    root = asf.bones[0]
    places = np.tile(asf.root_position, (frames, 1))
    for axis, name in enumerate(("tx", "ty", "tz")):
        if name in root.dof:
            places[:, axis] = asf.root_position[axis] + columns[0][:, root.dof.index(name)]
    fps = options.fps or DEFAULT_FPS
    source = Source(end_s=(frames - 1) / fps)
    path_of_root = places * unit_m
    return [Motion(skeleton, path_of_root, rotations, fps, source, tuple(warnings))]


READER = Reader("Acclaim ASF/AMC", (".amc",), read)


def skeleton_of(asf: AsfSkeleton, unit_m: float) -> Skeleton:
    """The skeleton of an .asf file, one joint a bone, at the bone's start; the rest pose is the zero pose."""
    offsets = np.zeros((len(asf.bones), 3))
    for joint, parent in enumerate(asf.parents):
        if parent > 0:  # bones of the root start at the root itself
            offsets[joint] = asf.bones[parent].direction * asf.bones[parent].length
    offsets *= unit_m
    names = tuple(bone.name for bone in asf.bones)
    return standing(Skeleton(names, np.array(asf.parents), offsets, identity_rest(len(names))))


def length_unit(asf: AsfSkeleton, warnings: list[str]) -> float:
    """Metres per unit: lengths are inches divided by `length`, as CMU writes them, if that makes a person.

    Raises:
        MotionFileError: the stated unit is no unit.
    """
    if not asf.length_unit > 0:
        raise MotionFileError(
            f"the unit of length is {asf.length_unit:g}", where="skeleton", fix="set the unit"
        )
    unit_m = _INCH_M / asf.length_unit
    offsets = np.array([bone.direction * bone.length for bone in asf.bones])
    lengths = offsets[[max(0, parent) for parent in asf.parents]]
    height = stature(asf.parents, lengths)
    if _BELIEVABLE_M[0] <= height * unit_m <= _BELIEVABLE_M[1]:
        return unit_m
    return recognised_unit(asf.parents, lengths, [bone.name for bone in asf.bones], warnings)


def _turns(bone: AsfBone, values: FloatArray, is_degrees: bool, axis_in_degrees: bool) -> FloatArray:
    """(T, 4) local rotations of a bone from its columns."""
    turned = [(name[1].upper(), column) for column, name in enumerate(bone.dof) if name[0] == "r"]
    if not turned:
        local = rotation.identity(len(values))
    else:
        angles = values[:, [column for _, column in turned]]
        angles = np.radians(angles) if is_degrees else angles
        # about fixed axes in written order: the last written stands first in the product
        order = "".join(axis for axis, _ in reversed(turned))
        local = rotation.from_euler(order, angles[:, ::-1])
    frame = _axis_frame(bone, axis_in_degrees)
    return rotation.multiply(rotation.multiply(frame, local), rotation.conjugate(frame))


def _axis_frame(bone: AsfBone, is_degrees: bool) -> FloatArray:
    angles = np.radians(bone.axis) if is_degrees else bone.axis
    return rotation.from_euler(bone.axis_order[::-1], angles[::-1])


def _asf_beside(path: Path, warnings: list[str]) -> Path:
    """The skeleton of an .amc: same name; else the longest name that begins the .amc's; else the only one."""
    found = sorted(file for file in path.parent.iterdir() if file.suffix.lower() == ".asf")
    stem = path.stem.lower()
    for file in sorted(found, key=lambda file: -len(file.stem)):
        rest = stem.removeprefix(file.stem.lower())
        if stem.startswith(file.stem.lower()) and not rest[:1].isalnum():
            return file
    if len(found) == 1:
        warnings.append(f"the skeleton {found[0].name} was taken, the only one in the folder")
        return found[0]
    raise MotionFileError(
        "its skeleton is missing",
        why=f"none of the {len(found)} .asf files beside it has its name"
        if found
        else "no .asf is beside it",
        fix=f'put the skeleton beside it as "{path.stem}.asf"',
    )

"""Any `Motion` to BVH: Y up, metres, channels Zrotation Xrotation Yrotation."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..atomic import replacing
from ..errors import MotionFileError
from ..motion import Motion, rotation
from ..motion.rotation import FloatArray

_ROTATIONS = "Zrotation Xrotation Yrotation"
_ROOT = f"CHANNELS 6 Xposition Yposition Zposition {_ROTATIONS}"
# Leaves of the skeleton have no length of their own; other programs draw a bone to the End Site.
_END_LENGTH_M = 0.05


def write_bvh(motion: Motion, path: str | os.PathLike[str]) -> None:
    """Writes a motion as BVH, or nothing: the file appears when it is whole.

    Position channels of the root are world positions in metres and replace its OFFSET. The zero pose of the
    file is the zero pose of the skeleton's rotations; names keep everything but line breaks and braces.

    Raises:
        MotionFileError: the file cannot be written.
    """
    target = Path(path)
    text = "\n".join([*_hierarchy(motion), *_frames(motion), ""])
    try:
        with replacing(target) as stream:
            stream.write(text.encode("utf-8"))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise MotionFileError("the file cannot be written", where=str(target), why=why) from error


def euler_zxy(quats: FloatArray) -> FloatArray:
    """Angles in degrees, (..., 3) in the order Z X Y, of R = Rz Rx Ry; X lies within +-90 degrees.

    From R's elements: R21 = sin x, R01 = -sin z cos x, R11 = cos z cos x, R20 = -cos x sin y,
    R22 = cos x cos y. Where cos x vanishes only z + y or z - y is known; y is 0 then.
    """
    m = rotation.to_matrix(rotation.normalize(quats))
    x = np.arcsin(np.clip(m[..., 2, 1], -1.0, 1.0))
    locked = np.hypot(m[..., 2, 0], m[..., 2, 2]) < 1e-7
    z = np.where(locked, np.arctan2(m[..., 1, 0], m[..., 0, 0]), np.arctan2(-m[..., 0, 1], m[..., 1, 1]))
    y = np.where(locked, 0.0, np.arctan2(-m[..., 2, 0], m[..., 2, 2]))
    angles: FloatArray = np.degrees(np.stack([z, x, y], axis=-1))
    return angles


def _hierarchy(motion: Motion) -> list[str]:
    """The lines of the hierarchy; depth is walked with a stack, since it is the skeleton's."""
    skeleton = motion.skeleton
    lines = ["HIERARCHY"]
    stack: list[tuple[int, int, bool]] = [(0, 0, False)]
    while stack:
        joint, depth, is_done = stack.pop()
        indent = "\t" * depth
        if is_done:
            lines.append(indent + "}")
            continue
        offset = " ".join(f"{number:.9f}" for number in skeleton.offsets[joint])
        lines += [
            f"{indent}{'JOINT' if joint else 'ROOT'} {_name(skeleton.names[joint])}",
            indent + "{",
            f"{indent}\tOFFSET {offset}",
            f"{indent}\t{f'CHANNELS 3 {_ROTATIONS}' if joint else _ROOT}",
        ]
        stack.append((joint, depth, True))
        children = skeleton.children[joint]
        stack += [(child, depth + 1, False) for child in reversed(children)]
        if not children:
            end = f"{indent}\t\tOFFSET 0.000000 {_END_LENGTH_M:.6f} 0.000000"
            lines += [f"{indent}\tEnd Site", indent + "\t{", end, indent + "\t}"]
    return lines


def _name(name: str) -> str:
    return "".join(" " if letter in "{}\r\n\t" else letter for letter in name)


def _frames(motion: Motion) -> list[str]:
    order = _depth_first(motion)
    angles = euler_zxy(motion.rotations[:, order])
    unwrapped = np.degrees(np.unwrap(np.radians(angles), axis=0))
    rows = np.concatenate([motion.root_translation, unwrapped.reshape(len(motion), -1)], axis=1)
    pattern = " ".join(["%.9f"] * rows.shape[1])
    head = ["MOTION", f"Frames: {len(motion)}", f"Frame Time: {1.0 / motion.fps:.10f}"]
    return head + [pattern % tuple(row) for row in rows.tolist()]


def _depth_first(motion: Motion) -> list[int]:
    """Joints in the order in which the hierarchy names them, which is the order of the channels."""
    order: list[int] = []
    stack = [0]
    while stack:
        joint = stack.pop()
        order.append(joint)
        stack += reversed(motion.skeleton.children[joint])
    return order

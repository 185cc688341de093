"""BVH to `Motion`: channels to transforms, and the file's own conventions to metres and Y up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import MotionFileError
from ..motion import Motion, Skeleton, Source, rotation
from ..motion.rotation import FloatArray
from ..motion.skeleton import forward_kinematics
from .body import find_body
from .bvh_text import BvhFile, BvhJoint, parse_bvh
from .conventions import (
    Z_UP_TO_Y_UP,
    recognised_fps,
    recognised_unit,
    recognised_up,
    upright_turn,
)
from .moving_root import LocalPoses, with_one_moving_root
from .reader import Reader, ReadOptions
from .rest_frame import standing, without_rest_frames

# Positions further out than this are no place where a person can be; float rounding would eat the pose.
_FURTHEST_M = 100_000.0


def read(path: Path, options: ReadOptions) -> list[Motion]:
    """The one take of a BVH file.

    Raises:
        MotionFileError: located inside the file.
        OSError: the file cannot be opened.
    """
    file = parse_bvh(path)
    warnings = file.warnings
    names = _unique_names(file.joints, warnings)
    poses, path_of_root = with_one_moving_root(_local_poses(file, names), warnings)
    unit_m = options.unit_m or _unit(file.joints, poses, warnings)
    fps = options.fps or recognised_fps(file.frame_time, file.frame_time_text, warnings)
    poses.offsets = poses.offsets * unit_m
    path_of_root = _with_root_offset(poses, path_of_root * unit_m)
    if np.abs(path_of_root).max() > _FURTHEST_M:
        frame = int(np.argmax(np.abs(path_of_root).max(axis=1)))
        raise MotionFileError(
            f"the root is {np.abs(path_of_root).max() / 1000:,.0f} km away",
            where=f"frame {frame + 1}",
            fix="export it again",
        )
    motion = _upright(poses, path_of_root, fps, options)
    motion = without_rest_frames(motion)
    return [_with_warnings(motion, warnings)]


READER = Reader("BVH", (".bvh",), read)


def _unique_names(joints: list[BvhJoint], warnings: list[str]) -> list[str]:
    """Joint names, repeated ones numbered."""
    names: list[str] = []
    taken = {joint.name for joint in joints}
    used: set[str] = set()
    for joint in joints:
        name, number = joint.name, 1
        while name in used:
            number += 1
            name = f"{joint.name}.{number:03d}"
            if name in taken:
                name = joint.name
        if name != joint.name:
            warnings.append(f'line {joint.line}: a second joint "{joint.name[:40]}" was named "{name[:40]}"')
        used.add(name)
        names.append(name)
    return names


def _local_poses(file: BvhFile, names: list[str]) -> LocalPoses:
    """Channel values as transforms: R = R1 R2 R3 in written order, positions in place of the OFFSET."""
    frames, count = len(file.values), len(file.joints)
    rotations = rotation.identity(frames, count)
    translations: dict[int, FloatArray] = {}
    by_order: dict[str, list[tuple[int, list[int]]]] = {}
    column = 0
    for index, joint in enumerate(file.joints):
        columns = range(column, column + len(joint.channels))
        column += len(joint.channels)
        turns = [
            (channel[0], at) for channel, at in zip(joint.channels, columns, strict=True) if channel[1] == "r"
        ]
        shifts = [
            ("XYZ".index(channel[0]), at)
            for channel, at in zip(joint.channels, columns, strict=True)
            if channel[1] == "p"
        ]
        if turns:
            order = "".join(axis for axis, _ in turns)
            by_order.setdefault(order, []).append((index, [at for _, at in turns]))
        if shifts:
            path = np.tile(np.array(joint.offset), (frames, 1))
            for axis, at in shifts:
                path[:, axis] = file.values[:, at]
            translations[index] = path
    for order, group in by_order.items():
        columns_of_group = np.array([at for _, at in group])
        angles = np.radians(file.values[:, columns_of_group])
        rotations[:, [index for index, _ in group]] = rotation.from_euler(order, angles)
    return LocalPoses(
        names=names,
        parents=[joint.parent for joint in file.joints],
        offsets=np.array([joint.offset for joint in file.joints], dtype=np.float64),
        rest_rotations=rotation.identity(count),
        translations=translations,
        rotations=rotations,
    )


def _unit(joints: list[BvhJoint], poses: LocalPoses, warnings: list[str]) -> float:
    """Metres per unit of the file; End Sites help where they close a limb."""
    index = {name: number for number, name in enumerate(poses.names)}
    parents, offsets = list(poses.parents), list(poses.offsets)
    for joint in joints:
        for end in joint.ends:
            if joint.name in index:
                parents.append(index[joint.name])
                offsets.append(np.array(end))
    return recognised_unit(parents, np.array(offsets), poses.names, warnings)


def _with_root_offset(poses: LocalPoses, path: FloatArray) -> FloatArray:
    """The root's path, its OFFSET added where the file clearly means it so.

    Position channels replace the OFFSET. A few exporters write positions relative to it; then the body
    hangs below the floor by the height of its hips, and adding the OFFSET puts it on the floor.
    """
    offset = poses.offsets[0]
    length = float(np.linalg.norm(offset))
    if length < 0.3:
        return path
    up = int(np.argmax(np.abs(offset)))
    skeleton = _skeleton(poses)
    positions, _ = forward_kinematics(skeleton, path, poses.rotations)
    floor = float(np.median(positions[..., up].min(axis=1)))
    hangs = floor < -0.5 * length and abs(floor + offset[up]) < 0.3 * length
    return path + offset if hangs else path


def _skeleton(poses: LocalPoses) -> Skeleton:
    return Skeleton(tuple(poses.names), np.array(poses.parents), poses.offsets, poses.rest_rotations)


def _upright(poses: LocalPoses, path: FloatArray, fps: float, options: ReadOptions) -> Motion:
    """The motion with Y up, and a rest pose that stands on the floor."""
    skeleton = _skeleton(poses)
    body = find_body(poses.parents, poses.offsets)
    positions, _ = forward_kinematics(skeleton, path, poses.rotations)
    if (options.up or recognised_up(body, positions, skeleton.rest_pose[0])) == "Z":
        path = rotation.rotate(Z_UP_TO_Y_UP, path)
        poses.rotations[:, 0] = rotation.multiply(Z_UP_TO_Y_UP, poses.rotations[:, 0])
        poses.rest_rotations[0] = rotation.multiply(Z_UP_TO_Y_UP, poses.rest_rotations[0])
        poses.offsets[0] = rotation.rotate(Z_UP_TO_Y_UP, poses.offsets[0])
    rest, _ = _skeleton(poses).rest_pose
    poses.rest_rotations[0] = rotation.multiply(upright_turn(body, rest), poses.rest_rotations[0])
    return Motion(standing(_skeleton(poses)), path, poses.rotations, fps, Source(end_s=(len(path) - 1) / fps))


def _with_warnings(motion: Motion, warnings: list[str]) -> Motion:
    return replace(motion, warnings=(*warnings, *motion.warnings))

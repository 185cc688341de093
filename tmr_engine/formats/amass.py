"""AMASS, SMPL-H and SMPL-X pose files (.npz) to `Motion`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import MotionFileError
from ..motion import Motion, Source, rotation
from ..motion.rotation import FloatArray
from ..motion.skeleton import forward_kinematics
from .body import find_body
from .conventions import DEFAULT_FPS, Z_UP_TO_Y_UP, recognised_up
from .numpy_files import numbers, read_npz
from .reader import Reader, ReadOptions
from .smpl_body import known_widths, model_of_width, model_skeleton, neutral_skeleton

_RATES = ("mocap_framerate", "mocap_frame_rate", "fps", "framerate")
_PARTS = ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")
_WANTED = frozenset({"poses", "trans", "betas", "gender", *_RATES, *_PARTS})


def read(path: Path, options: ReadOptions) -> list[Motion]:
    """The one take of a file of pose parameters.

    Without a body model the poses are put on a neutral skeleton of ours, and `trans` is taken as the place
    of the pelvis; with one (`ReadOptions.body_models`), joints are the person's own.

    Raises:
        MotionFileError: an array is missing, has a wrong shape, or holds no numbers.
        OSError: the file cannot be opened.
    """
    warnings: list[str] = []
    arrays = read_npz(path, _WANTED)
    poses = _poses(arrays)
    frames, width = poses.shape
    trans = _trans(arrays, frames, warnings)
    skeleton = neutral_skeleton(width)
    if options.body_models is not None:
        betas = numbers(arrays["betas"], "betas").ravel() if "betas" in arrays else np.zeros(0)
        skeleton, pelvis = model_skeleton(options.body_models, width, _gender(arrays), betas)
        trans = trans + pelvis
    rotations = rotation.from_axis_angle(poses.reshape(frames, -1, 3))
    if options.up != "Y":
        body = find_body(skeleton.parents.tolist(), skeleton.offsets)
        positions, _ = forward_kinematics(skeleton, trans, rotations)
        # the zero pose has Y up in every file of this family, whatever its world has: it is no sign here
        if options.up == "Z" or recognised_up(body, positions, np.zeros_like(positions[0])) == "Z":
            trans = rotation.rotate(Z_UP_TO_Y_UP, trans)
            rotations[:, 0] = rotation.multiply(Z_UP_TO_Y_UP, rotations[:, 0])
    fps = options.fps or _fps(arrays, warnings)
    source = Source(end_s=(frames - 1) / fps)
    return [Motion(skeleton, trans, rotations, fps, source, tuple(warnings))]


READER = Reader("AMASS and SMPL poses", (".npz",), read)


def _poses(arrays: dict[str, np.ndarray]) -> FloatArray:
    """(T, W) axis-angle poses, W one of the models' widths."""
    if "poses" in arrays:
        poses = numbers(arrays["poses"], "poses")
    elif "root_orient" in arrays and "pose_body" in arrays:
        parts = [numbers(arrays[name], name) for name in _PARTS if name in arrays]
        if any(part.ndim != 2 or len(part) != len(parts[0]) for part in parts):
            raise MotionFileError("root_orient, pose_body and the others do not have one row a frame each")
        poses = np.concatenate(parts, axis=1)
    else:
        raise MotionFileError('there are no "poses"', why="this is no AMASS, SMPL-H or SMPL-X file")
    if poses.ndim != 2 or not model_of_width(poses.shape[1]):
        widths = ", ".join(str(width) for width in known_widths())
        raise MotionFileError(f'"poses" is {poses.shape}; a frame has one of {widths} numbers')
    if len(poses) == 0:
        raise MotionFileError("there is no frame")
    return poses


def _trans(arrays: dict[str, np.ndarray], frames: int, warnings: list[str]) -> FloatArray:
    if "trans" not in arrays:
        warnings.append('there is no "trans", so the body stays in place')
        return np.zeros((frames, 3))
    trans = numbers(arrays["trans"], "trans")
    if trans.shape != (frames, 3):
        raise MotionFileError(f'"trans" is {trans.shape}, {frames} poses need ({frames}, 3)')
    return trans


def _fps(arrays: dict[str, np.ndarray], warnings: list[str]) -> float:
    for name in _RATES:
        if name in arrays and arrays[name].size == 1:
            fps = float(numbers(arrays[name], name).ravel()[0])
            if 1.0 <= fps <= 5000.0:
                return fps
            warnings.append(f"a frame rate of {fps:g} is none; {DEFAULT_FPS:g} frames per second were taken")
            return DEFAULT_FPS
    warnings.append(f"the file states no frame rate; {DEFAULT_FPS:g} frames per second were taken")
    return DEFAULT_FPS


def _gender(arrays: dict[str, np.ndarray]) -> str:
    """ "neutral", "male" or "female"; stored as text or bytes."""
    value = arrays["gender"].ravel()[:1].tolist() if "gender" in arrays else []
    text = value[0].decode("ascii", "replace") if value and isinstance(value[0], bytes) else str(*value)
    text = text.strip().lower()
    return text if text in ("male", "female") else "neutral"

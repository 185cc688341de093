"""The skeletons of the SMPL family: a neutral one of ours, or the user's own body model."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MotionFileError
from ..motion import Skeleton
from ..motion.rotation import FloatArray
from ..motion.skeleton import identity_rest
from .numpy_files import numbers, read_npz
from .rest_frame import standing

_WANTED = frozenset({"v_template", "shapedirs", "J_regressor"})


@cache
def _table() -> dict[str, Any]:
    text = (Path(__file__).parent / "data" / "neutral_body.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    table["right_hand"] = [
        [_right(name), _right(parent), [-offset[0], *offset[1:]]]
        for name, parent, offset in table["left_hand"]
    ]
    return table


def _right(name: str) -> str:
    return name.replace("left_", "right_")


def model_of_width(width: int) -> str:
    """The body model whose poses have that many numbers a frame; "" for none."""
    model = _table()["models"].get(str(width))
    return str(model["name"]) if model else ""


def known_widths() -> list[int]:
    """Pose widths of the models, for messages."""
    return sorted(int(width) for width in _table()["models"])


def neutral_skeleton(width: int = 0) -> Skeleton:
    """The neutral skeleton of a model, in a T-pose, pelvis at its standing height.

    Args:
        width: pose numbers a frame (72 SMPL, 156 SMPL-H, 165 SMPL-X); 0 for the 22 joints of the body.
    """
    table = _table()
    parts = table["models"][str(width)]["parts"] if width else ["body"]
    rows = [row for part in parts for row in table[part]]
    names = [row[0] for row in rows]
    parents = np.array([names.index(row[1]) if row[1] else -1 for row in rows])
    offsets = np.array([row[2] for row in rows])
    return standing(Skeleton(tuple(names), parents, offsets, identity_rest(len(names))))


def model_skeleton(folder: Path, width: int, gender: str, betas: FloatArray) -> tuple[Skeleton, FloatArray]:
    """The skeleton of a person, from a body model that the user owns.

    Joints are J_regressor (v_template + shapedirs betas); pose does not move them against their parents, so
    no mesh is posed (Loper et al. 2015, equations 8 and 10).

    Args:
        folder: holds SMPLH_NEUTRAL.npz, smplx/SMPLX_MALE.npz, neutral/model.npz or the like.
        width: pose numbers a frame.
        gender: "neutral", "male" or "female".
        betas: shape coefficients; as many are used as file and model both have.

    Returns:
        the skeleton, and where the pelvis lies in the model's own axes, (3,) metres: the model turns about
        it, so a file's `trans` plus this is the place of the pelvis.

    Raises:
        MotionFileError: the folder has no such model, or it is not what it should be.
    """
    template = neutral_skeleton(width)
    path = _model_file(folder, model_of_width(width), gender)
    arrays = read_npz(path, _WANTED)
    if set(arrays) != _WANTED:
        missing = ", ".join(sorted(_WANTED - set(arrays)))
        raise MotionFileError(f"the body model lacks {missing}", where=str(path))
    vertices = numbers(arrays["v_template"], "v_template")
    shapes = numbers(arrays["shapedirs"], "shapedirs")
    regressor = numbers(arrays["J_regressor"], "J_regressor")
    fits = vertices.ndim == 2 and shapes.ndim == 3 and shapes.shape[:2] == vertices.shape
    if not fits or regressor.shape != (len(template), len(vertices)):
        raise MotionFileError(
            f"the body model has a regressor {regressor.shape} for {len(template)} joints", where=str(path)
        )
    count = min(len(betas), shapes.shape[2])
    joints = regressor @ (vertices + shapes[..., :count] @ betas[:count])
    offsets = joints.copy()
    offsets[1:] -= joints[template.parents[1:]]
    skeleton = Skeleton(template.names, template.parents, offsets, template.rest_rotations)
    return standing(skeleton), joints[0]


def _model_file(folder: Path, model: str, gender: str) -> Path:
    short = model.replace("-", "")
    names = [
        f"{short}_{gender.upper()}.npz",
        f"{short.lower()}/{short}_{gender.upper()}.npz",
        f"{gender}/model.npz",
        f"{short.lower()}/{gender}/model.npz",
    ]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise MotionFileError(
        f"there is no {gender} {model} model",
        where=str(folder),
        why="none of " + ", ".join(names) + " is there",
        fix="name the folder that holds your models as .npz (a .pkl could run code and is never read)",
    )

"""A motion carried over to the canonical skeleton."""

from __future__ import annotations

from dataclasses import replace

from ..formats.fitting import fit_rotations
from ..formats.smpl_body import neutral_skeleton
from ..motion import Motion, Skeleton, rotation
from ..motion.rotation import FloatArray
from ..retarget import map_skeleton, turns_of_skeleton
from .joints import smpl_joints


def to_canonical(motion: Motion) -> Motion:
    """The motion on the 22 joints of SMPL, in the proportions of its own body.

    Joints go where the source's joints of the same role are; bones get the clip's median lengths. The twist
    of a bone is that of the source's bone, by its anatomical frame.

    Args:
        motion: T frames of any human skeleton.

    Returns:
        T frames at the same rate and in the same place; the rest pose is a T-pose that faces +Z.

    Raises:
        RetargetError: the skeleton is no human's, or lacks a limb.
    """
    template = neutral_skeleton()
    fitted = fit_rotations(template, smpl_joints(motion), motion.fps, _known_turns(motion, template))
    return replace(fitted, source=motion.source, warnings=motion.warnings)


def _known_turns(motion: Motion, template: Skeleton) -> dict[int, FloatArray]:
    """Joint of the template -> (T, 4) its turn in the world, Y up, where the source has such a bone."""
    found = turns_of_skeleton(motion, map_skeleton(motion.skeleton), template, map_skeleton(template))
    return {template.index(name): rotation.continuous(turn) for name, turn in found.items()}

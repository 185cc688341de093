"""What the user chooses about a retarget."""

from __future__ import annotations

from dataclasses import dataclass

from ..motion.rotation import FloatArray


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a character stands and which way it faces, in the world (Z up).

    Args:
        ground: (3,) Blender units, the point under the middle of the hip joints at sole height.
        facing: (3,) horizontal unit vector out of the character's chest.
    """

    ground: FloatArray
    facing: FloatArray


@dataclass(frozen=True)
class SolveOptions:
    """Options of `solve`.

    Args:
        fps: the scene's frames per second; the motion is resampled by time. 0 keeps the motion's own rate.
        place: where the first frame stands and faces; None: where the armature's rest pose stands and faces.
        path_scale: length of the way over ground relative to the source; 0 means by leg length.
        foot_lock: 1 holds feet where the source's feet stand, 0 leaves them as they are solved.
    """

    fps: float = 0.0
    place: Placement | None = None
    path_scale: float = 0.0
    foot_lock: float = 0.0

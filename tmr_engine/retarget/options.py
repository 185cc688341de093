"""What the user chooses about a retarget."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import RetargetError
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
    """Options of `solve`. What changes the clip is applied in this order: range, stretch, mirror, loop.

    Args:
        fps: the scene's frames per second; the motion is resampled by time. 0 keeps the motion's own rate.
        place: where the first frame stands and faces; None: where the armature's rest pose stands and faces.
        path_scale: length of the way over ground relative to the source; 0 means by leg length.
        foot_lock: 1 holds feet where the source's feet stand, 0 leaves them as they are solved.
        hand_goals: 1 keeps hands where they are near each other, the head or the hips; 0 leaves them as they
            are solved.
        range_s: the part of the clip to take, seconds from its first frame; None takes all of it.
        stretch: how many times as long the clip is to last.
        mirror: left and right exchanged.
        loop: the share of the clip that is blended into its beginning so that it can go round; 0 does not.
        in_place: the hips stay over the start; what is left of the way is how they sway.
        height: whether the hips rise and sink; without, they stay as high as in the first frame.
        root_motion: the root bone takes the way over ground and the turning, where the rig has such a bone.

    Raises:
        RetargetError: a number is outside of what it can mean.
    """

    fps: float = 0.0
    place: Placement | None = None
    path_scale: float = 0.0
    foot_lock: float = 1.0
    hand_goals: float = 0.0
    range_s: tuple[float, float] | None = None
    stretch: float = 1.0
    mirror: bool = False
    loop: float = 0.0
    in_place: bool = False
    height: bool = True
    root_motion: bool = False

    def __post_init__(self) -> None:
        for name in ("foot_lock", "hand_goals"):
            strength = getattr(self, name)
            if not 0.0 <= strength <= 1.0:
                raise RetargetError(
                    f"{name.replace('_', ' ')} of {strength:g} means nothing",
                    fix="Give a strength from 0 (none) to 1 (whole)",
                )
        if not 0.01 <= self.stretch <= 100.0:
            raise RetargetError(
                f"a clip cannot be stretched {self.stretch:g} times", fix="Give a factor from 0.01 to 100"
            )
        if not 0.0 <= self.loop <= 0.5:
            raise RetargetError(
                f"{self.loop:g} of a clip cannot be blended into its beginning",
                fix="Give a share from 0 to 0.5",
            )
        if self.range_s is not None and not 0.0 <= self.range_s[0] < self.range_s[1]:
            start, end = self.range_s
            raise RetargetError(
                f"{start:g} to {end:g} seconds is no range", fix="Give a start of 0 or more and a later end"
            )

"""The canonical motion: what every reader returns and every other part takes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..errors import MotionFileError
from .rotation import FloatArray
from .skeleton import Skeleton, forward_kinematics


@dataclass(frozen=True)
class Source:
    """Where a motion comes from.

    Args:
        path: the file as the user named it; empty for motion that no file holds.
        take: name of the take inside the file (glTF animation, FBX stack); empty where a file holds one.
        start_s, end_s: the part of the take that was read, seconds of the file's own time. A left-out
            rest-pose frame shows here as a start later than 0.
    """

    path: str = ""
    take: str = ""
    start_s: float = 0.0
    end_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Motion:
    """A skeleton that moves.

    Args:
        skeleton: J joints.
        root_translation: (T, 3) metres, Y up, world position of joint 0.
        rotations: (T, J, 4) local unit quaternions (w, x, y, z). They are absolute, not relative to the
            rest pose: world rotation = parent's world rotation * rotation.
        fps: frames per second, as the file states (or its format fixes) it.
        source: path, take and time range.
        warnings: recoverable defects that the reader met, one sentence each.

    Raises:
        MotionFileError: shapes do not fit, a value is not finite, no frame, or an impossible frame rate.
    """

    skeleton: Skeleton
    root_translation: FloatArray
    rotations: FloatArray
    fps: float
    source: Source = field(default_factory=Source)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        frames = len(self.root_translation)
        if frames == 0:
            raise MotionFileError("the motion has no frame")
        if self.root_translation.shape != (frames, 3):
            raise MotionFileError(
                f"root translation is {self.root_translation.shape}, expected ({frames}, 3)"
            )
        expected = (frames, len(self.skeleton), 4)
        if self.rotations.shape != expected:
            raise MotionFileError(f"rotations are {self.rotations.shape}, expected {expected}")
        if not (np.isfinite(self.root_translation).all() and np.isfinite(self.rotations).all()):
            raise MotionFileError("the motion holds numbers that are not finite (NaN or infinity)")
        if not 0.0 < self.fps < 10_000.0:
            raise MotionFileError(f"{self.fps} frames per second is not a frame rate")

    def __len__(self) -> int:
        return len(self.root_translation)

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the last."""
        return (len(self) - 1) / self.fps

    @cached_property
    def world(self) -> tuple[FloatArray, FloatArray]:
        """World positions (T, J, 3) in metres and world rotations (T, J, 4)."""
        return forward_kinematics(self.skeleton, self.root_translation, self.rotations)

    def cut(self, start_s: float, end_s: float) -> Motion:
        """The frames from `start_s` to `end_s` (both kept), seconds from this motion's first frame."""
        first = int(np.clip(round(start_s * self.fps), 0, len(self) - 1))
        last = int(np.clip(round(end_s * self.fps), first, len(self) - 1))
        source = replace(
            self.source,
            start_s=self.source.start_s + first / self.fps,
            end_s=self.source.start_s + last / self.fps,
        )
        window = slice(first, last + 1)
        return replace(
            self,
            root_translation=self.root_translation[window],
            rotations=self.rotations[window],
            source=source,
        )

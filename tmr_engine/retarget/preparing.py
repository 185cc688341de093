"""The clip as it is to be solved: the part, the time, the side and the loop that the user asked for."""

from __future__ import annotations

from dataclasses import replace

from ..errors import RetargetError
from ..motion import Motion
from ..motion.resample import resample
from .looping import looped
from .mirroring import mirrored
from .options import SolveOptions
from .roles import Mapping


def prepared(motion: Motion, mapping: Mapping, options: SolveOptions) -> tuple[Motion, Mapping]:
    """The clip with range, stretch, frame rate, mirror and loop applied, and its roles.

    What it returns is what a solution stands beside frame by frame, so measures take it for the source.

    Args:
        motion: T frames.
        mapping: of its skeleton.
        options: what the user chose.

    Raises:
        RetargetError: the range lies outside of the clip, or a loop has too few frames.
    """
    if options.range_s is not None:
        start, end = options.range_s
        if start > motion.duration_s:
            raise RetargetError(
                f"the range starts at {start:g} s, but the clip lasts {motion.duration_s:.2f} s",
                fix="Give a range within the clip",
            )
        motion = motion.cut(start, min(end, motion.duration_s))
    if options.stretch != 1.0:
        motion = replace(motion, fps=motion.fps / options.stretch)
    if options.fps > 0:
        motion = resample(motion, options.fps)
    elif options.stretch != 1.0:
        motion = resample(motion, motion.fps * options.stretch)
    if options.mirror:
        motion, mapping = mirrored(motion, mapping)
    if options.loop > 0.0:
        motion = looped(motion, options.loop)
    return motion, mapping

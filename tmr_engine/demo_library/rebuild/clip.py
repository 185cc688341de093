"""What a source hands over: a motion with its take name and the place it came from."""

from __future__ import annotations

from dataclasses import dataclass

from ...motion import Motion


@dataclass(frozen=True)
class SourceClip:
    """One clip of a source package.

    Args:
        take: its name in our pack, the words of the source path.
        motion: metres, Y up.
        origin: the file inside the package, with the seconds when it is a part of a take.
        tags: words that hold for the clip whatever its captions say.
    """

    take: str
    motion: Motion
    origin: str
    tags: tuple[str, ...] = ()

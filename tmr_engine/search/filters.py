"""What a clip must be like to be found at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..library import Clip


@dataclass(frozen=True)
class Filters:
    """Conditions that all have to hold.

    Args:
        min_duration_s, max_duration_s: seconds, both inside; None: any.
        tags: all of these, upper or lower case.
        licences: one of these as the clip states it ("CC0-1.0"); empty: any.
        folder: the motion file lies in it, at any depth; None: anywhere.
        shows: what was measured in the motion, in words ("turns left", "in place, faster than 2 m/s"), all of
            it; empty: anything. `facet_scan.clips_that_show` holds it, because a clip does not carry it.
    """

    min_duration_s: float | None = None
    max_duration_s: float | None = None
    tags: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    folder: Path | None = None
    shows: str = ""

    def accepts(self, clip: Clip) -> bool:
        """Whether the clip meets all conditions."""
        return (
            (self.min_duration_s is None or clip.duration_s >= self.min_duration_s)
            and (self.max_duration_s is None or clip.duration_s <= self.max_duration_s)
            and {tag.casefold() for tag in self.tags} <= {tag.casefold() for tag in clip.tags}
            and (not self.licences or clip.licence in self.licences)
            and (self.folder is None or clip.path.is_relative_to(self.folder))
        )

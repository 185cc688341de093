"""What the library hands out: clips, captions, and what an indexing run did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Caption:
    """A sentence that describes a clip, and where it came from ("captions.csv", "cmu-index", ...)."""

    text: str
    origin: str


@dataclass(frozen=True)
class Clip:
    """An entry of the library: a take, or a captioned part of one.

    Args:
        id: 16 hexadecimal digits; the same after an edit or a move of the file.
        path: the motion file, absolute.
        take: name of the take inside the file; empty where the file holds one.
        start_s, end_s: the part of the take, seconds of the file's own time.
        fps: frames per second of the file.
        duration_s: end_s - start_s.
        name: words of the file and folder names, or of the take, in plain English.
        captions: in the order of their sources; may be empty.
        tags, licence, credit: as the caption files state them.
        travelled_m, mean_speed_mps, net_turn_deg: see `tmr_engine.motion.facts.Facts`.
    """

    id: str
    path: Path
    take: str
    start_s: float
    end_s: float
    fps: float
    duration_s: float
    name: str
    captions: tuple[Caption, ...]
    tags: tuple[str, ...]
    licence: str
    credit: str
    travelled_m: float
    mean_speed_mps: float
    net_turn_deg: float

    @property
    def caption(self) -> str:
        """The sentence to show: the first caption, else the name."""
        return self.captions[0].text if self.captions else self.name


@dataclass(frozen=True)
class Failure:
    """A motion file that could not be indexed, and why, in one sentence."""

    path: str
    reason: str


@dataclass(frozen=True)
class IndexReport:
    """What an indexing run did.

    Args:
        added, updated, unchanged, removed: numbers of files. A moved file is updated.
        failed: every file below the given paths that cannot be read, old failures included.
        clips: clips that the library holds now.
        seconds: time taken.
        warnings: caption files and folders that were left out, and why, one sentence each.
    """

    added: int
    updated: int
    unchanged: int
    removed: int
    failed: tuple[Failure, ...]
    clips: int
    seconds: float
    warnings: tuple[str, ...] = ()

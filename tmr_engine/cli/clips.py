"""The CLIP of a command line: a clip of a library, or a motion file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import NamedTuple

from ..formats import can_read, read_motion
from ..library import Library, demo_library
from ..motion import Motion


class NamedClip(NamedTuple):
    """A motion, what to call it, and where it comes from (`tmr_clip`, `tmr_licence`, `tmr_credit`)."""

    motion: Motion
    name: str
    notes: dict[str, str]


def add_clip_arguments(parser: ArgumentParser) -> None:
    """CLIP, --take and --library."""
    parser.add_argument("clip", metavar="CLIP", help="a clip's id in the library, or a motion file")
    parser.add_argument("--take", default="", help="the take of a motion file that holds several")
    parser.add_argument(
        "--library", metavar="DIR", type=Path, help="the library of the clip (default: the demo library)"
    )


def load_clip(args: Namespace) -> NamedClip:
    """The clip that the arguments name.

    Raises:
        TMRError: there is no such clip, or it cannot be read.
    """
    file = Path(args.clip)
    if file.exists() or (can_read(file) and args.library is None):
        motion = read_motion(file, args.take)
        return NamedClip(motion, motion.source.take or file.stem, {"tmr_clip": file.name})
    library = demo_library() if args.library is None else Library.open(args.library)
    clip = library.clip(args.clip)
    notes = {"tmr_clip": clip.id, "tmr_licence": clip.licence, "tmr_credit": clip.credit}
    return NamedClip(library.load(clip.id), clip.caption, notes)

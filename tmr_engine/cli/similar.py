"""`tmr similar`: the clips of a library that are like a clip."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..library import Library, demo_library
from ..search.by_motion import similar
from ..search.coverage import coverage_of
from .clips import add_clip_arguments, load_clip
from .model_choice import add_model_argument, reading_command, required_model
from .output import print_json

HELP = "Ranks the clips of a library by how like their motion is to a clip's, by what a model reads in both."


def configure(parser: ArgumentParser) -> None:
    """Adds the arguments."""
    add_clip_arguments(parser)
    add_model_argument(parser, required=True)
    parser.add_argument("--top", metavar="K", type=int, default=10, help="most results (10)")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def run(args: Namespace) -> int:
    """Ranks and prints; the clip itself is left out."""
    name, signal = required_model(args)
    named = load_clip(args)
    library = demo_library() if args.library is None else Library.open(args.library)
    read = coverage_of(library, signal.model_id)
    if not read.is_usable:
        raise read.refusal(name, reading_command(args, name))
    found = similar(signal, library.motion_gallery(signal.model_id), named.motion, args.top + 1)
    own = named.notes["tmr_clip"]
    rows = [(clip, score) for clip, score in found if clip != own][: args.top]
    clips = library.clips([clip for clip, _ in rows])
    results = [
        {"clip": clip.id, "path": str(clip.path), "take": clip.take, "score": score, "caption": clip.caption}
        for clip, (_, score) in zip(clips, rows, strict=True)
    ]
    if args.json:
        print_json({"clip": args.clip, "model": signal.model_id, "results": results})
        return 0
    for result in results:
        print(f"{result['score']:+.3f}  {result['clip']}  {result['caption']}")
    return 0

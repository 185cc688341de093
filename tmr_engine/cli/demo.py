"""`tmr demo`: the whole journey, from a sentence to a picture of an animated character."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..blender import retarget_file, run_background
from ..library import demo_library
from ..model import load_sentence_encoder
from ..search import search
from .output import print_json

HELP = "Searches the demo library, puts the best clip on an A-posed mannequin and renders a contact sheet."
SENTENCE = "someone chops wood with an axe"
_FRAMES_SHOWN = 8
_FRAME_SIZE = (300, 340)  # pixels


def configure(parser: ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "text", nargs="?", default=SENTENCE, help=f'what to search for (default "{SENTENCE}")'
    )
    parser.add_argument("--out", type=Path, default=Path("demo_out"), help="folder for the results")
    parser.add_argument("--top", type=int, default=5, help="how many results to list")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: Namespace) -> int:
    """Does it."""
    start = time.perf_counter()
    args.out.mkdir(parents=True, exist_ok=True)
    out = args.out.absolute()
    library = demo_library()
    results = search(library, load_sentence_encoder(), args.text, top=args.top)
    if not args.json:
        print(f'"{args.text}"')
        for result in results:
            clip = result.clip
            row = f"  {result.rank}  {result.score:.3f}  {clip.duration_s:5.1f} s  {result.caption}"
            print(f"{row}  [{clip.licence}]")
    best = results[0].clip
    rig = run_background("make_mannequin", {"out": str(out / "mannequin.blend")})
    report = retarget_file(
        library.load(best.id),
        Path(rig["out"]),
        out / "retargeted.blend",
        name=results[0].caption,
        notes={"tmr_clip": best.id, "tmr_licence": best.licence, "tmr_credit": best.credit},
    )
    sheet = run_background(
        "render_sheet",
        {
            "blend": str(out / "retargeted.blend"),
            "out": str(out / "sheet.png"),
            "frames": _FRAMES_SHOWN,
            "size": list(_FRAME_SIZE),
        },
    )
    seconds = time.perf_counter() - start
    if args.json:
        print_json(
            {
                "query": args.text,
                "clip": best.id,
                "caption": results[0].caption,
                "family": report["family"],
                "blend": str(out / "retargeted.blend"),
                "sheet": sheet["out"],
                "seconds": round(seconds, 3),
            }
        )
        return 0
    first, last = report["frames"]
    print(f"on the mannequin, frames {first} to {last}: {args.out}/retargeted.blend")
    print(f"to look at: {args.out}/sheet.png   ({seconds:.1f} s in all)")
    return 0
